"""What the Speech service's refusals mean: a code, a cure, and its own words."""

from __future__ import annotations

import pytest

from daemon.engines.base import Cure
from daemon.engines.speech_service import faults


@pytest.mark.parametrize(
    ("status", "code", "cure"),
    [
        (401, "unauthorized", Cure.CONFIGURE),
        (403, "unauthorized", Cure.CONFIGURE),
        (400, "bad_request", Cure.CONFIGURE),
        (404, "not_found", Cure.CONFIGURE),
        (429, "too_many_requests", Cure.NEXT),
        (500, "unavailable", Cure.RETRY),
        (503, "unavailable", Cure.RETRY),
    ],
)
def test_a_status_has_its_cure_and_keeps_the_services_words(status, code, cure):
    fault = faults.refused("Azure Speech", status, "Quota\r\nexceeded")
    assert (fault.code, fault.cure) == (code, cure)
    assert f"{status} Quota exceeded" in fault.text


def test_what_helps_against_a_refused_connection_is_not_said_of_a_request():
    connection = faults.refused("it", 400, "no such language")
    request = faults.refused("it", 400, "no such format", what="request")
    assert connection.text.endswith("400 no such language; check languages, model and category")
    assert request.text.endswith("400 no such format")


def test_who_cannot_be_reached_is_told_with_what_to_check():
    fault = faults.unreachable("it", ConnectionRefusedError(111, "Connection refused"))
    assert fault.text == "it cannot be reached: Connection refused; check its region or address, and the network"


@pytest.mark.parametrize(("code", "blames"), [(1000, False), (1011, False), (None, False), (1007, True), (1002, True)])
def test_a_close_code_blames_the_turn_or_the_connection(code, blames):
    fault = faults.closed("it", code, "because")
    assert fault.blames_turn is blames
    assert ("because" in fault.text) is (code is not None)
