# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test lets go wrong. All of it can change while the server runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .errors import UcsmError
from .sessions import Sessions
from .tree import Tree


@dataclass
class Failures:
    """The ways to fail; none of them at the beginning."""

    expire_after: int | None = None
    """After so many further requests that need a session, all sessions end."""
    commit_errors: list[UcsmError] = field(default_factory=list)
    """The next commits fail with these errors, one each."""
    delay: float = 0
    """Seconds that each answer takes longer."""
    drop: dict[str, str] = field(default_factory=dict)
    """The connection drops at these methods: ``before`` the request is handled, or ``after`` it."""
    version: str | None = None
    """The outVersion of an answer to a login, instead of the version."""
    redirect: str = ""
    """Each request is answered with status 302 and this address."""
    second_writer: Callable[[Tree], object] | None = None
    """Changes the tree right after the next commit, as another administrator could."""

    def count(self, sessions: Sessions) -> None:
        if self.expire_after is None:
            return
        if self.expire_after > 0:
            self.expire_after -= 1
            return
        self.expire_after = None
        sessions.expire()

    def before_commit(self) -> None:
        if self.commit_errors:
            raise self.commit_errors.pop(0)

    def after_commit(self, tree: Tree) -> None:
        writer, self.second_writer = self.second_writer, None
        if writer:
            writer(tree)
