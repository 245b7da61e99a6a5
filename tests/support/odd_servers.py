"""Servers that do less than they should, or stand in the way."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod

from websockets.utils import accept_key


class OneByOne(ABC):
    """Takes connections one after the other, in a thread of its own; `serve` does with each what it is there for."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"ws://127.0.0.1:{self._listening.getsockname()[1]}"
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, name=type(self).__name__)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for one in (self._listening, *self._taken):
            one.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._taken.append(client)
                self.serve(client)

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Do with a connection what the server is odd for."""


class DeafServer(OneByOne):
    """Answers requests for a connection, and nothing after that: no message, no ping."""

    def __init__(self) -> None:
        super().__init__()
        self.requests = threading.Semaphore(0)

    def serve(self, client: socket.socket) -> None:
        request = client.recv(4_096)
        key = request.lower().split(b"sec-websocket-key: ")[1]
        key = request[request.lower().index(b"sec-websocket-key: ") + 19 :][: key.index(b"\r")]
        answer = accept_key(key.decode())
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        client.sendall("\r\n".join((*lines, f"Sec-WebSocket-Accept: {answer}", "", "")).encode())
        self.requests.release()


class Answers(OneByOne):
    """Gives each request the next of these answers, and then the last one again; b"": none at all."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self._answers = list(answers)
        self.asked: list[bytes] = []

    def serve(self, client: socket.socket) -> None:
        self.asked.append(client.recv(65_536))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if answer:
            client.sendall(answer)
            client.shutdown(socket.SHUT_WR)


class Proxy:
    """An HTTP proxy for one connection after the other."""

    def __init__(self, status: str = "200 OK") -> None:
        self.asked: list[bytes] = []
        self._status = status
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = [self._listening]

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_error):
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work, *arguments):
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._sockets.append(client)
                request = client.recv(4_096)
                self.asked.append(request)
                client.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
                if self._status.startswith("200"):
                    host, port = request.split()[1].decode().rsplit(":", 1)
                    server = socket.create_connection((host, int(port)))
                    self._sockets.append(server)
                    self._start(self._pump, client, server)
                    self._start(self._pump, server, client)
                else:
                    client.close()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
