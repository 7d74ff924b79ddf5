# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The note of a move, which a domain carries in its metadata until it has arrived.

A domain that is off, and one that is defined on two hosts, do not tell by themselves which of them is the appliance.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, fields

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

NAMESPACE, PREFIX = "https://github.com/nfv-kvm/nfv.kvm/move", "nfv-kvm"
TAG = f"{{{NAMESPACE}}}move"
# Written: it is the appliance, and is to leave; it no longer is, the other one is; it is a copy that has not run.
LEAVING, LEFT, ARRIVING = "leaving", "left", "arriving"
# A note of LEAVING that came along to its own target: only a live migration that is over has it there.
ARRIVED = "arrived"


@dataclass(frozen=True)
class VfOfNic:
    """A VF of the source, and what libvirt does not manage of it; None if its driver reports nothing.

    :param mac: of the NIC that has it
    :param pf: the netdev of its PF
    :param dev: its netdev, where a macvtap is on top of it; None for a VF that the guest has
    """

    mac: str
    pf: str
    index: int
    dev: str | None = None
    trust: bool | None = None
    spoofchk: bool | None = None
    min_tx_rate: int | None = None
    max_tx_rate: int | None = None

    def settings(self) -> dict[str, t.Any]:
        """What nfv.kvm.sriov_vf is to set."""
        found = {name: getattr(self, name) for name in ("trust", "spoofchk", "min_tx_rate", "max_tx_rate")}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Note:
    """What a move has to know of a domain that is interrupted on its way.

    :param stage: LEAVING, LEFT or ARRIVING
    :param source: what its host calls itself
    :param autostart: whether it started with its host
    :param running: whether it ran
    :param shared: whether the hosts share its disks, so that none may be removed
    """

    stage: str
    source: str
    target: str
    autostart: bool
    running: bool
    shared: bool
    vfs: tuple[VfOfNic, ...] = ()


def read_note(domain: Element) -> Note | None:
    """The note in a domain's XML."""
    found = domain.find(f"metadata/{TAG}")
    if found is None:
        return None
    flags = {name: found.get(name) == "yes" for name in ("autostart", "running", "shared")}
    vfs = tuple(VfOfNic(**{name: _value(name, value) for name, value in vf.attrib.items()}) for vf in found)
    return Note(found.get("stage"), found.get("source"), found.get("target"), vfs=vfs, **flags)


def check_stays(name: str, domain: Element) -> None:
    """:raises InUse: a move of this domain was interrupted, and who changed or started it could have two of it."""
    note = read_note(domain)
    if note is not None:
        raise InUse(f"domain {name}", f"its move from {note.source} to {note.target} is not complete",
                    remedy="Run the move again (move_appliance.yml or nfv.kvm.vm_migration) to complete it, or with "
                    "source and target exchanged to revert it. If the other host is lost, run nfv.kvm.vm_migration "
                    "here with lost_host")


def _value(name: str, text: str) -> t.Any:
    kind = next(field.type for field in fields(VfOfNic) if field.name == name)
    if "int" in kind:
        return int(text)
    return text == "yes" if "bool" in kind else text


def write_note(note: Note) -> Element:
    """``<move>`` of a note, without the namespace: libvirt gives it one, and takes none that has one already."""
    made = xml.etree().Element("move")
    for name in ("stage", "source", "target", "autostart", "running", "shared"):
        made.set(name, _text(getattr(note, name)))
    for vf in note.vfs:
        child = xml.etree().SubElement(made, "vf")
        for field in fields(VfOfNic):
            if getattr(vf, field.name) is not None:
                child.set(field.name, _text(getattr(vf, field.name)))
    return made


def _text(value: t.Any) -> str:
    return str({True: "yes", False: "no"}[value] if isinstance(value, bool) else value)


def with_note(domain: Element, note: Note) -> None:
    """Put a note into a domain's XML, replacing an existing one."""
    metadata = xml.child(domain, "metadata")
    xml.remove(metadata, TAG)
    made = write_note(note)
    for element in made.iter():
        element.tag = f"{{{NAMESPACE}}}{element.tag}"
    metadata.append(made)
