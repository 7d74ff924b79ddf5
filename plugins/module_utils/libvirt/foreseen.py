# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt with a domain as it is planned, so that its NICs can be planned before it is defined."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain


class ForeseenDomain(Domain):
    """A domain that is to be defined. It is only read.

    :param definition: its XML then
    :param live: what it runs with, None when it does not run
    :param saved: what it is saved with, None when it is not
    :param state: one of the names of states.py
    """

    def __init__(self, name: str, uuid: str, definition: str, live: str | None, saved: str | None, state: str) -> None:
        self.name = name
        self.uuid = uuid
        self._definition = definition
        self._live = live
        self._saved = saved
        self._state = state

    def definition(self) -> str | None:
        return self._definition

    def live_xml(self) -> str | None:
        return self._live

    def saved_xml(self) -> str | None:
        return self._saved

    def state(self) -> str:
        return self._state


class ForeseenConnection(Connection):
    """A connection that has the domain; all else is as it is."""

    def __init__(self, connection: Connection, domain: ForeseenDomain) -> None:
        super().__init__(connection.handle, connection.library)
        self._domains = connection._domains  # whose secrets are not to be shown
        self._foreseen = domain

    def find(self, name: str) -> Domain | None:
        return self._foreseen if name == self._foreseen.name else super().find(name)
