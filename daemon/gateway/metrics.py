"""What the gateway counts, for Prometheus. The only importer of prometheus_client. Nothing of what is said is in it."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)


class Metrics:
    """See the module. A registry of its own, so that two gateways in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.connections = self._counter("connections", "Connections that were let in.", ("service",))
        self.refused = self._counter("refused", "Connections and requests that were refused.", ("status",))
        self.closed = self._counter("closed", "Connections that were closed for what their client did.", ("code",))
        self.turns = self._counter("turns", "Turns that were begun.")
        self.phrases = self._counter("phrases", "Phrases that were said for good.", ("status",))
        self.audio_s = self._counter("audio_seconds", "Sound that was heard.")
        self.speech_s = self._counter("speech_seconds", "Sound that was given to engines.")
        self.spoken = self._counter("spoken", "Texts that were spoken.")
        self.failures = self._counter("engine_failures", "Engines that failed.", ("code",))
        self.replayed = self._counter("replayed", "Utterances that were given to another engine after one failed.")
        self.waited_s = self._histogram("wait_seconds", "From an utterance's begin until an engine took it.")
        self.final_s = self._histogram("final_seconds", "From the end of an utterance's sound to its phrase.")

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Include a figure that is read when it is asked for."""
        Gauge(f"dragoman_gateway_{name}", text, registry=self._registry).set_function(read)

    def text(self) -> bytes:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry)

    def _counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        return Counter(f"dragoman_gateway_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(f"dragoman_gateway_{name}", text, registry=self._registry, buckets=_SECONDS)
