"""Languages that the cloud's service translates speech into: what is listed before it is asked."""

from __future__ import annotations

#: From the documentation's list of languages for speech translation, without regions and scripts.
TARGETS: tuple[str, ...] = (
    "af", "am", "ar", "as", "az", "ba", "bg", "bn", "bo", "bs", "ca", "cs", "cy", "da", "de", "dv", "el",
    "en", "es", "et", "eu", "fa", "fi", "fil", "fj", "fo", "fr", "ga", "gl", "gu", "he", "hi", "hr", "ht",
    "hu", "hy", "id", "is", "it", "iu", "ja", "ka", "kk", "km", "kn", "ko", "ku", "ky", "lo", "lt", "lv",
    "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "nb", "ne", "nl", "or", "pa", "pl", "prs", "ps",
    "pt", "ro", "ru", "sk", "sl", "sm", "sq", "sr", "sv", "sw", "ta", "te", "th", "ti", "tk", "to", "tr",
    "tt", "ty", "ug", "uk", "ur", "uz", "vi", "yue", "zh", "zu",
)  # fmt: skip
