# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions of users: each has a cookie, which a refresh replaces, and ends if nobody refreshes it.

Known: the form of the cookie, 600 seconds as the period that the answer recommends, 32 sessions of a user. That a
session lives for 7200 seconds after its last refresh is an assumption.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import AUTHORIZATION, NO_SESSION, TOO_MANY_SESSIONS, UcsmError


@dataclass
class Session:
    name: str
    number: int
    cookie: str
    ends: float


@dataclass
class Sessions:
    """The sessions of all users, by their cookies."""

    limit: int = 32
    lifetime: float = 7200
    refresh_period: int = 600
    clock: Callable[[], float] = time.monotonic
    by_cookie: dict[str, Session] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __len__(self) -> int:
        self._forget()
        return len(self.by_cookie)

    def login(self, name: str) -> Session:
        self._forget()
        if sum(session.name == name for session in self.by_cookie.values()) >= self.limit:
            raise UcsmError(TOO_MANY_SESSIONS)
        return self._keep(Session(name, next(self.numbers), "", 0))

    def refresh(self, cookie: str) -> Session:
        return self._keep(self._take(cookie))

    def logout(self, cookie: str) -> None:
        self._take(cookie)

    def check(self, cookie: str) -> Session:
        self._forget()
        if cookie not in self.by_cookie:
            raise UcsmError(AUTHORIZATION)
        return self.by_cookie[cookie]

    def expire(self) -> None:
        """End all sessions now."""
        self.by_cookie.clear()

    def _take(self, cookie: str) -> Session:
        self._forget()
        if cookie not in self.by_cookie:
            raise UcsmError(NO_SESSION)
        return self.by_cookie.pop(cookie)

    def _keep(self, session: Session) -> Session:
        session.cookie = f"{int(time.time())}/{uuid.uuid4()}"
        session.ends = self.clock() + self.lifetime
        self.by_cookie[session.cookie] = session
        return session

    def _forget(self) -> None:
        now = self.clock()
        self.by_cookie = {cookie: session for cookie, session in self.by_cookie.items() if session.ends > now}
