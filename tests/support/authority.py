"""A certificate authority of a test's own, made by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_CONFIGURATION = """\
[ca]
default_ca = d
[d]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = p
unique_subject = no
[p]
commonName = supplied
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Authority:
    """Signs what it is asked to. `file` is its own certificate; all are readable by mosquitto's user."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.file = folder / "ca.pem"
        (folder / "ca.cnf").write_text(_CONFIGURATION)
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        self._openssl("req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN={folder.name}")

    def issue(self, name: str, *, address: str = "127.0.0.1", not_before: str = "") -> tuple[Path, Path]:
        """Return a certificate of that common name, for that address, and its key; `not_before` as 20980101000000Z."""
        certificate, key = (self.folder / f"{name}.{kind}" for kind in ("pem", "key"))
        self._openssl("req", *_KEY, "-keyout", key.name, "-out", "csr.pem", "-subj", f"/CN={name}")
        (self.folder / "extensions").write_text(f"subjectAltName=IP:{address}\n")
        signing = "ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in csr.pem -extfile extensions -notext"
        valid = ["-startdate", not_before, "-enddate", "20990101000000Z"] if not_before else ["-days", "2"]
        self._openssl(*signing.split(), "-out", certificate.name, *valid)
        for file in (certificate, key, self.file):
            file.chmod(0o644)
        return certificate, key

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.folder)
