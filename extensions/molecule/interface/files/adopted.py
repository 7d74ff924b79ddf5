"""Domains that others have made: to ask for what their NICs have changes nothing, to ask for one other thing changes
that alone. Run on hosts of the lab, which have libvirt and VFs: adopted.py FOLDER HOST HOSTS PF...

The domains are of two sources: hundreds of seeds (adopted_domains.py), and the XML files below FOLDER. They are shared
out among HOSTS hosts; HOST is the number of this one, from 0."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch
from uuid import NAMESPACE_DNS, uuid5

import libvirt
from lxml import etree

from ansible_collections.nfv.kvm.extensions.molecule.interface.files.adopted_asked import Element, Given, asked, given
from ansible_collections.nfv.kvm.extensions.molecule.interface.files.adopted_changes import (
    CHANGES,
    differences,
    nics_of,
)
from ansible_collections.nfv.kvm.extensions.molecule.interface.files.adopted_domains import (
    KINDS,
    MODES,
    Domain,
    Sources,
)
from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import connection as module_connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.guest_pci import topology
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface import plan
from ansible_collections.nfv.kvm.tests.unit.runmodule import run

SEEDS = 270
# Of those, libvirt 9.0 with QEMU 7.2 accepts fewer than later ones.
LEAST = 250
URI = "qemu:///system"
# Networks that NICs are on, where the host has none of that name
NETWORKS = {
    "default": "<forward mode='nat'/><bridge name='virbr7'/><ip address='192.0.2.1' netmask='255.255.255.0'/>",
    "lan": "<forward mode='bridge'/><bridge name='br-mgmt'/><portgroup name='red'/><portgroup name='blue'/>",
    "ovs": "<forward mode='bridge'/><bridge name='ovsbr0'/><virtualport type='openvswitch'/>",
    "pool": "<forward mode='hostdev' managed='yes'><pf dev='{pf}'/></forward>",
}
# What libvirt can define NICs on, and the host of a lab need not have
CLAIMED = {
    "/sys/class/net/ovsbr0": "", "/sys/class/net/ovsbr1": "", "/sys/class/net/tap7": "", "/dev/vhost-vdpa-0": "",
    "/dev/vhost-vdpa-1": "", "/sys/class/net/enp1s0.100": "", "/proc/net/vlan/enp1s0.100": "enp1s0.100  VID: 100",
}


class Claiming(Host):
    """The host, with all that NICs can be connected to."""

    def exists(self, path: str) -> bool:
        return path in CLAIMED or super().exists(path)

    def read(self, path: str) -> str | None:
        return CLAIMED.get(path) or super().read(path)

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        return Completed(0) if argv[0] == "ovs-vsctl" else super().run(argv, stdin, timeout)


class Broken(Exception):
    """The property does not hold."""


@dataclass
class Tally:
    """What came of it."""

    kinds: Counter[str] = field(default_factory=Counter)
    options: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


class Trial:
    """The property, tried on one domain after the other."""

    def __init__(self, connection: libvirt.virConnect) -> None:
        self.connection = connection
        self.host = Claiming()
        self.tally = Tally()

    def domain(self, origin: str, text: str) -> None:
        """Try it on a domain."""
        try:
            handle = self.connection.defineXML(text)
        except libvirt.libvirtError as error:
            self.tally.refused.append(f"{origin}: {error}")
            return
        try:
            root = root_of(handle)
            self.tally.kinds.update(["domains", *(kind for nic in nics_of(root) for kind in kinds_of(nic))])
            self.nothing(handle.name(), root)
            self.one_thing(handle, root)
        except Broken as broken:
            self.tally.broken.append(f"=== {origin}: {broken}\n{text}")
        finally:
            handle.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)

    def nothing(self, name: str, root: Element) -> None:
        """Ask for all that is there, in the guest's order; a NIC with a name is known by it, by its MAC or by both."""
        place, turn = topology(root), self.tally.kinds["domains"] % 3
        items = sorted((asked(nic) for nic in nics_of(root)),
                       key=lambda item: place.position(item["address"]) if item["address"] else ())
        for item in items:
            if item["name"] and not item["teaming"] and turn:
                item.pop("name" if turn == 1 else "mac")
        try:
            resource = plan.interface_resource(params_of(name, items))
            current = resource.read(self.host)
            for state in ("present", "exact"):
                steps = replace(resource, state=state).plan(current).steps
                if steps:
                    raise Broken(f"state {state} of {items} plans {[step.describe() for step in steps]}")
        except KvmError as error:
            raise Broken(f"{items} is refused: {error}") from error

    def one_thing(self, handle: libvirt.virDomain, before: Element) -> None:
        """Change one attribute of one NIC, of those that were changed least often so far."""
        nics = nics_of(before)
        ways = [(change, number, f"{change.option} of {nic.get('type')}")
                for number, nic in enumerate(nics) for change in CHANGES if change.fits(nic)]
        if not ways:
            return
        change, number, told = min(ways, key=lambda way: self.tally.options[way[2]])
        self.tally.options[told] += 1
        items = [change.item(nics[number], change.value(nics[number]))]
        result = run(plan.interface_resource, params_of(handle.name(), items), self.host)
        if result["failed"] or not result["changed"]:  # the engine looks itself whether the next run has work left
            raise Broken(f"{items}: {result.get('msg', 'changes nothing')}")
        strange = differences(before, root_of(handle), number, change.carrier)
        if strange:
            raise Broken(f"{items} changed {strange}")


def params_of(name: str, items: list[Given]) -> Given:
    return given(domain=name, interfaces=items, state="present", restart="never", timeout=120, uri=URI)


def root_of(handle: libvirt.virDomain) -> Element:
    """The definition as libvirt wrote it."""
    return etree.fromstring(handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE))


def kinds_of(nic: Element) -> list[str]:
    """What of the sum a NIC counts for."""
    kind = str(nic.get("type"))
    if nic.find("virtualport[@type='openvswitch']") is not None and kind == "bridge":
        return ["openvswitch"]
    if nic.find("source[@portgroup]") is not None:
        return [kind, "portgroup"]
    return [kind, f"direct {nic.find('source').get('mode')}"] if kind == "direct" else [kind]


def renamed(text: str, name: str) -> str:
    """A domain's XML with a name and a UUID of its own, and all else as it was written."""
    root = etree.fromstring(text.encode())
    for old in (*root.findall("name"), *root.findall("uuid")):
        root.remove(old)
    for tag, value in (("uuid", str(uuid5(NAMESPACE_DNS, name))), ("name", name)):
        root.insert(0, root.makeelement(tag))
        root[0].text = value
    return str(etree.tostring(root, encoding="unicode"))


def tried(connection: libvirt.virConnect, domains: list[tuple[str, str]]) -> Tally:
    """What comes of the domains, each with where it is from."""
    trial = Trial(connection)
    # One connection for all: to connect anew for each run would take most of the time.
    with patch.object(plan, "connect", functools.cache(module_connection.connect)):
        for origin, text in domains:
            trial.domain(origin, text)
    return trial.tally


def domains_of(folder: str, pfs: list[str]) -> list[tuple[str, str]]:
    host = Host()
    vfs = [pci.vf_address(host, pci.address_of_pf(host, pf), number) for pf in pfs for number in range(4)]
    sources = Sources(tuple(address for address in vfs if address), tuple(pfs), ("lan", "ovs", "pool"))
    files = sorted(Path(folder).rglob("*.xml"))
    return [(file.name, renamed(file.read_text(encoding="utf-8"), f"adopted-{file.stem}")) for file in files] + [
        (f"seed {seed}", Domain(seed, sources).text()) for seed in range(SEEDS)]


def main(folder: str, host: str, hosts: str, *pfs: str) -> None:
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    connection = libvirt.open(URI)
    there = {network.name() for network in connection.listAllNetworks()}
    made = [connection.networkDefineXML(f"<network><name>{name}</name>{content.format(pf=pfs[-1])}</network>")
            for name, content in NETWORKS.items() if name not in there]
    try:
        tally = tried(connection, domains_of(folder, list(pfs))[int(host)::int(hosts)])
    finally:
        for network in made:
            network.undefine()
    summary(tally, LEAST // int(hosts))


def summary(tally: Tally, least: int) -> None:
    print("accepted:", dict(sorted(tally.kinds.items())))
    print("changed:", dict(sorted(tally.options.items())))
    print("refused by libvirt:", len(tally.refused), *tally.refused, sep="\n  ")
    missing = [kind for kind in (*KINDS, "portgroup", *(f"direct {mode}" for mode in MODES)) if not tally.kinds[kind]]
    if tally.broken or missing or tally.kinds["domains"] < least:
        raise SystemExit("\n".join([*tally.broken, f"broken: {len(tally.broken)}, not tried: {missing}, "
                                    f"{tally.kinds['domains']} domains of at least {least}"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
