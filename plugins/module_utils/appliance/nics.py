# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NICs of an appliance: it counts them in their order, and names them by it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, Path, Refused, Variables, Whole, number, read
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import VfSettings

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.state import NicState


@dataclass(frozen=True)
class Source:
    """What of the host a NIC is on: VF ``vf`` of ``pf``, a VF by its address, or another netdev."""

    pf: str | None = None
    vf: int | None = None
    pci_address: str | None = None
    dev: str | None = None


@dataclass(frozen=True)
class Nic(Variables):
    """A NIC as vm_interface takes it (``options``, which are passed on), with those of its options that rules read."""

    options: Whole
    subject: Path
    type: str
    name: str | None = None
    model: str | None = None
    source: Source = Source()
    vf: VfSettings = field(default_factory=VfSettings)

    @property
    def is_vf(self) -> bool:
        """Whether the appliance itself drives a VF (SR-IOV)."""
        return self.type == "hostdev"

    @property
    def link(self) -> str | None:
        """What names the link of the host that it is on."""
        return self.source.pf or self.source.pci_address or self.source.dev

    def changed(self, **options: object) -> Nic:
        """The same NIC with other options."""
        return nic_of({**self.options, **options}, self.subject)


@dataclass(frozen=True)
class Names:
    """How an appliance names its NICs.

    :param management: the names of the first ones
    :param data: the pattern of the names of all others, with ``{n}``
    :param first: the ``n`` of the first of these
    :param maximum: how many NICs the appliance can have, None if nobody knows
    """

    management: tuple[str, ...]
    data: str
    first: int
    maximum: t.Annotated[int, number(1)] | None  # without a default, for those that add to this

    def at(self, place: int) -> str:
        """The name of the NIC at a place, from 0 on."""
        number = place - len(self.management)
        return self.management[place] if number < 0 else self.data.replace("{n}", str(number + self.first))


@dataclass(frozen=True)
class NicRules(Names, Given):
    """What an appliance profile says of NICs.

    :param model: of all, but for those in ``models``, which are there by name
    :param hotplug: whether they may come and go while the appliance runs
    """

    model: str
    models: t.Mapping[str, str] = field(default_factory=dict)
    hotplug: bool = True


def nic_of(options: object, subject: str) -> Nic:
    """One NIC.

    :raises ValidationError: it has no type, or an option that rules read is of another type
    """
    return read(Nic, options, subject, "Describe the NIC with the options of nfv.kvm.vm_interface")


def on_bridge(bridge: str, subject: str, openvswitch: bool = False) -> Nic:
    """A NIC on a bridge of the host."""
    port = {"virtualport": {"type": "openvswitch"}} if openvswitch else {}
    return nic_of({"type": "bridge", "source": {"bridge": bridge}, **port}, subject)


def misplaced(given: t.Iterable[tuple[str, str | None]], names: Names) -> Refused:
    """Names of NICs that belong to another place.

    :param given: for each NIC what messages call its name, and the name if it has one
    """
    for place, (subject, name) in enumerate(given):
        if name not in (None, names.at(place)):
            yield ValidationError(
                subject, f"the appliance names its NICs in their order, and this one is {names.at(place)}", name,
                "List the NICs in the order in which the appliance numbers them, without gaps")


def ordered(interfaces: t.Sequence[object], rules: NicRules) -> list[Nic]:
    """The NICs with their names, and if they are not VFs and have no model, with that of the profile.

    :raises ValidationError: there are too many, or a name belongs to another place
    """
    nics = [nic_of(options, f"interfaces[{place}]") for place, options in enumerate(interfaces)]
    if len(nics) > (rules.maximum or len(nics)):
        raise ValidationError("interfaces", f"the appliance can have at most {rules.maximum} NICs, and these are "
                              f"{len(nics)}", None, "Remove some, or raise nics.maximum in the profile if the "
                              "appliance supports more")
    for error in misplaced(((f"{nic.subject}.name", nic.name) for nic in nics), rules):
        raise error
    named = [nic.changed(name=rules.at(place)) for place, nic in enumerate(nics)]
    return [nic if nic.is_vf or nic.model else nic.changed(model=rules.models.get(nic.name or "", rules.model))
            for nic in named]


def outlast_reboot(host: Host, nics: NicState, kept: t.Collection[str | None]) -> bool:
    """Whether the VFs of all NICs, also those below macvtaps, are there again when the host has rebooted.

    :param host: with the VFs that are planned
    :param kept: the PCI addresses of the PFs whose VFs are
    """
    sources = [item.interface for item in nics.wanted]
    vfs = [nic.source_vf or nics.below.get(nic.source_dev or "") for nic in sources]
    return all(pci.pf_of(host, vf) in kept for vf in vfs if vf is not None)
