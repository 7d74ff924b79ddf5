# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To define what the user wrote, to record what libvirt makes of it, and to tell the user."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import (
    Difference,
    after_changes,
    normalised,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.definition import merged_definition
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import NAMESPACE, PREFIX, write_record
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.secrets import HIDDEN, is_secret
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.steps import Define
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


@dataclass(frozen=True)
class DefineRecorded(Define):
    """Define what the user wrote, and record what libvirt makes of it.

    A run that ends between the two leaves the record of before; what that does not know is compared by meaning.

    :param wanted: the user's XML
    """

    wanted: Element = field(repr=False, compare=False)

    def apply(self, host: Host) -> None:
        super().apply(host)
        domain = self.connection.domain(self.name)
        text = domain.definition()
        if text is not None:  # else somebody has just removed it
            element = write_record(self.wanted, xml.parse(text, f"domain {self.name}"))
            domain.set_metadata("record its definition", xml.serialise(element), PREFIX, NAMESPACE, live=False)


def define(connection: Connection, name: str, wanted: Element, current: Element | None,
           changes: list[Difference]) -> DefineRecorded:
    """What sets a definition to the user's XML.

    :param current: the definition now, None without one
    """
    why = ("define",) if current is None else tuple(map(str, changes))
    return DefineRecorded(connection, name, xml.serialise(merged_definition(wanted, current)), why, wanted)


def shown(wanted: Element, definition: Element, found: list[Difference],
          changes: t.Collection[Difference]) -> dict[str, str]:
    """Those parts of a definition that the user wrote, or that change; of a secret, that it changes.

    :param found: what still is to be changed
    :param changes: what a plan changes, which the definition does not have yet
    """
    said = after_changes(flatten(definition), changes)
    strange = {change.path for change in found}
    paths = {*flatten(wanted), *strange, *(change.path for change in changes)}
    hidden = {path: "(hidden, another value)" if path in strange else HIDDEN for path in said}
    return {path: hidden[path] if is_secret(path) else said[path] for path in sorted(paths) if path in said}


def warnings(name: str, wanted: Element, definition: Element) -> list[str]:
    """What libvirt did not take over as the user wrote it, a sentence each."""
    found = []
    for change in normalised(wanted, definition):
        written = "" if is_secret(change.path) or not change.before else f" = {change.before}"
        became = "dropped it" if change.after is None else "changed it" + (
            "" if is_secret(change.path) else f" to {change.after}")
        found.append(f"domain {name}: xml has {change.path}{written}, but libvirt {became}")
    return found
