"""Where the gateway listens, and which tokens and certificates let a client in."""

from __future__ import annotations

import pytest

from daemon.config_error import ConfigError
from daemon.gateway import passes
from daemon.gateway.access import Access, access
from daemon.settings import GatewaySection
from daemon.wire.upgrade import Upgrade

TOKEN = "0123456789abcdef"  # noqa: S105 -- opens nothing


def wrong(settings, environment=None):
    with pytest.raises(ConfigError) as caught:
        access(settings, environment or {})
    return caught.value.errors[0]


def test_on_this_machine_neither_tls_nor_a_token_is_needed():
    assert access(GatewaySection(), {}) == Access("127.0.0.1", 8443)
    assert access(GatewaySection(listen="[::1]:0"), {}).host == "::1"


@pytest.mark.parametrize("listen", ["0.0.0.0:8443", "[::]:8443", "192.168.1.7:8443", "gateway.local:8443"])
def test_nobody_else_is_served_without_tls(listen):
    assert wrong(GatewaySection(listen=listen)).code == "plaintext"


def test_a_port_that_there_is_not_is_refused():
    assert wrong(GatewaySection(listen="127.0.0.1:70000")).path == "gateway.listen"


def test_any_of_the_tokens_is_let_in_as_key_or_bearer_and_nothing_else(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\nanother-{TOKEN}\n")
    door = access(GatewaySection(token_file=str(file)), {})
    assert door.admits(Upgrade("/", key=TOKEN))
    assert door.admits(Upgrade("/", token=f"another-{TOKEN}"))
    assert not door.admits(Upgrade("/", key=TOKEN[:-1]))
    assert not door.admits(Upgrade("/", key="schlüssel"))
    assert not door.admits(Upgrade("/"))
    assert TOKEN not in repr(door)


def test_who_has_a_key_hands_on_tokens_that_are_let_in_and_cannot_be_renewed_by_themselves():
    ours, another = Access("", 0, tokens=("another-" + TOKEN, TOKEN)), Access("", 0, tokens=(TOKEN[::-1],))
    issued = Upgrade("/", token=ours.issued())
    assert ours.has_key(Upgrade("/", key=TOKEN))
    assert ours.admits(issued)
    assert not ours.has_key(issued)
    assert not ours.has_key(Upgrade("/", key=issued.token))
    assert not another.admits(issued)


def test_an_issued_token_is_good_for_ten_minutes_as_it_is():
    token = passes.issued(TOKEN, 1_000.5)
    assert [passes.is_good(token, TOKEN, at) for at in (999.0, 1_001.0, 1_599.0, 1_600.0)] == [False, True, True, False]
    later = token.replace("1600", "9600")
    assert not any(passes.is_good(forged, TOKEN, 9_500.0) for forged in (later, "9600.", "9600", ".", "", "ä.ö"))


def test_the_token_may_be_a_credential_of_systemd(tmp_path):
    (tmp_path / "gateway-token").write_text(TOKEN)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert access(GatewaySection(), environment).admits(Upgrade("/", token=TOKEN))


@pytest.mark.parametrize("text", ["", "short", "é" * 20])
def test_a_token_that_is_none_is_refused(tmp_path, text):
    file = tmp_path / "token"
    file.write_text(text, encoding="utf-8")
    assert wrong(GatewaySection(token_file=str(file))).path == "gateway.token_file"


def test_client_certificates_need_a_certificate_of_the_gateway():
    assert wrong(GatewaySection(client_ca_file="ca.pem")).path == "gateway.client_ca_file"
