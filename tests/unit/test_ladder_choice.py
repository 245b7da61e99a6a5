"""Several engines that look like one: which of them is used, and what they can do together."""

from __future__ import annotations

import pytest

from daemon.engines.base import EngineReady, Task
from daemon.engines.scripted import ScriptedEngine
from daemon.events import SpeechRequest, SynthesizedSpeech
from tests.support.ladder import SETTLED_S, Bench, engines, lines


def test_the_best_rung_that_is_ready_is_used():
    bench = Bench(*engines(lines(), lines()))
    bench.say()
    assert bench.finals() == [(1, "cloud")]


def test_a_better_rung_is_returned_to_between_utterances_when_it_has_been_ready_for_a_while():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    cloud.die()
    bench.settle()
    bench.say()
    cloud.revive()
    bench.say()
    bench.clock.now += SETTLED_S
    utterance = bench.begin()
    bench.end(utterance)
    assert bench.finals() == [(1, "device"), (2, "device"), (3, "cloud")]
    assert bench.changes()[-1] == ("cloud", "better")


def test_the_first_utterance_on_a_rung_that_is_returned_to_is_begun_once():
    cloud, device = engines(lines(), lines())
    bench = Bench(cloud, device)
    cloud.die()
    bench.settle()
    cloud.revive()
    bench.clock.now += SETTLED_S
    bench.ladder.check_budgets()
    bench.settle()
    begun = []
    begin = cloud.begin
    cloud.begin = lambda utterance, task: (begun.append(utterance), begin(utterance, task))
    bench.say()
    assert begun == [1]
    assert bench.finals() == [(1, "cloud")]


def test_a_lower_rung_is_opened_only_when_needed_where_memory_is_short():
    cloud, device = engines(lines(), lines(), ready=True)
    bench = Bench(cloud, device, keep_open=False)
    bench.say()
    assert device.heard == {}
    cloud.die()
    bench.settle()
    bench.say()
    assert bench.finals() == [(1, "cloud"), (2, "device")]


def test_typed_text_goes_to_the_best_rung_that_translates_text():
    cloud, device = engines(lines(), lines(), ready=False)
    bench = Bench(cloud, device)
    device.revive()
    bench.ladder._hear(bench.ladder._rungs[0], EngineReady("cloud", ("en",), translates_text=False))
    bench.clock.now += SETTLED_S
    answers = []
    bench.ladder._sink = answers.append
    bench.ladder.translate("t1", "hello", Task("en", ("es",)))
    bench.ladder.translate("t2", "hello", Task("en", ("es", "fr")))  # of which it serves but one
    assert [answer.translations["es"].text for answer in answers] == ["es: hello"] * 2


def test_a_text_is_spoken_by_the_best_rung_that_speaks_the_language():
    cloud = ScriptedEngine(name="cloud", serves=[("en", "fr")])
    device = ScriptedEngine(name="device", serves=[("en", "es")])
    bench = Bench(cloud, device)
    bench.client.speak(SpeechRequest("s1", "es", "hola"))
    bench.settle()
    while device.step():
        bench.settle()
    blocks = [result for result in bench.results if isinstance(result, SynthesizedSpeech)]
    assert blocks[-1].last
    assert not blocks[-1].error
    bench.client.speak(SpeechRequest("s2", "zu", "sawubona"))
    bench.settle()
    assert "zu" in bench.results[-1].error


@pytest.mark.parametrize("first", [0, 1])
def test_whichever_rung_is_ready_first_is_used_until_a_better_one_has_settled(first):
    cloud, device = engines(lines(), lines(), ready=False)
    bench = Bench(cloud, device)
    order = [cloud, device] if first == 0 else [device, cloud]
    order[0].revive()
    bench.settle()
    bench.say()
    assert bench.finals() == [(1, order[0].name)]
    order[1].revive()
    bench.clock.now += SETTLED_S
    bench.settle()
    bench.say()
    assert bench.finals()[-1] == (2, "cloud")


def test_the_ladder_says_what_the_rung_in_use_can_do():
    cloud = ScriptedEngine(name="cloud", serves=[("en", "fr")], ready=False)
    device = ScriptedEngine(name="device", serves=[("en", "es")])
    bench = Bench(cloud, device)
    ready = bench.client.ready
    assert isinstance(ready, EngineReady)
    assert [pair.target for pair in ready.pairs] == ["es"]


def test_rungs_that_are_ready_serve_together_what_any_of_them_does():
    cloud = ScriptedEngine(name="cloud", serves=[("en", "fr")])
    device = ScriptedEngine(name="device", serves=[("en", "es"), ("es", "en")])
    ladder = Bench(cloud, device).ladder
    assert ladder.served.recognizes == ("en", "es")
    assert [pair.target for pair in ladder.served.pairs] == ["fr", "es", "en"]
    device.die()
    assert ladder.served.recognizes == ("en",)
    cloud.die()
    assert ladder.served is None
