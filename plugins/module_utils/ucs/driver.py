# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests reach UCS Manager: what ucsmsdk.ucsdriver does, with TLS that is verified and a time limit.

ucsmsdk's own driver opens HTTPS with a bare SSLContext: it verifies neither the certificate nor the name, falls back to
TLS 1.0, and sends a request again, with its password, to wherever it is redirected.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import typing as t
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener, getproxies, proxy_bypass

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, KvmError

CHUNK = 1 << 16
# What to do about a certificate, by OpenSSL's verify codes: not yet valid, expired, another name, another address.
DATES = "Check the controller's clock, and renew the key ring's certificate in UCS Manager"
NAMES = "Set hostname to a name that the certificate has"
CERTIFICATE_REMEDIES = {9: DATES, 10: DATES, 62: NAMES, 64: NAMES}


class NoRedirect(HTTPRedirectHandler):
    """Follow nothing: a redirect is an HTTPError, whose address is shown."""

    def redirect_request(self, *_request: t.Any) -> None:
        return None


class Driver:
    """What ucsmsdk.ucssession uses of a UcsDriver.

    ``failure``: the last error of the transport, since ucsmsdk replaces it by one of its own during the login

    :param subject: what messages call UCS Manager
    """

    redirect_uri = None

    def __init__(self, subject: str, verify: bool) -> None:
        self.subject = subject
        self.failure: KvmError | None = None
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._opener = build_opener(NoRedirect, HTTPSHandler(context=context))

    def post(self, uri: str, data: bytes | None = None, dump_xml: bool = False, read: bool = True,
             timeout: float | None = None) -> str:
        """Send a request, and return the answer.

        :raises KvmError: there is none
        """
        try:
            answer = self._answer(Request(uri, data=data), float(timeout or 30))
            if not answer:  # ucsmsdk breaks on it
                raise http.client.IncompleteRead(b"")
            return answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.failure = self._explain(error, timeout, _proxy_of(uri))
            raise self.failure from error

    def _answer(self, request: Request, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        chunks: list[bytes] = []
        with self._opener.open(request, timeout=timeout) as response:
            while True:
                chunk = response.read1(CHUNK)
                if not chunk:
                    return b"".join(chunks).decode("utf-8")
                chunks.append(chunk)
                if time.monotonic() > deadline:
                    raise socket.timeout

    def _explain(self, error: Exception, timeout: float | None, proxy: str) -> KvmError:
        """What went wrong, as far as the exception tells.

        :param proxy: the environment variable of the proxy that the request went to, empty without one
        """
        reason = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
        if isinstance(error, HTTPError):
            error.close()
            return self._of_status(error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            remedy = CERTIFICATE_REMEDIES.get(reason.verify_code, (
                "Add the CA of UCS Manager to the controller's trust store, or name its file in the environment "
                "variable SSL_CERT_FILE"))
            return CommandFailed(self.subject, f"its certificate is not trusted: {reason.verify_message}",
                                 remedy=f"{remedy}; validate_certs: false accepts any certificate")
        if isinstance(reason, ssl.SSLError):
            return CommandFailed(self.subject, f"TLS failed: {reason.reason or reason}",
                                 remedy="Check port and secure; UCS Manager must offer TLS 1.2 or later")
        if isinstance(reason, (socket.timeout, TimeoutError)):
            return CommandFailed(self.subject, f"it did not answer within {timeout:g} seconds",
                                 remedy="Check that it is up and reachable, or give a longer timeout")
        if isinstance(reason, socket.gaierror) and not proxy:
            return CommandFailed(self.subject, f"its name cannot be resolved: {reason.strerror}",
                                 remedy="Check hostname and the controller's DNS")
        if isinstance(reason, (http.client.HTTPException, ConnectionResetError, BrokenPipeError)):
            return CommandFailed(self.subject, "it closed the connection without a complete answer",
                                 remedy="Check port and secure, and whether UCS Manager restarts")
        cause = getattr(reason, "strerror", None) or str(reason)
        if proxy:
            return CommandFailed(self.subject, f"it cannot be reached through the proxy of {proxy}: {cause}",
                                 remedy=f"Check the environment variable {proxy}, or add the hostname to no_proxy")
        return CommandFailed(self.subject, f"it cannot be reached: {cause}",
                             remedy="Check hostname and port, and that no firewall blocks the controller")

    def _of_status(self, error: HTTPError) -> KvmError:
        """An answer that is not XML of UCS Manager."""
        location = error.headers.get("Location") if 300 <= error.code < 400 else None
        if location:
            return CommandFailed(self.subject, f"it redirects to {location}, and redirects are not followed",
                                 remedy="Set hostname, port and secure to that address")
        return CommandFailed(self.subject, f"it answered with HTTP status {error.code} {error.reason}",
                             remedy="Check that this is UCS Manager and that it has completely started")


def _proxy_of(uri: str) -> str:
    """The environment variable of the proxy that a request goes to, empty without one."""
    parts = urlsplit(uri)
    return f"{parts.scheme}_proxy" if parts.scheme in getproxies() and not proxy_bypass(parts.netloc) else ""
