# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test can let go wrong, as Cisco's client meets it."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import urllib.error

import pytest
from ucsmsdk.mometa.fabric.FabricVlan import FabricVlan
from ucsmsdk.ucsexception import UcsException
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager import certificate
from ansible_collections.nfv.kvm.tests.ucs_manager.errors import RULE, UcsmError
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.ucs_manager.sdk import client


def add_vlan(handle: UcsHandle) -> None:
    handle.add_mo(FabricVlan("fabric/lan", "new", id="300"), modify_present=True)
    handle.commit()


def test_session_ends_in_the_middle(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.failures.expire_after = 2
    assert handle.query_dn("sys")
    assert handle.query_dn("sys")
    with pytest.raises(UcsException, match="Authorization required"):
        add_vlan(handle)
    assert ucsm.tree.get("fabric/lan/net-new") is None
    assert handle.login()
    add_vlan(handle)


def test_commits_fail(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.failures.commit_errors.append(UcsmError(RULE, detail="The fabric is busy"))
    with pytest.raises(UcsException, match="The fabric is busy") as error:
        add_vlan(handle)
    assert error.value.error_code == "150"
    assert ucsm.tree.get("fabric/lan/net-new") is None
    add_vlan(handle)


def test_slow_answers(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.failures.delay = 0.2
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        handle.query_dn("sys", timeout=0.05)
    assert handle.query_dn("sys", timeout=5)


@pytest.mark.parametrize(("when", "changed"), [("before", False), ("after", True)])
def test_connection_drops(ucsm: UcsManager, handle: UcsHandle, when: str, changed: bool) -> None:
    ucsm.failures.drop["configConfMos"] = when
    with pytest.raises(http.client.RemoteDisconnected):
        add_vlan(handle)
    assert bool(ucsm.tree.get("fabric/lan/net-new")) == changed
    assert handle.query_dn("sys")


@pytest.mark.parametrize(("version", "seen"), [("", "4.2(3d)"), ("9.9(9z)", "9.9(9z)")])
def test_version_of_the_login(ucsm: UcsManager, version: str, seen: str) -> None:
    ucsm.failures.version = version
    handle = client(ucsm)
    handle.login()
    assert str(handle.version) == seen
    assert ucsm.requests.count("configResolveDn") == (2 if seen == "4.2(3d)" else 1)


def test_version_that_is_none(ucsm: UcsManager) -> None:
    ucsm.failures.version = "unknown"
    handle = client(ucsm)
    handle.login()
    assert handle.version.major is None


def test_redirect(ucsm: UcsManager) -> None:
    with UcsManager() as secure:
        ucsm.failures.redirect = f"https://{secure.hostname}:{secure.port}/nuova"
        assert client(ucsm).login()
        assert (len(ucsm.sessions), len(secure.sessions)) == (0, 1)


def test_second_writer(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.failures.second_writer = lambda tree: tree.set("fabric/lan/net-new", id="301")
    add_vlan(handle)
    assert handle.query_dn("fabric/lan/net-new").id == "301"
    add_vlan(handle)
    assert handle.query_dn("fabric/lan/net-new").id == "300"


def test_a_defect_is_not_hidden() -> None:
    stack = contextlib.ExitStack()
    ucsm = stack.enter_context(UcsManager(secure=False))
    ucsm.failures.second_writer = lambda tree: tree.set("fabric/lan/net-none", id="301")
    handle = client(ucsm)
    handle.login()
    with pytest.raises(http.client.RemoteDisconnected):
        add_vlan(handle)
    with pytest.raises(RuntimeError, match="has a defect"):
        stack.close()


def test_https() -> None:
    with UcsManager() as ucsm:
        handle = client(ucsm)
        handle.login()
        add_vlan(handle)
        assert ucsm.tree.get("fabric/lan/net-new")


@pytest.mark.parametrize(("kind", "reason"), [
    (certificate.GOOD, None),
    (certificate.OTHER_NAME, "IP address mismatch"),
    (certificate.SELF_SIGNED, "self.signed certificate"),
    (certificate.EXPIRED, "certificate has expired"),
])
def test_certificates(kind: str, reason: str | None) -> None:
    with UcsManager(certificate=kind) as ucsm:
        context = ssl.create_default_context(cafile=ucsm.certificate)
        connection = http.client.HTTPSConnection(ucsm.hostname, ucsm.port, context=context, timeout=5)
        if reason is None:
            connection.request("POST", "/nuova", "<aaaKeepAlive/>")
            with connection.getresponse() as response:
                assert b"Authorization required" in response.read()
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match=reason):
                connection.connect()
        connection.close()
        assert client(ucsm).login(), "Cisco's client looks at no certificate"


def test_a_silent_client_keeps_nobody_waiting() -> None:
    with UcsManager() as ucsm, socket.create_connection((ucsm.hostname, ucsm.port)) as silent:
        assert client(ucsm).login()
        silent.close()
