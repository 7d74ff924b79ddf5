# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UCS Manager as a process, until a signal ends it. The first line that it prints is its port."""

from __future__ import annotations

import argparse
import shutil
import signal

from .certificate import GOOD, KINDS
from .errors import Fault, UcsmError
from .failures import Failures
from .server import UcsManager


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ucs_manager", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--http", action="store_true", help="HTTP instead of HTTPS")
    parser.add_argument("--model", default="UCS-FI-6248UP", help="of the fabric interconnects")
    parser.add_argument("--version", default="4.2(3d)", help="of UCS Manager")
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--privileges", default="admin,read-only")
    parser.add_argument("--certificate", choices=KINDS, default=GOOD)
    parser.add_argument("--authority", metavar="FILE", help="where to write the certificate that a client may trust")
    parser.add_argument("--sessions", type=int, default=32, help="of a user at most")
    parser.add_argument("--lifetime", type=float, default=7200, help="seconds of a session that is not refreshed")
    parser.add_argument("--expire-after", type=int, metavar="N", help="requests after which all sessions end")
    parser.add_argument("--commit-error", action="append", default=[], nargs=2, metavar=("CODE", "TEXT"),
                        help="the error of a commit, one after the other")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer")
    parser.add_argument("--drop", action="append", default=[], nargs=2, metavar=("METHOD", "before|after"),
                        help="drop the connection before or after such a request is handled")
    parser.add_argument("--login-version", metavar="TEXT", help="the version in answers to logins")
    parser.add_argument("--redirect", default="", metavar="URL", help="answer each request with this address")
    parser.add_argument("--second-writer", nargs=3, metavar=("DN", "PROPERTY", "VALUE"),
                        help="a change that follows right after the first commit")
    given = parser.parse_args()
    if given.http and given.authority:
        parser.error("--authority: there is no certificate with --http")
    return given


def failures(given: argparse.Namespace) -> Failures:
    made = Failures(
        expire_after=given.expire_after, delay=given.delay, drop=dict(given.drop), version=given.login_version,
        redirect=given.redirect,
        commit_errors=[UcsmError(Fault(code, "{detail}"), detail=text) for code, text in given.commit_error])
    if given.second_writer:
        dn, name, value = given.second_writer
        made.second_writer = lambda tree: tree.set(dn, **{name: value})
    return made


def main() -> None:
    # Before any thread starts, so that none of them takes a signal that this one waits for.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    given = arguments()
    manager = UcsManager(
        given.model, secure=not given.http, version=given.version, port=given.port, username=given.username,
        password=given.password, privileges=given.privileges, certificate=given.certificate, failures=failures(given))
    manager.sessions.limit, manager.sessions.lifetime = given.sessions, given.lifetime
    with manager:
        if given.authority:
            shutil.copyfile(manager.certificate, given.authority)
        print(manager.port, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
