# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are none: XML that is broken, hostile or unknown."""

from __future__ import annotations

import http.client

import pytest

from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager

BOMB = '<!DOCTYPE a [<!ENTITY x "{}"><!ENTITY y "&x;&x;">]><aaaLogin inName="admin" inPassword="secret">&y;</aaaLogin>'
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><aaaLogin inName="&x;" inPassword="secret"/>'


def post(ucsm: UcsManager, body: str, path: str = "/nuova", method: str = "POST") -> tuple[int, str]:
    connection = http.client.HTTPConnection(ucsm.hostname, ucsm.port, timeout=5)
    connection.request(method, path, body)
    with connection.getresponse() as response:
        answer = response.status, response.read().decode()
    connection.close()
    return answer


@pytest.mark.parametrize(("body", "detail"), [
    ("", "Document is empty"),
    ("cookie=1", "Start tag expected"),
    ("<aaaLogin>", "Premature end"),
    ("<aaaLogin/><aaaLogin/>", "Extra content"),
    (FILE, "external entity"),
    ("<aaaLogout colour='red'/>", "unknown attribute 'colour' in element 'aaaLogout'"),
    ("<aaaLogout outStatus='success'/>", "unknown attribute 'outStatus'"),
    ("<aaaLogout><inConfig/></aaaLogout>", "unknown element 'inConfig' in element 'aaaLogout'"),
    ("<!DOCTYPE aaaLogout><aaaLogout/>", "a document type is not allowed"),
    ("<aaaLogoff/>", "no class named aaaLogoff"),
    ("<AaaLogout/>", "no class named AaaLogout"),
    ("<lsClone/>", "does not implement lsClone"),
])
def test_refused(ucsm: UcsManager, body: str, detail: str) -> None:
    status, answer = post(ucsm, body)
    assert status == 200
    assert answer.startswith('<error cookie="" response="yes" errorCode="ERR-xml-parse-error" invocationResult="594"')
    assert detail in answer
    assert "root:" not in answer


def test_entities_stay_what_they_are(ucsm: UcsManager) -> None:
    status, answer = post(ucsm, BOMB.format("x" * 1000))
    assert status == 200
    assert "a document type is not allowed" in answer
    assert "xxx" not in answer


@pytest.mark.parametrize(("method", "element"), [
    ("configConfMo", "inConfig"), ("configConfMos", "inConfigs"), ("configResolveDns", "inDns"),
    ("configResolveClasses", "inIds")])
def test_elements_that_are_needed(ucsm: UcsManager, method: str, element: str) -> None:
    _status, login = post(ucsm, '<aaaLogin inName="admin" inPassword="secret"/>')
    cookie = login.split('outCookie="')[1].split('"')[0]
    assert f"Required element '{element}' missing" in post(ucsm, f'<{method} cookie="{cookie}"/>')[1]


def test_other_addresses(ucsm: UcsManager) -> None:
    assert post(ucsm, "", "/")[0] == 404
    assert post(ucsm, "", method="GET")[0] == 501
