// The Speech service's JavaScript client: sound in by stdin, what it says out as lines of JSON.
// Argument: one JSON object {host, source, targets, voice}. The library is found through NODE_PATH.
"use strict";

const sdk = require("microsoft-cognitiveservices-speech-sdk");
const fs = require("fs");

const asked = JSON.parse(process.argv[2]);
const tell = (event, more) => console.log(JSON.stringify({ event, ...more }));

const config = sdk.SpeechTranslationConfig.fromHost(new URL(asked.host), "k");
config.speechRecognitionLanguage = asked.source;
asked.targets.forEach((target) => config.addTargetLanguage(target));
if (asked.voice) config.voiceName = asked.voice;
const stream = sdk.AudioInputStream.createPushStream();
const recognizer = new sdk.TranslationRecognizer(config, sdk.AudioConfig.fromStreamInput(stream));

const result = (kind) => (_sender, { result: got }) => {
    const translations = Object.fromEntries(asked.targets.map((target) => [target, got.translations?.get(target)]));
    tell(kind, { text: got.text, translations, offset: got.offset, reason: sdk.ResultReason[got.reason] });
};
recognizer.recognizing = result("recognizing");
recognizer.recognized = result("recognized");
recognizer.synthesizing = (_sender, { result: got }) =>
    tell("synthesizing", { audio: got.audio ? Buffer.from(got.audio).toString("base64") : "" });
recognizer.canceled = (_sender, event) =>
    tell("canceled", { reason: sdk.CancellationReason[event.reason], details: event.errorDetails });
recognizer.sessionStopped = () => {
    tell("session_stopped");
    recognizer.close(() => { tell("end"); process.exit(0); }, () => process.exit(1));
};

const sound = fs.readFileSync(0);
recognizer.startContinuousRecognitionAsync(
    () => {
        stream.write(sound.buffer.slice(sound.byteOffset, sound.byteOffset + sound.byteLength));
        stream.close();
    },
    (error) => { tell("failed", { details: error }); process.exit(1); },
);
