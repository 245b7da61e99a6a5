"""The Speech service's own client, in a process of its own: sound in by stdin, what it says out as lines of JSON.

Arguments: one JSON object {host, key, source, targets, voice, once, add, realtime, candidates}. `add`: target to add
when the first half of the sound has been recognized. `candidates`: among which the language is looked for. Run as a
module; imports the library only here.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time

_PIECE = 3_200
_PIECE_S = 0.1
_LONGEST_S = 40


def tell(event: str, **more: object) -> None:
    # One write: the library calls from several threads, and `print` writes the end of the line by itself.
    sys.stdout.write(json.dumps({"event": event, "at": time.monotonic(), **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Recognize the sound, and end."""
    from azure.cognitiveservices import speech  # noqa: PLC0415 -- not everywhere

    asked = json.loads(sys.argv[1])
    config = speech.translation.SpeechTranslationConfig(host=asked["host"], subscription=asked.get("key", "k"))
    config.speech_recognition_language = asked["source"]
    for target in asked["targets"]:
        config.add_target_language(target)
    if asked.get("voice"):
        config.voice_name = asked["voice"]
    stream = speech.audio.PushAudioInputStream()
    candidates = asked.get("candidates")
    finding = speech.languageconfig.AutoDetectSourceLanguageConfig(languages=candidates) if candidates else None
    recognizer = speech.translation.TranslationRecognizer(
        translation_config=config,
        audio_config=speech.audio.AudioConfig(stream=stream),
        auto_detect_source_language_config=finding,
    )
    stopped, recognized = threading.Event(), threading.Event()
    listen(recognizer, stopped, recognized)
    sound = sys.stdin.buffer.read()
    if asked.get("once"):
        write(stream, sound, asked)
        stream.close()
        result = recognizer.recognize_once_async().get()
        tell("once", text=result.text, translations=dict(result.translations), reason=result.reason.name)
    else:
        recognizer.start_continuous_recognition_async().get()
        write(stream, sound[: len(sound) // 2] if asked.get("add") else sound, asked)
        if asked.get("add"):
            recognized.wait(_LONGEST_S)
            recognizer.add_target_language(asked["add"])
            write(stream, sound[len(sound) // 2 :], asked)
        stream.close()
        tell("written")
        if not stopped.wait(_LONGEST_S):
            recognizer.stop_continuous_recognition_async().get()
    tell("end")
    os._exit(0)  # after a refusal the library takes ten seconds to be unloaded


def write(stream, sound: bytes, asked: dict) -> None:
    due = time.monotonic()
    for at in range(0, len(sound), _PIECE):
        if asked.get("realtime"):
            due += _PIECE_S
            time.sleep(max(0.0, due - time.monotonic()))
        stream.write(sound[at : at + _PIECE])


def listen(recognizer, stopped: threading.Event, recognized: threading.Event) -> None:
    def result(kind: str):
        def say(event) -> None:
            got = event.result
            tell(
                kind,
                text=got.text,
                translations=dict(got.translations),
                offset=got.offset,
                duration=got.duration,
                reason=got.reason.name,
            )
            if kind == "recognized":
                recognized.set()

        return say

    def canceled(event) -> None:
        details = event.cancellation_details
        tell("canceled", reason=details.reason.name, code=details.code.name, details=details.error_details)

    def ended(_event) -> None:
        tell("session_stopped")
        stopped.set()

    recognizer.session_started.connect(lambda _event: tell("session_started"))
    recognizer.speech_start_detected.connect(lambda event: tell("speech_start_detected", offset=event.offset))
    recognizer.speech_end_detected.connect(lambda event: tell("speech_end_detected", offset=event.offset))
    recognizer.recognizing.connect(result("recognizing"))
    recognizer.recognized.connect(result("recognized"))
    recognizer.synthesizing.connect(
        lambda event: tell("synthesizing", audio=base64.b64encode(event.result.audio).decode())
    )
    recognizer.canceled.connect(canceled)
    recognizer.session_stopped.connect(ended)


if __name__ == "__main__":
    main()
