# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which domains have the VFs of a PF, or may take them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_vfio
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Holder, Pf, Use, Vf

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import Entry, Ledger

# One of these is there where libvirt is installed, whether it runs or not.
LIBVIRT_FOLDERS = ("/run/libvirt", "/etc/libvirt")
# Where qemu:///system keeps its definitions, beside a folder of networks, and what runs (libvirt docs/drvqemu.rst). Who
# can read that there is no domain need not wait for libvirt, which may have to be started for the answer.
SYSTEM, DEFINITIONS, RUNNING = "qemu:///system", "/etc/libvirt/qemu", "/run/libvirt/qemu"
# The forward modes that give each NIC a device of the host, or a macvtap on top of one; the others only route.
POOL_MODES = frozenset({"hostdev", "passthrough", "bridge", "private", "vepa"})


def read_uses(host: Host, uri: str) -> tuple[Ledger, dict[str, str]]:
    """What the domains have of the host, and the definitions of the networks by name.

    Nothing on a host without libvirt. Networks are read only if a NIC is on one: an installation of libvirt
    can do without them.

    :raises DependencyMissing: there is libvirt, but no Python library for it or for XML
    :raises CommandFailed: libvirt does not answer
    """
    if not may_have_domains(host, uri):
        return (), {}
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import connect
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.ledger import read_ledger
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.handle import all_networks

    connection = connect(uri)
    uses = read_ledger(connection)
    networks = all_networks(connection) if any(entry.network for entry in uses) else []
    return uses, {network.name: network.definition() for network in networks}


def may_have_domains(host: Host, uri: str) -> bool:
    """Whether libvirt has to be asked for domains: it is installed, and no folder says that there are none."""
    if not any(host.exists(folder) for folder in LIBVIRT_FOLDERS):
        return False
    definitions = host.names(DEFINITIONS)
    return uri != SYSTEM or not definitions or any(
        name.endswith(".xml") for name in definitions + host.names(RUNNING))


def used_by(uses: Ledger, vf: Vf) -> Use | None:
    """The domain that has a VF, itself or its netdev; one that runs with it first, then by name."""
    found = sorted((entry for entry in uses if has(entry, vf)), key=lambda entry: (not entry.live, entry.domain))
    if not found:
        return None
    first = found[0]
    persistent = any(
        has(entry, vf) or bool(entry.network and entry.mac == first.mac)
        for entry in uses if entry.domain == first.domain and not entry.live
    )
    return Use(first.domain, first.mac, first.live, persistent)


def domain_holders(uses: Ledger, networks: dict[str, str], pf: Pf) -> tuple[Holder, ...]:
    """Who would lose a VF of the PF: domains that run or are defined with one, or take one of a network's pool."""
    found: dict[object, Holder] = {}
    running = set()
    for entry in sorted(uses, key=lambda entry: not entry.live):
        for vf in pf.vfs.values():
            if has(entry, vf):
                how = "running" if entry.live else "defined"
                found.setdefault((vf.index, entry.domain), Holder(vf.index, f"domain {entry.domain} ({how})"))
                if entry.live:
                    running.add((entry.domain, entry.mac))
    pools = {name: pool_of(name, text, pf) for name, text in networks.items()}
    for entry in uses:
        pool = pools.get(entry.network or "", [])
        if any(vf is not None for vf in pool) and not entry.live and (entry.domain, entry.mac) not in running:
            by = f"domain {entry.domain} (defined, through network {entry.network})"
            found[by] = Holder(pool[0] if len(pool) == 1 else None, by)
    return tuple(sorted(found.values(), key=lambda holder: (holder.vf is None, holder.vf or 0, holder.by)))


def has(entry: Entry, vf: Vf) -> bool:
    """Whether it is the VF, or a macvtap on top of its netdev."""
    by_address = entry.pci_address is not None and entry.pci_address == vf.pci_address
    return by_address or (entry.netdev is not None and entry.netdev == vf.netdev)


def refuse_other_mac(current: Pf, index: int, wanted: str | None) -> None:
    """:raises InUse: a guest has the VF, whose NIC it is by its MAC."""
    vf = current.vfs.get(index)
    if vf is None or vf.used_by is None or not vf.used_by.live or not is_vfio(vf.driver):
        return
    if wanted not in (None, vf.settings.mac, vf.used_by.mac):
        raise InUse(f"VF {index} of {current.name}", f"domain {vf.used_by.domain} runs with it as {vf.used_by.mac}, "
                    "and another MAC would interrupt its traffic",
                    wanted, "Choose another VF, or shut down that domain first")


def pool_of(name: str, text: str, pf: Pf) -> list[int | None]:
    """The devices that a network gives to NICs: a VF of the PF by its number, anything else as None."""
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml

    forward = xml.parse(text, f"network {name}").find("forward")
    if forward is None or forward.get("mode") not in POOL_MODES:
        return []
    addresses = {vf.pci_address: vf.index for vf in pf.vfs.values() if vf.pci_address}
    netdevs = {vf.netdev: vf.index for vf in pf.vfs.values() if vf.netdev}
    return [
        *(vf for listed in forward.findall("pf") if listed.get("dev") == pf.name for vf in pf.vfs),
        *(addresses.get(xml.pci_address(listed) or "") for listed in forward.findall("address")),
        *(netdevs.get(listed.get("dev")) for listed in forward.findall("interface")),
    ]
