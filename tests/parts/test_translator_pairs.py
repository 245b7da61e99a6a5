"""Sentence pairs are fetched from their makers: from a server on this machine that offers the same files."""

from __future__ import annotations

import functools
import http.server
import threading
import zipfile

import pytest

from scripts.lib.translator import corpus
from scripts.lib.translator.fetch import fetch

pytestmark = pytest.mark.parts

SENTENCES = [(f"This is number {at}.", f"Este es el número {at}.") for at in range(2_000)]


@pytest.fixture
def makers(tmp_path):
    offered = tmp_path / "offered"
    offered.mkdir()
    with zipfile.ZipFile(offered / "spa-eng.zip", "w") as file:
        file.writestr("_about.txt", "who made them")
        lines = (f"{english}\t{spanish}\tCC-BY 2.0 (France) Attribution: tatoeba.org" for english, spanish in SENTENCES)
        file.writestr("spa.txt", "\n".join(lines))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=offered)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, name="makers")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_is_fetched_is_parted_into_what_is_learnt_and_what_judges(tmp_path, makers):
    fetch(tmp_path / "pairs", {"en", "es"}, makers)
    learnt = corpus.read(tmp_path / "pairs", "en", "es", "train")
    judging = corpus.read(tmp_path / "pairs", "en", "es", "dev")
    assert {(pair.source, pair.target) for pair in learnt + judging} == set(SENTENCES)
    assert 0 < len(judging) < 30
    assert not {pair.source for pair in learnt} & {pair.source for pair in judging}


def test_what_is_there_is_not_fetched_again(tmp_path, makers):
    fetch(tmp_path / "pairs", {"es"}, makers)
    fetch(tmp_path / "pairs", {"es"}, "http://127.0.0.1:1/")


def test_a_language_that_is_not_offered_fails(tmp_path, makers):
    with pytest.raises(OSError, match="404"):
        fetch(tmp_path / "pairs", {"de"}, makers)
