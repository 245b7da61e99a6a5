"""A gateway is announced and found over the multicast of this machine's own loopback."""

from __future__ import annotations

import socket

import pytest

from daemon.mdns import Announcement, gateways

pytest.importorskip("zeroconf", reason="zeroconf is not installed: pip install 'dragoman[mdns]'")
pytestmark = pytest.mark.parts

LOOPBACK = ["127.0.0.1"]


@pytest.fixture(autouse=True)
def multicast():
    """Skip where the loopback carries none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            member = socket.inet_aton("224.0.0.251") + socket.inet_aton(LOOPBACK[0])
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        except OSError as error:
            pytest.skip(f"no multicast on the loopback here: {error}")


def test_what_is_announced_is_found_with_its_address_and_gone_afterwards():
    announcement = Announcement("127.0.0.1", 18_443, tls=True, interfaces=LOOPBACK)
    announcement.start()
    try:
        assert "wss://127.0.0.1:18443" in [each.address for each in gateways(2.5, LOOPBACK)]
    finally:
        announcement.stop()
    assert "wss://127.0.0.1:18443" not in [each.address for each in gateways(2.5, LOOPBACK)]
