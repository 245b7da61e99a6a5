"""Recognition of real recordings by the real decoder."""

# ruff: noqa: RUF001 -- letters of the International Phonetic Alphabet are what is meant

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from daemon.drivers import DriverMissing
from daemon.engines.on_device.both_sides import BothSides
from daemon.events import Word
from daemon.recognizers import _model, pocketsphinx
from daemon.recognizers._passes import SecondPass, clean
from daemon.recognizers._phones import phones_of
from daemon.recognizers._vocabulary import Vocabulary
from daemon.recognizers.base import Phrase, Recognizer
from daemon.recognizers.pocketsphinx import PocketsphinxRecognizer, Settings
from hw.api import SPEECH_FORMAT
from tests.support.recordings import recording, recordings, shipped, spanish_model

pytestmark = pytest.mark.parts

BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: A few of the larger set, of several speakers, and what the second pass was measured to make of them.
SOME = {"librispeech-61-70968-0000", "leopard-en", "librivox-0920", "ljspeech-LJ001-0005", "fleurs-en-006"}
MEASURED_WER = 0.224


@pytest.fixture(scope="module")
def recognizer() -> Iterator[PocketsphinxRecognizer]:
    opened = pocketsphinx.open("en-US", Settings())
    yield opened
    opened.close()


def feed(recognizer: Recognizer, pcm: bytes) -> None:
    for start in range(0, len(pcm), BLOCK_BYTES):
        recognizer.feed(pcm[start : start + BLOCK_BYTES])


def recognize(recognizer: Recognizer, pcm: bytes, *, second_pass: bool = True) -> str:
    recognizer.begin()
    feed(recognizer, pcm)
    return recognizer.finish(second_pass=second_pass).text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("goforward", "go forward ten meters"),
        ("azure-whatstheweatherlike", "what's the weather like"),
        ("rhasspy-turn-on-the-living-room-lamp", "turn on the living room lamp"),
    ],
)
def test_real_recordings_are_recognized(recognizer, name, words):
    assert recognizer.faults == ()
    assert recognize(recognizer, shipped(name)) == words


def test_the_second_pass_is_better_than_the_live_pass_and_as_good_as_measured(recognizer):
    some = [each for each in recordings("en", "read") if each.name in SOME]
    said = [plain(each.transcript) for each in some]
    live = [recognize(recognizer, each.pcm(), second_pass=False) for each in some]
    second = [recognize(recognizer, each.pcm()) for each in some]
    assert len(some) == len(SOME)
    assert word_error_rate(said, second) < word_error_rate(said, live)
    assert word_error_rate(said, second) < MEASURED_WER + 0.05


def test_a_second_pass_leaves_the_live_pass_as_it_was(recognizer):
    decoder = recognizer._ready()
    recognize(recognizer, shipped("ljspeech-LJ001-0004"), second_pass=False)
    before = decoder.get_cmn(update=False)
    recognize(recognizer, shipped("goforward"), second_pass=False)
    carried = decoder.get_cmn(update=False)
    words = SecondPass(decoder, bytearray(shipped("goforward"))).finish()
    assert " ".join(word.text for word in words) == "go forward ten meters"
    assert decoder.get_cmn(update=False) == carried != before


@pytest.mark.parametrize("steps_taken", [0, 1, 10])
def test_an_abandoned_second_pass_harms_nothing(recognizer, steps_taken):
    recognize(recognizer, shipped("goforward"), second_pass=False)
    carried = recognizer._ready().get_cmn(update=False)
    second = SecondPass(recognizer._ready(), bytearray(shipped("goforward")))
    assert all(second.step() for _ in range(steps_taken))
    second.drop()
    assert recognizer._ready().get_cmn(update=False) == carried
    assert recognize(recognizer, shipped("azure-whatstheweatherlike")) == "what's the weather like"


def test_an_utterance_longer_than_what_is_kept_has_its_live_words(recognizer, monkeypatch):
    monkeypatch.setattr(pocketsphinx, "_KEPT_BYTES", 3 * BLOCK_BYTES)
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    assert len(recognizer._sound) <= 3 * BLOCK_BYTES
    assert not recognizer.anticipate()
    live = recognizer.partial()
    heard = recognizer.finish()
    assert live.startswith("go forward")
    assert heard.text == live == " ".join(word.text for word in heard.words)


def test_an_utterance_that_gets_too_long_in_a_pause_goes_on_live(recognizer, monkeypatch):
    monkeypatch.setattr(pocketsphinx, "_KEPT_BYTES", len(shipped("goforward")))
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    before = recognizer.partial()
    assert recognizer.anticipate()
    feed(recognizer, shipped("azure-whatstheweatherlike"))
    assert not recognizer.anticipate()
    assert recognizer.partial().startswith(f"{before} ")
    assert recognizer.finish().text.endswith("weather like")


def test_words_are_told_with_their_times_and_how_sure_they_are(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    words = recognizer.finish().words
    assert [word.text for word in words] == ["go", "forward", "ten", "meters"]
    # As heard in the recording, by ear.
    assert [word.start_s for word in words] == pytest.approx([0.46, 0.64, 1.17, 1.53], abs=0.1)
    assert words[-1].end_s == pytest.approx(2.1, abs=0.15)
    assert all(word.confidence > 0.5 for word in words)


def test_the_live_pass_alone_tells_its_words_too(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    heard = recognizer.finish(second_pass=False)
    assert heard.text == "go forward ten meters"
    assert [word.start_s for word in heard.words] == pytest.approx([0.46, 0.64, 1.17, 1.53], abs=0.1)
    assert all(word.confidence > 0.5 for word in heard.words)


def test_what_the_live_pass_hears_after_a_pause_has_its_time_in_the_utterance(recognizer):
    recognizer.begin()
    feed(recognizer, shipped("goforward"))
    recognizer.anticipate()
    feed(recognizer, bytes(BLOCK_BYTES) + shipped("goforward"))
    recognizer.resume()
    heard = recognizer.finish(second_pass=False)
    first, second = heard.words[:4], heard.words[4:]
    later_s = (len(shipped("goforward")) + BLOCK_BYTES) / SPEECH_FORMAT.bytes_per_second
    assert [word.text for word in second] == ["go", "forward", "ten", "meters"]
    assert [word.start_s - later_s for word in second] == pytest.approx([word.start_s for word in first], abs=0.1)


def test_nothing_is_written_to_the_terminal(recognizer, capfd):
    recognize(recognizer, shipped("goforward"))
    recognize(recognizer, bytes(640))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("lacking", ["", "am/mdef", "x.dict", "x.lm.bin"])
def test_a_model_folder_that_is_none_is_missing(tmp_path, lacking):
    (tmp_path / "am").mkdir()
    for name in {"am/mdef", "x.dict", "x.lm.bin"} - {lacking}:
        (tmp_path / name).write_text("yes Y EH S\nno N OW\n")
    with pytest.raises(DriverMissing, match=str(tmp_path)):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path), model_language="es"))


def test_a_folder_that_names_no_language_is_not_taken_and_english_is_heard_all_the_same():
    settings = Settings(model_dir="/nowhere")
    assert pocketsphinx.languages(settings) == ["en-US"]
    with pytest.raises(DriverMissing, match="model_language"):
        pocketsphinx.open("es", settings)


@pytest.mark.parametrize(
    ("name", "language"),
    [("es", "es"), ("es-ES", "es-ES"), ("pt_BR-small", "pt-BR"), ("de-voxforge", "de"), ("estonian", ""), ("x", "")],
)
def test_the_language_is_the_one_that_the_folder_is_named_after(tmp_path, name, language):
    assert _model.language_of(tmp_path / name) == language


DAMAGED = ["am/mdef", "am/transition_matrices", "am/sendump"]


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("left", [0, 1_000])
def test_a_damaged_file_over_which_the_library_would_end_the_process_is_told(tmp_path, name, left):
    folder = tmp_path / "es-damaged"
    shutil.copytree(spanish_model(), folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:left] if name != "am/sendump" else b"\xff" * left)
    with pytest.raises(DriverMissing, match=name) as told:
        pocketsphinx.open("es", Settings(model_dir=str(folder)))
    assert "\n" not in str(told.value)
    assert pocketsphinx.languages(Settings(model_dir=str(folder))) == ["en-US"]


def copy_of_the_spanish_model(folder: Path) -> Path:
    shutil.copytree(spanish_model(), folder)
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o755)
    return folder


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_part_of_the_weights_is_told_and_not_heard_with(tmp_path, share):
    weights = copy_of_the_spanish_model(tmp_path / "es") / "am" / "sendump"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: round(share * len(whole))])
    with pytest.raises(DriverMissing, match="am/sendump is no sendump of an acoustic model, or only a part of one"):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path / "es")))


@pytest.mark.parametrize("name", ["means", "variances", "transition_matrices"])
def test_a_page_in_place_of_a_model_file_is_told(tmp_path, name):
    file = copy_of_the_spanish_model(tmp_path / "es") / "am" / name
    file.write_text("<html><body>Not found</body></html>\n" * 40)
    with pytest.raises(DriverMissing, match=f"am/{name} is no {name}"):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path / "es")))


@pytest.mark.parametrize("rate", ["8000", "8000.0", "11025"])
def test_a_model_of_another_sampling_rate_is_told_and_english_is_heard_all_the_same(tmp_path, rate):
    features = copy_of_the_spanish_model(tmp_path / "es") / "am" / "feat.params"
    features.write_text(features.read_text().replace("6800", "3500") + f"-samprate {rate}\n")
    settings = Settings(model_dir=str(tmp_path / "es"))
    with pytest.raises(DriverMissing, match=f"of {rate} Hz .feat.params., one of 16000 Hz is needed"):
        pocketsphinx.open("es", settings)
    assert pocketsphinx.languages(settings) == ["en-US"]


@pytest.mark.parametrize("told", ["-samprate 16000\n", "-samprate 16000.0\n"])
def test_a_model_that_says_its_sampling_rate_is_taken(tmp_path, told):
    features = copy_of_the_spanish_model(tmp_path / "es") / "am" / "feat.params"
    features.write_text(features.read_text() + told)
    assert pocketsphinx.languages(Settings(model_dir=str(tmp_path / "es"))) == ["en-US", "es"]


@pytest.mark.parametrize(
    ("name", "language", "told"), [("en", "", True), ("mine", "en-US", True), ("mine", "", True), ("es", "", False)]
)
def test_a_folder_of_ones_own_english_that_holds_no_model_is_told_and_english_is_heard(tmp_path, name, language, told):
    folder = tmp_path / name
    folder.mkdir()
    opened = pocketsphinx.open("en-US", Settings(model_dir=str(folder), model_language=language))
    assert [str(folder) in fault for fault in opened.faults] == [True] * told
    assert recognize(opened, shipped("goforward")) == "go forward ten meters"
    opened.close()


def test_a_missing_file_is_told_with_what_is_needed(tmp_path):
    folder = tmp_path / "es"
    shutil.copytree(spanish_model(), folder)
    (folder / "am" / "means").unlink()
    with pytest.raises(DriverMissing, match="has no means"):
        pocketsphinx.open("es", Settings(model_dir=str(folder)))


@pytest.fixture(scope="module")
def spanish() -> Iterator[PocketsphinxRecognizer]:
    opened = pocketsphinx.open("es-ES", Settings(model_dir=str(spanish_model())))
    yield opened
    opened.close()


def test_a_further_language_is_a_folder_beside_english(spanish):
    settings = Settings(model_dir=str(spanish_model()))
    assert pocketsphinx.languages(settings) == ["en-US", "es"]
    assert spanish.language == "es"
    heard = recognize(spanish, recording("voxforge-es-0032"))
    assert "líneas negras" in heard


def test_a_folder_of_such_folders_will_do(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "es").symlink_to(spanish_model())
    assert pocketsphinx.languages(Settings(model_dir=str(tmp_path / "models"))) == ["en-US", "es"]


def test_a_language_where_models_are_looked_for_needs_no_setting_and_a_setting_goes_before_it(tmp_path, monkeypatch):
    for name in ("found", "named"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "es").symlink_to(spanish_model())
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path / "found"))
    assert pocketsphinx.languages(Settings()) == ["en-US", "es"]
    known, _faults = pocketsphinx._models(Settings(model_dir=str(tmp_path / "named")))
    assert known["es"].dictionary == tmp_path / "named" / "es" / "es.dict"


@pytest.mark.parametrize("second_pass", [True, False])
@pytest.mark.parametrize(("name", "language"), [("fleurs-es-006", "es"), ("goforward", "en-US")])
def test_the_language_that_is_spoken_fits_better(recognizer, spanish, name, language, second_pass):
    fits = {}
    for each in (recognizer, spanish):
        each.begin()
        feed(each, recording(name)[: 4 * SPEECH_FORMAT.bytes_per_second])
        fits[each.language] = each.finish(second_pass=second_pass).score
    assert max(fits, key=fits.__getitem__) == language


@pytest.fixture
def both() -> Iterator[BothSides]:
    """Just started: what recognizers are worst at."""
    settings = Settings(model_dir=str(spanish_model()))
    opened = BothSides({language: pocketsphinx.open(language, settings) for language in ("en-US", "es-ES")})
    yield opened
    opened.close()


def test_a_first_utterance_that_is_long_in_doubt_has_its_last_word_in_the_language_spoken(both):
    heard = recognize(both, recording("fleurs-es-004"))  # English fits better for more than five seconds
    assert both.language == "es-ES"
    assert "campeonato" in heard


def test_words_of_the_wrong_language_are_followed_by_those_of_the_right_one(both):
    pcm = recording("voxforge-es-0027")
    shown = []
    both.begin()
    for start in range(0, len(pcm), BLOCK_BYTES):
        both.feed(pcm[start : start + BLOCK_BYTES])
        if both.partial() and both.language not in shown[-1:]:
            shown.append(both.language)
    assert shown == ["en-US", "es-ES"]
    assert both.sure
    both.finish()
    assert both.language == "es-ES"


def test_phrases_are_heard_that_were_not_and_every_other_word_as_before():
    opened = pocketsphinx.open("en-US", Settings())
    sintra = recording("fleurs-en-002")
    assert "Sintra" not in recognize(opened, sintra)
    others = [Phrase(name, (("a_l_f_a_m_a",),)) for name in ("Alfama", "Rossio")]
    opened.expect([Phrase("Sintra", (("s_ˈɪ_n_t_ɹ_ə",),)), Phrase("Lord - Byron"), *others])
    text = recognize(opened, sintra)
    assert "Sintra" in text
    assert "Lord - Byron" in text
    assert not any(other.text in text for other in others)
    assert recognize(opened, shipped("goforward")) == "go forward ten meters"
    opened.close()


def test_the_words_of_a_phrase_share_its_time():
    vocabulary = Vocabulary()
    vocabulary._texts["phrase#0"] = "Doña Carmen"
    heard = [Word("with", 0.0, 0.2, 0.9), Word("phrase#0", 0.2, 1.2, 0.7)]
    assert list(vocabulary.words(heard)) == [
        Word("with", 0.0, 0.2, 0.9),
        Word("Doña", 0.2, 0.6, 0.7),
        Word("Carmen", 0.6, 1.2, 0.7),
    ]
    assert vocabulary.text("with phrase#0") == "with Doña Carmen"


@pytest.mark.parametrize("length_cs", [1, 3, 9, 17, 100])
@pytest.mark.parametrize("text", ["a - - - - -", "Ng & Co", "a b c d e f"])
def test_the_words_of_a_phrase_lie_one_after_the_other_in_its_time(text, length_cs):
    vocabulary = Vocabulary()
    vocabulary._texts["phrase#0"] = text
    end_s = round(1.0 + length_cs / 100, 2)
    words = list(vocabulary.words([Word("phrase#0", 1.0, end_s, 0.7)]))
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (1.0, end_s)


CMU = frozenset({"AA", "AH", "CH", "D", "ER", "IH", "N", "OW", "R", "S", "T", "Y"})
ROMANCE = frozenset("abdefgijklmnoprstuxyz") | {"ch", "gn", "ll", "rr"}


@pytest.mark.parametrize(
    ("sound", "known", "phones"),
    [
        ("s_ˈɪ_n_t_ɹ_ə", CMU, "S IH N T R AH"),
        ("d_ˈo_ɲ_a", CMU, "D OW N Y AA"),
        ("d_ˈo_ɲ_a", ROMANCE, "d o gn a"),
        ("tʃ_ˈɜː_ɹ_oʊ", CMU, "CH ER R OW"),
        ("tʃ_ˈu_r_o", ROMANCE, "ch u rr o"),
        ("ʃ_ˈɑː_t_oʊ", ROMANCE, "ch a t o u"),
        ("k_a", frozenset({"K"}), ""),
        ("", CMU, ""),
    ],
)
def test_sounds_become_the_nearest_phones_of_the_model(sound, known, phones):
    assert phones_of(sound, known) == phones


def test_fillers_and_numbers_of_pronunciations_are_no_words():
    assert clean("<s> the(2) [NOISE] cat <sil> ++UM++ sat(13) [SPEECH] </s>") == "the cat sat"
    assert clean(None) == clean("") == ""


def plain(text: str) -> str:
    kept = "".join(char if char.isalpha() or char == "'" else " " for char in text.lower())
    return " ".join(kept.split())


def word_error_rate(said: list[str], heard: list[str]) -> float:
    """Return the words to change, add or take away in `heard`, by the words that were said."""
    wrong = sum(word_errors(one.split(), other.split()) for one, other in zip(said, heard, strict=True))
    return wrong / sum(len(text.split()) for text in said)


def word_errors(said: list[str], heard: list[str]) -> int:
    costs = list(range(len(heard) + 1))
    for word in said:
        diagonal, costs[0] = costs[0], costs[0] + 1
        for at, other in enumerate(heard, 1):
            changed = diagonal + (word != other)
            diagonal, costs[at] = costs[at], min(changed, costs[at] + 1, costs[at - 1] + 1)
    return costs[-1]


def test_the_phones_are_those_of_the_acoustic_model():
    assert len(_model.bundled().phones) == 39
    assert _model.bundled().phones > CMU
    assert _model.model_in(spanish_model(), "es").phones == ROMANCE


def test_a_quiet_voice_is_heard_live(recognizer):
    name = "rhasspy-turn-on-the-living-room-lamp"
    quiet = (np.frombuffer(shipped(name), np.int16) * 0.01).round().astype(np.int16).tobytes()
    heard = [recognize(recognizer, quiet, second_pass=False) for _ in range(3)]
    assert heard[-1].startswith("turn on the living room la")
