# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ip and ss answer of a host's netdevs, here and in other network namespaces; nothing until a test adds to it."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host


class FakeTraffic(Host):
    """A host; ``namespaces`` has the links of each other namespace by the file through which it is entered."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.addresses: list[dict[str, t.Any]] = []
        self.routes: list[dict[str, t.Any]] = []
        self.sessions = ""
        self.namespaces: dict[str, list[dict[str, t.Any]]] = {}

    def answer(self, argv: list[str]) -> Completed | None:
        """The answer of a command that reads these, None for another command."""
        if argv[:3] == ["ip", "-json", "address"]:
            return Completed(0, json.dumps(self.addresses))
        if argv[:3] == ["ip", "-json", "route"]:
            return Completed(0, json.dumps(self.routes))
        if argv[0] == "ss":
            return Completed(0, self.sessions)
        if argv[0] == "nsenter":
            assert argv[2:] == ["ip", "-json", "-details", "link", "show"]
            path = argv[1].removeprefix("--net=")
            return Completed(0, json.dumps(self.namespaces[path])) if path in self.namespaces else Completed(1)
        return None
