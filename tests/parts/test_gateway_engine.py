"""The gateway with the real engine of this machine, and the clients that people have: ours, and the service's own."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import soundfile

from daemon.engines import device, home
from daemon.engines.base import Engine, EngineFinal, EngineHypothesis, Task
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.wire.sound import parse_riff_header
from hw.api import FRAME_BYTES
from tests.support.engines import Listener, skip_unless_installed
from tests.support.gateway import GatewayProcess, eventually, figure, health, post
from tests.support.processes import command_line, descendants
from tests.support.recordings import shipped

pytestmark = pytest.mark.parts

ROOT = Path(__file__).resolve().parents[2]
TASK = Task("en-US", ("es",))
LANGUAGES = {"source": "en-US", "targets": ("es",)}
PAUSE = bytes(2 * 32_000)
COMMAND, QUESTION = "goforward", "azure-whatstheweatherlike"
CHILD = "daemon.engines.child"
JS_LIBRARY = "microsoft-cognitiveservices-speech-sdk"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[GatewayProcess]:
    skip_unless_installed(device.capabilities({"languages": LANGUAGES}))
    sections = {"gateway": {"listen": "127.0.0.1:0", "workers": 2, "sessions": 4}}
    with GatewayProcess(tmp_path_factory.mktemp("gateway"), sections) as running:
        eventually(lambda: figure(running.port, "engines_ready") == 2, 60)
        yield running
        assert running.stop() == 0


@contextlib.contextmanager
def client(gateway: GatewayProcess) -> Iterator[tuple[Engine, Listener]]:
    opened, listener = home.open({"languages": LANGUAGES, "engine.home": {"address": gateway.address}}), Listener()
    opened.open(listener)
    try:
        listener.ready()
        yield opened, listener
    finally:
        opened.close()


def feed(engine: Engine, utterance: int, sound: bytes) -> None:
    for at in range(0, len(sound), FRAME_BYTES):
        engine.feed(utterance, sound[at : at + FRAME_BYTES])


def say(engine: Engine, utterance: int, sound: bytes) -> None:
    engine.begin(utterance, TASK)
    feed(engine, utterance, sound)
    engine.finish(utterance)


def workers(gateway: GatewayProcess) -> list[int]:
    return [pid for pid in descendants(gateway.pid) if CHILD in command_line(pid)]


# ---------------------------------------------------------------- our own client


def test_our_own_client_gets_what_the_engine_hears(gateway):
    with client(gateway) as (engine, listener):
        say(engine, 1, shipped(COMMAND))
        final = listener.final(1)
        engine.speak(SpeechRequest("s", "es", final.translations["es"].text))
        assert listener.last_block("s").error == ""
    assert final.source == "Go forward ten meters."
    assert final.translations["es"].text
    assert [event for event in listener.of_utterance(1) if isinstance(event, EngineHypothesis)]
    assert len(b"".join(block.pcm for block in listener.all(SynthesizedSpeech))) > 20_000


def test_our_own_client_gets_short_jobs_by_rest(gateway):
    rest = home.rest({"languages": LANGUAGES, "engine.home": {"address": gateway.address}})
    found = rest.recognize(shipped(COMMAND), "en-US", detailed=True)
    speech = rest.speak(rest.requests.ssml("es", "hola"), "riff-24khz-16bit-mono-pcm")
    assert found.text == "Go forward ten meters."
    assert found.answer["NBest"][0]["Display"] == found.text
    assert soundfile.info(io.BytesIO(speech)).samplerate == 24_000
    assert {voice["Locale"] for voice in rest.voices()} >= {"es"}
    served = home.served({"engine.home": {"address": gateway.address}})
    assert ("en", "es") in [(pair.source, pair.target) for pair in served.pairs]


def test_two_devices_at_once_each_get_their_own(gateway):
    with client(gateway) as (one, first), client(gateway) as (two, second):
        for engine, sound in ((one, COMMAND), (two, QUESTION)):
            engine.begin(1, TASK)
            feed(engine, 1, shipped(sound))
        for engine in (one, two):
            engine.finish(1)
        assert first.final(1).source == "Go forward ten meters."
        assert second.final(1).source == "What's the weather like?"


def test_an_utterance_outlives_the_process_of_its_engine(gateway):
    replayed = figure(gateway.port, "replayed_total")
    with client(gateway) as (engine, listener):
        engine.begin(1, TASK)
        feed(engine, 1, shipped(COMMAND)[:64_000])
        listener.wait_for(EngineHypothesis)
        eventually(lambda: figure(gateway.port, "engines_busy") == 1)
        for pid in workers(gateway):
            os.kill(pid, signal.SIGKILL)
        feed(engine, 1, shipped(COMMAND)[64_000:])
        engine.finish(1)
        final = listener.final(1)
        say(engine, 2, shipped(QUESTION))
        listener.final(2)
    assert final.source == "Go forward ten meters."
    assert len(listener.all(EngineFinal)) == 2
    # More than once, if it was given to the other engine before that one's death was known.
    assert figure(gateway.port, "replayed_total") > replayed
    eventually(lambda: figure(gateway.port, "engines_ready") == 2, 60)


def test_rest_recognizes_a_file_and_reads_a_text_aloud(gateway):
    file = io.BytesIO()
    samples, rate_hz = soundfile.read(ROOT / "tests" / "recordings" / f"{QUESTION}.flac", dtype="int16")
    soundfile.write(file, samples, rate_hz, format="WAV")
    path = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
    status, body = post(gateway.port, path, file.getvalue())
    assert (status, json.loads(body)["DisplayText"]) == (200, "What's the weather like?")
    ssml = '<speak version="1.0" xml:lang="es"><voice name="es-ES-X">Buenos días</voice></speak>'
    asked = {"X_Microsoft_OutputFormat": "riff-24khz-16bit-mono-pcm"}
    status, body = post(gateway.port, "/cognitiveservices/v1", ssml.encode(), **asked)
    assert status == 200
    _samples, rate_hz = soundfile.read(io.BytesIO(body))
    assert rate_hz == 24_000
    assert len(_samples) > rate_hz // 3


# ---------------------------------------------------------------- the service's own client

with_sdk = pytest.mark.skipif(
    importlib.util.find_spec("azure") is None or importlib.util.find_spec("azure.cognitiveservices") is None,
    reason="azure-cognitiveservices-speech is not installed: pip install --group sdk",
)


def theirs(gateway: GatewayProcess, sound: bytes, **asked: Any) -> list[dict[str, Any]]:
    """What their client says of the sound."""
    config = {"host": gateway.address, "source": "en-US", "targets": ["es", "en"], **asked}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.sdk_peer", json.dumps(config)],
        input=sound,
        capture_output=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    if b"ImportError" in ran.stderr or b"OSError" in ran.stderr:
        pytest.skip(f"the library cannot be used here: {ran.stderr.decode()[-300:]}")
    return [json.loads(line) for line in ran.stdout.decode().splitlines()]


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


@with_sdk
def test_their_client_gets_interims_phrases_with_translations_and_a_clean_end(gateway):
    sound = PAUSE + shipped(COMMAND) + PAUSE + shipped(QUESTION) + PAUSE
    events = theirs(gateway, sound, targets=["es", "fr"])
    recognized = of(events, "recognized")
    assert [event["text"] for event in recognized] == ["Go forward ten meters.", "What's the weather like?"]
    assert all(event["translations"]["es"] for event in recognized)
    assert {event["reason"] for event in recognized} == {"TranslatedSpeech"}
    assert all(earlier["offset"] < later["offset"] for earlier, later in pairwise(recognized))
    assert of(events, "recognizing")
    assert len(of(events, "speech_end_detected")) == 1  # all the sound is covered: they ask for nothing in another turn
    assert [event["event"] for event in events[-3:]] == ["canceled", "session_stopped", "end"]
    assert of(events, "canceled")[0]["reason"] == "EndOfStream"


@with_sdk
def test_their_client_gets_the_translation_spoken(gateway):
    events = theirs(gateway, PAUSE + shipped(COMMAND) + PAUSE, targets=["es"], voice="es-ES-ElviraNeural")
    spoken = [base64.b64decode(event["audio"]) for event in of(events, "synthesizing")]
    found = parse_riff_header(spoken[0])
    assert found is not None
    assert found[0].rate_hz == 16_000
    assert len(b"".join(spoken)) > 20_000
    assert spoken[-1] == b""
    assert of(events, "canceled")[0]["reason"] == "EndOfStream"


@with_sdk
def test_their_single_shot_returns_the_first_phrase(gateway):
    events = theirs(gateway, PAUSE + shipped(COMMAND) + PAUSE, targets=["es"], once=True)
    once = of(events, "once")[0]
    assert once["text"] == "Go forward ten meters."
    assert once["translations"]["es"]


@with_sdk
def test_their_single_shot_that_hears_nothing_is_told_so_and_is_not_kept_waiting(gateway):
    events = theirs(gateway, PAUSE, targets=["es"], once=True)
    assert of(events, "once")[0]["reason"] == "NoMatch"
    assert of(events, "canceled") == []


@with_sdk
def test_their_client_sees_no_error_when_an_engine_is_killed(gateway):
    config = {"host": gateway.address, "source": "en-US", "targets": ["es"], "realtime": True}
    command = [sys.executable, "-m", "tests.support.sdk_peer", json.dumps(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=False) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        peer.stdin.write(PAUSE + shipped(COMMAND) + PAUSE)
        peer.stdin.close()
        events = []
        for line in peer.stdout:
            events.append(json.loads(line))
            if events[-1]["event"] == "recognizing" and len(of(events, "recognizing")) == 1:
                for pid in workers(gateway):
                    os.kill(pid, signal.SIGKILL)
    assert [event["text"] for event in of(events, "recognized")] == ["Go forward ten meters."]
    assert of(events, "canceled")[0]["reason"] == "EndOfStream"
    eventually(lambda: health(gateway.port)["status"] == "ok", 60)


# ---------------------------------------------------------------- the same in JavaScript


@pytest.fixture(scope="module")
def node() -> str:
    """Node with their library; where NODE_PATH says."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    there = subprocess.run([program, "-e", f"require.resolve({JS_LIBRARY!r})"], capture_output=True, check=False)
    if there.returncode != 0:
        pytest.skip(f"node does not find {JS_LIBRARY}: npm install it, and name its node_modules in NODE_PATH")
    return program


def test_their_javascript_client_gets_all_of_it_too(gateway, node):
    config = {"host": gateway.address, "source": "en-US", "targets": ["es", "fr"], "voice": "es-ES-ElviraNeural"}
    ran = subprocess.run(
        [node, str(ROOT / "tests" / "support" / "sdk_peer.js"), json.dumps(config)],
        input=PAUSE + shipped(COMMAND) + PAUSE + shipped(QUESTION) + PAUSE,
        capture_output=True,
        timeout=100,
        check=False,
    )
    events = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    recognized = of(events, "recognized")
    assert [event["text"] for event in recognized] == ["Go forward ten meters.", "What's the weather like?"]
    assert all(event["translations"]["es"] for event in recognized)
    assert of(events, "recognizing")
    assert len(b"".join(base64.b64decode(event["audio"]) for event in of(events, "synthesizing"))) > 20_000
    assert [event["event"] for event in events[-3:]] == ["canceled", "session_stopped", "end"]
    assert of(events, "canceled")[0]["reason"] == "EndOfStream"
