# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of Cisco's client, and what a session's cookie is good for."""

from __future__ import annotations

from typing import Any

import pytest
from ucsmsdk import ucsmethodfactory as factory
from ucsmsdk.ucsexception import UcsException
from ucsmsdk.ucshandle import UcsHandle

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.ucs_manager.sdk import client


def code(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value.error_code)


def test_login_and_logout(ucsm: UcsManager) -> None:
    handle = client(ucsm)
    assert handle.login()
    assert (str(handle.version), handle.ucs, handle.refresh_period) == ("4.2(3d)", "ucs-test", 600)
    assert (handle.priv, handle.domains, handle.name) == ("admin,read-only", "org-root", "admin")
    assert ucsm.requests == ["aaaLogin", "configResolveClass", "configResolveDn"]
    assert len(ucsm.sessions) == 1
    assert handle.logout()
    assert len(ucsm.sessions) == 0


@pytest.mark.parametrize("given", [{"password": "wrong"}, {"username": "nobody"}])
def test_authentication_fails(ucsm: UcsManager, given: dict[str, str]) -> None:
    with pytest.raises(UcsException, match="Authentication failed") as error:
        client(ucsm, **given).login()
    assert code(error) == "551"
    assert ucsm.requests == ["aaaLogin"]


def test_a_second_login_uses_the_session(ucsm: UcsManager, handle: UcsHandle) -> None:
    assert handle.login()
    assert len(ucsm.sessions) == 1
    assert handle.login(force=True)
    assert len(ucsm.sessions) == 1
    assert ucsm.requests.count("aaaLogin") == 2


def test_refresh_replaces_the_cookie(handle: UcsHandle) -> None:
    before = handle.cookie
    assert handle._refresh()
    handle._UcsSession__stop_refresh_timer()
    assert handle.cookie != before
    assert handle.query_dn("sys")
    answer = handle.post_xml(f'<configResolveDn cookie="{before}" dn="sys"/>'.encode())
    assert 'errorCode="552"' in answer


def test_keep_alive(handle: UcsHandle) -> None:
    assert handle.post_elem(factory.aaa_keep_alive(handle.cookie)).error_code == 0


def test_a_session_ends(ucsm: UcsManager, handle: UcsHandle) -> None:
    now = ucsm.sessions.clock()
    ucsm.sessions.clock = lambda: now + 7000
    assert handle.is_valid()
    ucsm.sessions.clock = lambda: now + 7300
    with pytest.raises(UcsException, match="Authorization required") as error:
        handle.query_dn("sys")
    assert code(error) == "552"
    assert handle.login(), "Cisco's client logs in again where its cookie is no longer good"


def test_a_refreshed_session_lives_on(ucsm: UcsManager, handle: UcsHandle) -> None:
    now = ucsm.sessions.clock()
    ucsm.sessions.clock = lambda: now + 7000
    assert handle._refresh()
    handle._UcsSession__stop_refresh_timer()
    ucsm.sessions.clock = lambda: now + 14000
    assert handle.is_valid()


def test_sessions_of_a_user_are_limited(ucsm: UcsManager) -> None:
    ucsm.users["other"] = ("secret", "read-only")
    handles = [client(ucsm) for _number in range(32)]
    for handle in handles:
        handle.login()
    with pytest.raises(UcsException, match="maximum session limit") as error:
        client(ucsm).login()
    assert code(error) == "572"
    assert client(ucsm, username="other").login()
    handles[0].logout()
    assert client(ucsm).login()


def test_logout_of_a_session_that_ended(ucsm: UcsManager, handle: UcsHandle) -> None:
    ucsm.sessions.expire()
    assert handle.logout(), "Cisco's client takes error 555 for a success"


@pytest.mark.parametrize("method", ["aaaLogout", "aaaRefresh"])
def test_unknown_session(handle: UcsHandle, method: str) -> None:
    name = ' inName="admin" inPassword="secret"' if method == "aaaRefresh" else ""
    answer = handle.post_xml(f'<{method}{name} inCookie="1/2"/>'.encode())
    assert answer == f'<{method} cookie="" response="yes" errorCode="555" invocationResult="unidentified-fail" ' \
        'errorDescr="Session not found"/>'


def test_refresh_with_a_wrong_password(handle: UcsHandle) -> None:
    answer = handle.post_xml(
        f'<aaaRefresh inName="admin" inPassword="no" inCookie="{handle.cookie}"/>'.encode())
    assert 'errorCode="551"' in answer
    assert handle.is_valid()
