"""Home Assistant, the newest that installs into a Debian 13, headless on a loopback port; spoken to by its own API."""

from __future__ import annotations

import http.client
import json
import subprocess
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from tests.support.broker import free_port, until
from tests.support.machine import debian, nspawn_command

_PACKAGES = "python3,python3-venv,python3-dev,gcc,g++,ca-certificates,tzdata"
_PREPARE = "python3 -m venv /ha; /ha/bin/pip install --quiet homeassistant"
#: On its first run it installs what its own parts need.
START_S = 300.0
_USER, _CLIENT = "tester", "http://127.0.0.1/"
_PASSWORD = "only-for-this-run"  # noqa: S105 -- of an account that ends with the test


class HomeAssistant:
    """A run of its own, with its configuration in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = debian("trixie", _PACKAGES, _PREPARE)
        self._port = free_port()
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        configuration = f"http:\n  server_host: 127.0.0.1\n  server_port: {self._port}\napi:\nauth:\nconfig:\n"
        (folder / "configuration.yaml").write_text(configuration, encoding="utf-8")

    def __enter__(self) -> Self:
        command = nspawn_command(self._root, *self._options, "/ha/bin/hass", "-c", "/config")
        with (self._folder / "output.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._answers, f"Home Assistant answers; see {self._folder}", START_S)
        self._token = self._log_in()
        until(lambda: self.get("/api/config")["state"] == "RUNNING", "it runs", START_S)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    @property
    def version(self) -> str:
        return str(self.get("/api/config")["version"])

    @property
    def log_text(self) -> str:
        return (self._folder / "home-assistant.log").read_text(encoding="utf-8", errors="replace")

    def use_broker(self, port: int) -> None:
        """Add the MQTT integration as a person does, by its form."""
        flows = "/api/config/config_entries/flow"
        form = self.post(flows, {"handler": "mqtt", "show_advanced_options": False})
        done = self.post(f"{flows}/{form['flow_id']}", {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done

    def state(self, entity: str) -> dict[str, Any] | None:
        """Return an entity with its state and attributes, None if there is none."""
        return next((one for one in self.get("/api/states") if one["entity_id"] == entity), None)

    def wait_for(self, entity: str, state: str | None) -> dict[str, Any]:
        """Wait until an entity is in a state; None: until there is one at all."""
        found = until(
            lambda: (now := self.state(entity)) and (state is None or now["state"] == state) and now,
            f"{entity} is {state}, not {self.state(entity)}",
        )
        return dict(found)

    def call(self, service: str, entity: str, **data: Any) -> None:
        """Do what a person does in its pages."""
        self.post(f"/api/services/{service.replace('.', '/')}", {"entity_id": entity, **data})

    def render(self, template: str) -> str:
        return self._request("POST", "/api/template", json.dumps({"template": template})).decode()

    def get(self, path: str) -> Any:
        return json.loads(self._request("GET", path))

    def post(self, path: str, fields: dict[str, Any]) -> Any:
        return json.loads(self._request("POST", path, json.dumps(fields)))

    @property
    def _options(self) -> tuple[str, ...]:
        """Its configuration, and certificates for uv, by which it installs what it needs."""
        certificates = "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
        return f"--bind={self._folder}:/config", f"--setenv={certificates}", "--setenv=UV_NATIVE_TLS=1", "--pipe", "--"

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "output.log").read_text(errors="replace")[-4000:]
        try:
            self._request("GET", "/api/onboarding")
        except (OSError, AssertionError):
            return False
        return True

    def _log_in(self) -> str:
        """Make the first account, as its first page asks for."""
        person = {"client_id": _CLIENT, "name": _USER, "username": _USER, "password": _PASSWORD, "language": "en"}
        code = self.post("/api/onboarding/users", person)["auth_code"]
        form = urlencode({"grant_type": "authorization_code", "code": code, "client_id": _CLIENT})
        kind = "application/x-www-form-urlencoded"
        return str(json.loads(self._request("POST", "/auth/token", form, kind))["access_token"])

    def _request(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        assert response.status < 300, f"{method} {path}: {response.status} {said.decode(errors='replace')}"
        return said
