"""What can be done to the running daemon: mute, change the direction, speak, translate; what is spoken then."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from daemon.config import ConfigError, load
from daemon.engines.base import EngineReady, Pair
from daemon.events import Final, SynthesizedSpeech, Translation, asked_by, speech_of
from daemon.mqtt.control import Refusal
from tests.support.settings import written
from tests.support.steering import SEVERAL, Bench


def test_mute_outlives_the_process(bench: Bench, tmp_path: Path) -> None:
    bench.steering.mute()
    assert bench.board.snapshot().muted
    assert Bench(tmp_path).listening.muted
    bench.steering.unmute()
    assert not Bench(tmp_path).listening.muted


def test_a_disk_that_keeps_what_it_has_does_not_keep_the_microphone_muted(tmp_path: Path) -> None:
    (tmp_path / "muted").mkdir()  # what no unlink takes away
    bench = Bench(tmp_path)
    assert bench.listening.muted
    with pytest.raises(Refusal, match="unmuted, but only until the next start"):
        bench.steering.unmute()
    assert not bench.listening.muted


def test_what_cannot_be_kept_is_refused_with_the_reason_and_muting_mutes_all_the_same(bench: Bench, tmp_path: Path):
    tmp_path.rmdir()
    with pytest.raises(Refusal, match=str(tmp_path)) as refused:
        bench.steering.change({"speaker.volume": 0.5})
    assert refused.value.code == "not_kept"
    assert bench.steering.settings.speaker.volume == 0.8
    with pytest.raises(Refusal, match="until the next start"):
        bench.steering.mute()
    assert bench.listening.muted


def test_swap_turns_the_direction_round_and_is_kept(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.swap() == ("es", ("en-US",))
    bench.settle()
    now = bench.board.snapshot()
    assert (now.source, now.targets) == ("es", ("en-US",))
    kept = load(None, environment={"STATE_DIRECTORY": str(tmp_path)}).languages
    assert (kept.source, kept.targets, kept.speak) == ("es", ("en-US",), "en-US")


def test_swapped_there_and_back_the_languages_are_the_file_s_again(tmp_path: Path) -> None:
    file = written(tmp_path, '[languages]\ntargets = ["es"]\n')
    bench = Bench(tmp_path, file=file)
    bench.steering.change({"speaker.volume": 0.5})
    bench.steering.swap()
    bench.steering.swap()
    assert bench.steering.settings.remote == {"speaker.volume": 0.5}
    now = load(written(tmp_path, '[languages]\ntargets = ["ca"]\n'), environment={"STATE_DIRECTORY": str(tmp_path)})
    assert (now.languages.source, now.languages.targets, now.languages.speak) == ("en-US", ("ca",), "ca")


def test_swapped_there_and_back_what_was_chosen_before_stays(tmp_path: Path) -> None:
    pairs = (("en-US", "es"), ("en-US", "ca"), ("es", "en-US"), ("ca", "en-US"), ("es", "ca"), ("ca", "es"))
    bench = Bench(tmp_path, serves=pairs, file=written(tmp_path, '[languages]\nsource = "en-US"\n'))
    bench.steering.change({"languages.targets": ["es", "ca"]})
    bench.steering.swap()
    bench.steering.swap()
    assert bench.steering.settings.remote == {"languages.targets": ("es", "ca"), "languages.speak": "es"}


def test_two_who_swap_at_once_swap_twice(bench: Bench) -> None:
    others: list[threading.Thread] = []

    def while_the_first_is_at_it() -> EngineReady | None:
        if not others:
            others.append(threading.Thread(target=bench.steering.swap))
            others[0].start()
            others[0].join(0.1)  # it cannot be over: time to have read the languages, if it ever reads them too soon
        return bench.streaming.ready

    bench.steering.attach(bench.listening, bench.streaming, bench.speech, None, served=while_the_first_is_at_it)
    bench.steering.swap()
    others[0].join()
    now = bench.steering.settings.languages
    assert (now.source, now.targets, bench.steering.settings.rev) == ("en-US", ("es",), 2)


def test_swap_in_a_conversation_exchanges_its_sides_and_leaves_further_targets(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text('[languages]\ntargets = ["ca", "es"]\nconversation = ["en-US", "es-ES"]\n')
    pairs = (("en-US", "es"), ("en-US", "ca"), ("es", "en-US"), ("es", "ca"))
    bench = Bench(tmp_path, serves=pairs, file=file)
    assert bench.steering.swap() == ("es", ("ca", "en-US"))
    assert bench.steering.swap() == ("en-US", ("ca", "es"))


def test_a_direction_that_nothing_recognizes_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=(("en-US", "es"),))
    with pytest.raises(ConfigError) as refused:
        bench.steering.swap()
    assert [error.code for error in refused.value.errors] == ["no_recognizer"]
    assert bench.steering.settings.languages.source == "en-US"


def test_a_language_is_taken_that_another_engine_serves_than_the_one_in_use(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=(("en-US", "es"),))
    other = EngineReady("device", ("es",), (Pair("es", "en", "apertium"),))
    bench.steering.attach(bench.listening, bench.streaming, bench.speech, None, served=lambda: other)
    assert bench.steering.swap() == ("es", ("en-US",))


def test_nothing_is_repeated_before_something_was_said(bench: Bench) -> None:
    with pytest.raises(Refusal, match="nothing has been said"):
        bench.steering.repeat()


def test_the_last_final_is_spoken_again_until_it_is_forgotten(bench: Bench) -> None:
    bench.steering.offer(Final(1, "en-US", "Hi.", {"es": Translation("Hola.")}, 1.0, 0.0, 1.0, "scripted", None, 0, 0))
    bench.steering.repeat()
    assert bench.streaming.outstanding == 1
    bench.steering.forget()
    with pytest.raises(Refusal):
        bench.steering.repeat()


def test_no_transaction_makes_what_is_asked_for_the_speech_of_a_final(bench: Bench) -> None:
    bench.steering.speak("Hola.", "es", speech_of(1))
    bench.settle()
    (request,) = {block.id for block in bench.published if isinstance(block, SynthesizedSpeech)}
    assert request != speech_of(1)
    assert asked_by(request) == speech_of(1)


def test_a_typed_text_is_translated_without_anybody_waiting_for_the_engine(bench: Bench) -> None:
    made = bench.steering.translate("Hi.", "en-US", ("es",))
    assert not made.done()
    bench.settle()
    assert list(made.result(0)) == ["es"]


def test_a_translation_that_nobody_wants_any_more_is_let_go(bench: Bench) -> None:
    given_up = bench.steering.translate("Hi.", "en-US", ("es",))
    wanted = bench.steering.translate("Hello.", "en-US", ("es",))
    given_up.cancel()
    bench.settle()
    assert given_up.cancelled()
    assert wanted.done()


def test_restart_is_passed_on(bench: Bench) -> None:
    bench.steering.restart()
    assert bench.restarted


@pytest.mark.parametrize(
    ("targets", "speak", "then", "spoken"),
    [
        (["es"], "es", ["fr"], "fr"),
        (["es", "ca"], "ca", ["es", "fr"], "fr"),
        (["es", "ca"], "ca", ["fr"], "fr"),
        (["es", "ca"], "es", ["ca", "es"], "es"),
        (["es"], "es", ["es-MX", "fr"], "es"),
        (["es"], "", ["fr"], ""),
    ],
)
def test_what_is_spoken_follows_a_target_that_is_gone(tmp_path: Path, targets, speak, then, spoken) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    bench.steering.change({"languages": {"targets": targets, "speak": speak}})
    bench.steering.change({"languages.targets": then})
    assert bench.steering.settings.languages.speak == spoken


def test_what_is_spoken_also_follows_targets_that_are_given_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    bench.steering.change({"languages.targets": ["fr"]})
    bench.steering.change({"languages.targets": None})
    now = bench.steering.settings.languages
    assert (now.targets, now.speak) == (("es",), "es")


def test_nothing_follows_where_somebody_says_what_is_spoken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    with pytest.raises(ConfigError, match="one of the targets"):
        bench.steering.change({"languages.targets": ["fr"], "languages.speak": "es"})
