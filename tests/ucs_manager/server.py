# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server: HTTPS or HTTP on a free port of the loopback."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
import typing as t
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lxml import etree

from . import certificate as certificates
from .derived import derive
from .failures import Failures
from .methods import Api
from .sample import system
from .sessions import Sessions
from .tree import Tree


class UcsManager:
    """A UCS Manager that runs while it is a context.

    A test may change ``tree``, ``sessions``, ``failures`` and ``users`` at any time, and read ``requests``, the
    methods that were called. ``certificate`` is the file of the authority that a client may trust.
    """

    hostname = "127.0.0.1"

    def __init__(self, model: str = "UCS-FI-6248UP", *, secure: bool = True, version: str = "4.2(3d)", port: int = 0,
                 username: str = "admin", password: str = "secret", privileges: str = "admin,read-only",
                 certificate: str = certificates.GOOD, failures: Failures | None = None):
        self.username, self.password, self.secure = username, password, secure
        self.tree: Tree = system(model, version)
        derive(self.tree)
        self.sessions, self.failures = Sessions(), failures or Failures()
        self.users = {username: (password, privileges)}
        """Passwords and privileges by names."""
        self.api = Api(self.tree, self.sessions, self.failures, self.users, version)
        self.requests = self.api.requests
        self.kind_of_certificate = certificate
        self.certificate = ""
        self._wanted_port = port
        self._lock = threading.Lock()
        self._defect: Exception | None = None
        self._end = contextlib.ExitStack()

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def __enter__(self) -> UcsManager:
        with contextlib.ExitStack() as stack:
            self._server = stack.enter_context(Server((self.hostname, self._wanted_port), self))
            if self.secure:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                context, trusted = certificates.context(self.kind_of_certificate, folder)
                self.certificate = str(trusted)
                # The thread of a connection does its handshake, or a slow client would keep all others waiting.
                self._server.socket = context.wrap_socket(
                    self._server.socket, server_side=True, do_handshake_on_connect=False)
            thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(self._server.shutdown)
            self._end = stack.pop_all()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._end.close()
        if self._defect:
            raise RuntimeError("The UCS Manager of the tests has a defect") from self._defect

    def answer(self, body: bytes) -> bytes | None:
        """The answer to a request, or none where the connection is to drop."""
        time.sleep(self.failures.delay)
        drop = self.failures.drop.get(_method(body))
        if drop == "before":
            return None
        with self._lock:
            try:
                answer = self.api.handle(body)
            except Exception as defect:  # which would otherwise end with its thread, unseen
                self._defect = self._defect or defect
                return None
        return None if drop else answer


class Server(ThreadingHTTPServer):
    """Threads that end with the server; a client that gives up is no news."""

    daemon_threads = False

    def __init__(self, address: tuple[str, int], manager: UcsManager):
        self.manager = manager
        super().__init__(address, Handler)

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    """One request, as UCS Manager takes it: XML posted to /nuova."""

    server: Server
    timeout = 10
    """Seconds that a client may be silent, so that the server ends even if one never speaks."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.server.manager.failures.redirect:
            self._send(302, b"", Location=self.server.manager.failures.redirect)
        elif self.path != "/nuova":
            self._send(404, b"")
        else:
            answer = self.server.manager.answer(body)
            if answer is not None:
                self._send(200, answer, **{"Content-Type": "application/soap+xml"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


def _method(body: bytes) -> str:
    with contextlib.suppress(etree.XMLSyntaxError):
        return str(etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True)).tag)
    return ""
