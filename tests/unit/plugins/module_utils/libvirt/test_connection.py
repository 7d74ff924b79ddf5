# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is missing or does not answer."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection, xml
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    FakeLibrary,
    FakeLibvirt,
    FakeLibvirtError,
)


def test_missing_libraries_name_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    monkeypatch.setitem(sys.modules, "lxml.etree", None)
    with pytest.raises(DependencyMissing, match="Install python3-libvirt"):
        connection.connect("qemu:///system")
    with pytest.raises(DependencyMissing, match="Install python3-lxml"):
        xml.parse("<a/>")


def test_an_uri_without_libvirt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", FakeLibrary(FakeLibvirt()))
    with pytest.raises(CommandFailed, match="libvirt at nowhere:///: cannot be reached: no connection driver"):
        connection.connect("nowhere:///")
    assert connection.connect("qemu:///system").version() == 11_003_000


def test_an_error_of_libvirt_is_one_of_ours() -> None:
    opened = FakeLibvirt().connection()
    with pytest.raises(CommandFailed, match="domain a: libvirt cannot define it: no space left"), \
            opened.answering("domain a", "define it"):
        raise FakeLibvirtError("no space left.")


@pytest.mark.parametrize(("entry", "shown"), [
    ("on", "error 3 during port-profile setlink on interface enp1s0"),
    ("3", "error 3 during port-profile setlink on interface enp1s0"),
    ("setlink", "error 3 during port-profile (hidden) on interface enp1s0"),
    ("key=error", "(hidden) 3 during port-profile setlink on interface enp1s0"),
])
def test_secrets_are_hidden_and_the_remedy_stays(entry: str, shown: str) -> None:
    """A value that is a word of the message hides that word, unless it is too short to be a secret."""
    opened = FakeLibvirt().connection()
    opened.known("<domain type='kvm'><name>a</name><sysinfo type='smbios'><system>"
                 f"<entry name='serial'>{entry}</entry></system></sysinfo></domain>")
    with pytest.raises(CommandFailed) as told, opened.answering("domain a", "start it"):
        raise FakeLibvirtError("error 3 during port-profile setlink on interface enp1s0")
    assert told.value.cause == f"libvirt cannot start it: {shown}"
    assert "it does not know the VSI type" in told.value.remedy
