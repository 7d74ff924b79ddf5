# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ucsmsdk.mometa.fabric.FabricVlan import FabricVlan
from ucsmsdk.ucsexception import UcsException
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.__main__ import arguments, failures

MODULE = "ansible_collections.nfv.kvm.tests.ucs_manager"


@contextmanager
def process(*options: str) -> Iterator[int]:
    """Its port."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", MODULE, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        try:
            yield int(server.stdout.readline())
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0


def test_process(tmp_path: Path) -> None:
    authority = tmp_path / "authority.pem"
    with process("--model", "UCS-FI-6454", "--sessions", "1", "--authority", str(authority), "--username", "me",
                 "--commit-error", "150", "Not now", "--second-writer", "fabric/lan/net-new", "id", "77") as port:
        handle = UcsHandle("127.0.0.1", "me", "secret", port=port, secure=True)
        handle.login()
        assert handle.query_dn("sys/switch-B").model == "UCS-FI-6454"
        with pytest.raises(UcsException, match="maximum session limit"):
            UcsHandle("127.0.0.1", "me", "secret", port=port, secure=True).login()
        for attempt in (1, 2):
            handle.add_mo(FabricVlan("fabric/lan", "new", id="300"))
            if attempt == 1:
                with pytest.raises(UcsException, match="Not now"):
                    handle.commit()
            else:
                handle.commit()
        assert handle.query_dn("fabric/lan/net-new").id == "77"
    assert "BEGIN CERTIFICATE" in authority.read_text()


def test_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [
        "ucs_manager", "--expire-after", "3", "--delay", "1.5", "--drop", "configConfMos", "after",
        "--drop", "aaaLogin", "before", "--login-version", "", "--redirect", "https://localhost/nuova"])
    made = failures(arguments())
    assert (made.expire_after, made.delay, made.version, made.redirect) == (3, 1.5, "", "https://localhost/nuova")
    assert made.drop == {"configConfMos": "after", "aaaLogin": "before"}
    assert made.second_writer is None


def test_http_has_no_authority(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["ucs_manager", "--http", "--authority", "file"])
    with pytest.raises(SystemExit):
        arguments()
    assert "there is no certificate with --http" in capsys.readouterr().err
