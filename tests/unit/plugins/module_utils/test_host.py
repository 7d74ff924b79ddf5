# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a host replaces whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host


class Killed(BaseException):
    """Nothing that a run does comes after it."""


@pytest.mark.parametrize("name", ["record.json", "x" * 255, "\U0001f600" * 63])
def test_what_a_killed_run_left_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def kill(_new: str, _target: str) -> None:
        raise Killed

    host = Host(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", kill)
        patch.setattr(os, "unlink", lambda path: None)
        with pytest.raises(Killed):
            host.replace(f"/etc/{name}", "half", 0o600)
    assert len(host.names("/etc")) == 1
    host.replace(f"/etc/{name}", "whole", 0o640)
    assert host.names("/etc") == [name]
    assert host.read(f"/etc/{name}") == "whole"
    assert (tmp_path / "etc" / name).stat().st_mode & 0o777 == 0o640


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine", encoding="utf-8")
    (tmp_path / ".nfv-kvm-file").symlink_to("precious")
    Host(str(tmp_path)).replace("/file", "new", 0o600)
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "file").is_symlink()
