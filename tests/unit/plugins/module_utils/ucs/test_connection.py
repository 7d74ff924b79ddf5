# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between a module and UCS Manager: one clear message each, nothing half done, no password shown."""

from __future__ import annotations

import http.server
import importlib
import json
import socket
import ssl
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.ucs import manager
from ansible_collections.nfv.kvm.plugins.modules import ucs_dynamic_vnic_policy, ucs_port_profile, ucs_port_profile_info
from ansible_collections.nfv.kvm.tests.ucs_manager import certificate, errors
from ansible_collections.nfv.kvm.tests.ucs_manager.errors import UcsmError
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result
from ansible_collections.nfv.kvm.tests.unit.runucs import PASSWORD, Ucs

CHANGE: Result = {"name": "web", "descr": "changed", "vlans": [{"name": "db"}]}
PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy")
MODULES = [(ucs_port_profile, CHANGE), (ucs_port_profile_info, {}), (ucs_dynamic_vnic_policy, {"name": "fex"})]


@pytest.fixture(params=MODULES, ids=["profile", "info", "policy"])
def given(request: pytest.FixtureRequest) -> t.Any:
    return request.param


def test_wrong_password(ucs: Ucs, given: t.Any) -> None:
    module, params = given
    result = ucs.refused(module, "UCS Manager 127.0.0.1: it refused the login of user admin: Authentication failed "
                         "(error 551). Check username and password", **params, password="wrong one")
    assert "wrong one" not in json.dumps(result)
    ucs.refused(module, "it refused the login of user somebody", **params, username="somebody")
    assert set(ucs.server.requests) == {"aaaLogin"}


@pytest.mark.parametrize("requests", range(6))
def test_session_expires_in_the_middle(ucs: Ucs, given: t.Any, requests: int) -> None:
    module, params = given
    ucs.server.failures.expire_after = requests
    before = ucs.content()
    result = ucs.run(module, **params)
    if ucs.server.failures.expire_after is not None:
        assert not result.get("failed")
        return
    assert result["failed"]
    # ucsmsdk hides what answered its first request after the login.
    assert ("the session ended during the run: Authorization required (error 552). Run this again"
            if requests else "or it has ended the session") in result["msg"]
    assert ucs.server.requests.count("aaaLogin") == 1
    assert "configConfMos" in ucs.server.requests or ucs.content() == before


def test_session_expires_at_the_commit(ucs: Ucs) -> None:
    for number in range(20):
        ucs.server.requests.clear()
        ucs.server.failures.expire_after = number
        before = ucs.content()
        result = ucs.run(ucs_port_profile, **CHANGE)
        if ucs.server.requests[-2:] == ["configConfMos", "aaaLogout"]:
            assert "(error 552)" in result["msg"]
            assert not result["changed"]
            assert ucs.content() == before
            return
    raise AssertionError("no session ended at the commit")


@pytest.mark.parametrize(("kind", "told", "remedy"), [
    (certificate.OTHER_NAME, "IP address mismatch, certificate is not valid for '127.0.0.1'",
     "Set hostname to a name that the certificate has"),
    (certificate.SELF_SIGNED, "self-signed certificate", "SSL_CERT_FILE"),
    (certificate.EXPIRED, "certificate has expired", "Check the controller's clock, and renew"),
])
def test_refused_certificate(
    monkeypatch: pytest.MonkeyPatch, given: t.Any, kind: str, told: str, remedy: str
) -> None:
    module, params = given
    with UcsManager(password=PASSWORD, certificate=kind) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        ucs = Ucs(server)
        result = ucs.refused(module, f"UCS Manager 127.0.0.1: its certificate is not trusted: {told}", **params)
        assert remedy in result["msg"]
        assert "validate_certs: false" in result["msg"]
        assert server.requests == [], "the password has been sent"
        assert not ucs.run(module, **params, validate_certs=False).get("failed")


def test_unknown_authority(ucs: Ucs, monkeypatch: pytest.MonkeyPatch, given: t.Any) -> None:
    module, params = given
    monkeypatch.delenv("SSL_CERT_FILE")
    ucs.refused(module, "its certificate is not trusted: unable to get local issuer certificate", **params)
    assert ucs.server.requests == []


def test_unreachable(ucs: Ucs, given: t.Any) -> None:
    module, params = given
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ucs.refused(module, "UCS Manager 127.0.0.1: it cannot be reached: Connection refused. Check hostname and port",
                    **params, port=free.getsockname()[1])


@pytest.mark.parametrize(("proxy", "no_proxy", "told"), [
    ("http://127.0.0.1:1", "", "it cannot be reached through the proxy of https_proxy: Connection refused. Check the "
     "env"),
    ("http://proxy.invalid:1", "", "it cannot be reached through the proxy of https_proxy: "),
    ("http://127.0.0.1:1", "127.0.0.1", ""),
])
def test_proxy(ucs: Ucs, monkeypatch: pytest.MonkeyPatch, proxy: str, no_proxy: str, told: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("no_proxy", no_proxy)
    if told:
        result = ucs.refused(ucs_port_profile, told, **CHANGE)
        assert "no_proxy" in result["msg"]
    else:
        assert ucs.run(ucs_port_profile, **CHANGE)["changed"]


def test_proxy_of_http(ucs: Ucs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    ucs.refused(ucs_port_profile, "through the proxy of http_proxy: ", **CHANGE, secure=False)


def test_name_without_an_address(ucs: Ucs, given: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    for variable in PROXIES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    module, params = given
    ucs.refused(module, "UCS Manager ucs.invalid: its name cannot be resolved: Name or service not known", **params,
                hostname="ucs.invalid")


def test_timeout(ucs: Ucs, given: t.Any) -> None:
    module, params = given
    ucs.server.failures.delay = 1.3
    before = ucs.content()
    result = ucs.run(module, **params, timeout=1)
    assert "UCS Manager 127.0.0.1: it did not answer within 1 seconds" in result["msg"]
    assert not result.get("changed")
    assert ucs.content() == before


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["aaaLogin", "configResolveClass", "configResolveDn", "configResolveDns",
                                    "configResolveClasses", "configConfMos", "aaaLogout"])
def test_connection_drops(ucs: Ucs, method: str, when: str) -> None:
    ucs.server.failures.drop[method] = when
    before = ucs.content()
    result = ucs.run(ucs_port_profile, **CHANGE)
    if method == "aaaLogout":
        assert result["changed"]
        return
    assert result["failed"]
    assert "it closed the connection without a complete answer" in result["msg"]
    done = ucs.content() != before
    assert done is (method == "configConfMos" and when == "after")
    assert ("Whether it has changed port profile web is unknown. Run this again: it reads first" in result["msg"]) is (
        method == "configConfMos")
    assert ucs.server.requests[-1:] == ([] if (method, when) == ("aaaLogin", "before") else
                                        ["aaaLogin"] if method == "aaaLogin" else ["aaaLogout"])


@pytest.mark.parametrize(("fault", "details", "told"), [
    (errors.RULE, {"detail": "of two\n  lines.\n"}, "it refused to change port profile web: of two lines (error 150)."),
    (errors.RULE, {"detail": "VLAN db is isolated"}, "it refused to change port profile web: VLAN db is isolated"),
    (errors.ACCESS, {"kind": "vnicProfile", "privileges": "read-only"}, "Access denied: class:vnicProfile is not for"),
    (errors.NOT_FOUND, {"action": "modify", "dn": "x"}, "no longer exists, another writer may have removed it"),
    (errors.PARSE, {"detail": "unknown attribute"}, "(error ERR-xml-parse-error)"),
    (errors.AUTHORIZATION, {}, "the session ended during the run"),
])
def test_error_on_commit(ucs: Ucs, fault: errors.Fault, details: dict[str, str], told: str) -> None:
    ucs.server.failures.commit_errors.append(UcsmError(fault, **details))
    result = ucs.refused(ucs_port_profile, told, **CHANGE)
    assert f"(error {fault.code})" in result["msg"]
    assert ucs.server.requests[-2:] == ["configConfMos", "aaaLogout"]


@pytest.mark.parametrize(("answer", "known"), [
    (b"<configConfMos", False), (b"Welcome", False), (b'<error errorCode="ERR-x" errorDescr="no"/>', True),
])
def test_unreadable_answer_to_a_commit(
    ucs: Ucs, monkeypatch: pytest.MonkeyPatch, answer: bytes, known: bool
) -> None:
    handle = ucs.server.api.handle
    monkeypatch.setattr(ucs.server.api, "handle", lambda body: handle(body) if b"configConfMos" not in body else answer)
    result = ucs.refused(ucs_port_profile, "UCS Manager 127.0.0.1", **CHANGE)
    assert ("Whether it has changed port profile web is unknown. Run this again" in result["msg"]) is not known


def test_commits_are_whole_or_not_at_all(ucs: Ucs) -> None:
    ucs.server.users["admin"] = (PASSWORD, "read-only,ls-network")  # which may change profiles, and not their VLANs
    ucs.refused(ucs_port_profile, "Access denied: class:vnicEtherIf", **CHANGE)


def test_no_session_left(ucs: Ucs) -> None:
    for _number in range(ucs.server.sessions.limit):
        ucs.server.sessions.login("admin")
    result = ucs.run(ucs_port_profile, **CHANGE)
    assert "it has no session left: User reached maximum session limit (error 572)" in result["msg"]


@pytest.mark.parametrize("version", ["", "4.0(4b)", "4.3(6.250037)", "of another form"])
def test_release(ucs: Ucs, version: str) -> None:
    ucs.server.failures.version = version
    assert ucs.run(ucs_port_profile_info)["release"] == (version or "4.2(3d)")


def test_release_that_is_nowhere(ucs: Ucs) -> None:
    ucs.server.failures.version = ""
    for dn in ("sys/fw-system", "sys/mgmt/fw-system"):
        ucs.server.tree.remove(dn)
    ucs.refused(ucs_port_profile_info, "ucsmsdk does not understand its answer")


def test_password_that_xml_has_to_escape(ucs: Ucs) -> None:
    password = "<&'\"é ]]>\\%{{ x }}"
    ucs.server.users["admin"] = (password, "admin")
    assert ucs.run(ucs_port_profile, **CHANGE, password=password)["changed"]


def test_redirects_are_not_followed(ucs: Ucs) -> None:
    ucs.server.failures.redirect = "https://192.0.2.1/nuova"
    ucs.refused(ucs_port_profile, "it redirects to https://192.0.2.1/nuova, and redirects are not followed", **CHANGE)
    assert ucs.server.requests == []


def test_http(monkeypatch: pytest.MonkeyPatch) -> None:
    with UcsManager(password=PASSWORD, secure=False) as server:
        ucs = Ucs(server)
        assert ucs.run(ucs_port_profile, **CHANGE, secure=False)["changed"]
        ucs.refused(ucs_port_profile, "UCS Manager 127.0.0.1: TLS failed: ", **{**CHANGE, "descr": "x"})


def test_https_on_a_server_that_is_asked_for_http(ucs: Ucs) -> None:
    result = ucs.refused(ucs_port_profile, "UCS Manager 127.0.0.1: it ", **CHANGE, secure=False)
    assert "Check port and secure" in result["msg"]


@pytest.mark.parametrize(("status", "body", "told"), [
    (503, b"", "it answered with HTTP status 503 Service Unavailable. Check that this is UCS Manager"),
    (404, b"", "it answered with HTTP status 404 Not Found"),
    (200, b"<html>Welcome</html>", "ucsmsdk does not understand its answer"),
    (200, b"Welcome", "ucsmsdk does not understand its answer"),
    (200, b"", "it closed the connection without a complete answer"),
    (200, b"\xff\xfe\x00", "UCS Manager 127.0.0.1: it"),
])
def test_something_else_answers(status: int, body: bytes, told: str) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        with UcsManager(password=PASSWORD, secure=False) as unused:
            ucs = Ucs(unused)
            ucs.refused(ucs_port_profile, told, **CHANGE, secure=False, port=server.server_port)
        server.shutdown()
        thread.join()


def test_trickling_answer(ucs: Ucs) -> None:
    """The time limit is for the whole of an answer, not for each of its parts."""
    def trickle(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            try:
                while True:
                    connection.sendall(b" ")
                    if pause.wait(0.2):
                        return
            except OSError:
                pass

    pause = threading.Event()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
        thread.start()
        ucs.refused(ucs_port_profile, "it did not answer within 1 seconds", **CHANGE, secure=False, timeout=1,
                    port=listener.getsockname()[1])
        pause.set()
        thread.join()


def test_ipv6_address(ucs: Ucs, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in PROXIES:
        monkeypatch.delenv(variable, raising=False)
    seen: list[t.Any] = []

    def fail(*arguments: t.Any, **_more: t.Any) -> t.NoReturn:
        seen.append(arguments[:2])
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    ucs.run(ucs_port_profile, **CHANGE, hostname="2001:db8::1", port=None)
    assert seen == [("2001:db8::1", 443)]


@pytest.mark.parametrize(("version", "told"), [
    (None, "the Python library ucsmsdk: cannot be imported by"), ("0.9.26", "library ucsmsdk = '0.9.26': is too old"),
    ("0.8", "the Python library ucsmsdk = '0.8': is too old"), ("0.10.1", ""), ("1.0", ""), ("0.9.27", ""),
])
def test_ucsmsdk(ucs: Ucs, monkeypatch: pytest.MonkeyPatch, version: str | None, told: str) -> None:
    if version is None:
        monkeypatch.setitem(sys.modules, "ucsmsdk", None)
    else:
        monkeypatch.setattr(importlib.import_module("ucsmsdk"), "__version__", version)
    if told:
        result = ucs.refused(ucs_port_profile, told, **CHANGE)
        assert "-m pip install 'ucsmsdk>=0.9.27'" in result["msg"]
        assert result["error"]["type"] == "DependencyMissing"
        assert ucs.server.requests == []
    else:
        assert ucs.run(ucs_port_profile, **CHANGE)["changed"]


def test_a_session_that_was_made_is_ended_whatever_happens(ucs: Ucs) -> None:
    def interrupted() -> None:
        with manager.UcsManager({**ucs.connection, "secure": True, "validate_certs": True}) as connection:
            connection.one("sys")
            assert len(ucs.server.sessions) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not len(ucs.server.sessions)


def test_modules_are_imported_without_ucsmsdk() -> None:
    """What `ansible-doc` and ansible-test need; a whole process, for here it has been imported."""
    code = ("import sys\nsys.modules['ucsmsdk'] = None\n"
            "from ansible_collections.nfv.kvm.plugins.modules import ucs_port_profile, ucs_port_profile_info, "
            "ucs_dynamic_vnic_policy")
    path = str(next(place for place in map(Path, sys.path) if (place / "ansible_collections/nfv/kvm").exists()))
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": path})


def test_context_verifies() -> None:
    driver = importlib.import_module("ansible_collections.nfv.kvm.plugins.module_utils.ucs.driver")
    contexts = {verify: next(handler._context for handler in driver.Driver("x", verify)._opener.handlers
                             if hasattr(handler, "_context")) for verify in (True, False)}
    assert (contexts[True].verify_mode, contexts[True].check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (contexts[False].verify_mode, contexts[False].check_hostname) == (ssl.CERT_NONE, False)
    assert contexts[True].minimum_version >= ssl.TLSVersion.TLSv1_2
