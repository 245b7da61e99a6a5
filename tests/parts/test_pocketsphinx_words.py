"""Words of real recordings by the real decoder: in the live pass, in the second, and when each was said."""

from __future__ import annotations

import numpy as np
import pytest

from daemon.recognizers import pocketsphinx
from daemon.recognizers._passes import SecondPass, clean
from hw.api import SPEECH_FORMAT
from tests.support.decoding import BLOCK_BYTES, feed, recognize
from tests.support.recordings import recordings, shipped

pytestmark = pytest.mark.parts
#: A few of the larger set, of several speakers, and what the second pass was measured to make of them.
SOME = {"librispeech-61-70968-0000", "leopard-en", "librivox-0920", "ljspeech-LJ001-0005", "fleurs-en-006"}
MEASURED_WER = 0.224


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


def test_a_quiet_voice_is_heard_live(recognizer):
    name = "rhasspy-turn-on-the-living-room-lamp"
    quiet = (np.frombuffer(shipped(name), np.int16) * 0.01).round().astype(np.int16).tobytes()
    heard = [recognize(recognizer, quiet, second_pass=False) for _ in range(3)]
    assert heard[-1].startswith("turn on the living room la")
