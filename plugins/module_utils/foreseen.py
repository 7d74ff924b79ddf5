# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host as planned steps will leave it, so that what comes after them can be planned, too."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils import pci
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.iproute import LINKS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.drivers import is_stub
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings


class ForeseenHost(Host):
    """A host with the VFs and bridges that are planned, and without what a domain takes along. It is only read.

    :param host: as it is
    :param pfs: the PFs as their plans leave them
    :param bridges: Linux bridges that will be there
    :param ports: netdevs that will have gone, such as the macvtaps of a domain that is to end
    """

    def __init__(self, host: Host, pfs: t.Iterable[Pf] = (), bridges: t.Iterable[str] = (), ports: t.Iterable[str] = (),
                 ) -> None:
        super().__init__(host.root)
        self._host = host
        self._files: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._gone = {f"{pci.NETDEVS}/{port}" for port in ports}
        self._uppers = {f"upper_{port}" for port in ports}
        self._pfs = {pf.name: pf for pf in pfs}
        for pf in self._pfs.values():
            self._add(pf)
        for bridge in bridges:
            if not host.exists(f"{pci.NETDEVS}/{bridge}"):
                self._files[f"{pci.NETDEVS}/{bridge}/bridge/vlan_filtering"] = "0"

    def _add(self, pf: Pf) -> None:
        folder = f"{pci.DEVICES}/{pf.pci_address}"
        self._files[f"{folder}/sriov_numvfs"] = str(pf.numvfs or 0)
        if pf.up is not None:
            flags = int(self._host.read(f"{pci.NETDEVS}/{pf.name}/flags") or "0", 16) & ~pci.IFF_UP
            self._files[f"{pci.NETDEVS}/{pf.name}/flags"] = hex(flags | (pci.IFF_UP if pf.up else 0))
        for index in range(pf.totalvfs):
            vf = pf.vfs.get(index)
            if vf is None:
                self._gone |= {f"{folder}/virtfn{index}", f"{pci.DEVICES}/{pf.future_addresses[index]}"}
            elif vf.pci_address is not None and not self._host.exists(f"{pci.DEVICES}/{vf.pci_address}"):
                self._add_vf(pf, vf, vf.pci_address)

    def _add_vf(self, pf: Pf, vf: Vf, address: str) -> None:
        folder = f"{pci.DEVICES}/{address}"
        self._links[f"{pci.DEVICES}/{pf.pci_address}/virtfn{vf.index}"] = f"../{address}"
        self._links[f"{folder}/physfn"] = f"../{pf.pci_address}"
        if vf.driver is not None and is_stub(vf.driver):
            self._links[f"{folder}/driver"] = f"../../../bus/pci/drivers/{vf.driver}"
        elif vf.driver is not None:
            netdev = foreseen_netdev(pf, vf.index)
            self._links[f"{folder}/net/{netdev}"] = netdev
            self._links[f"{pci.NETDEVS}/{netdev}/device"] = f"../../{address}"
            self._links[f"{pci.NETDEVS}/{netdev}/device/physfn"] = f"../{pf.pci_address}"

    def _is_gone(self, path: str) -> bool:
        return any(path == gone or path.startswith(f"{gone}/") for gone in self._gone)

    def exists(self, path: str) -> bool:
        mine = any(known == path or known.startswith(f"{path}/") for known in (*self._links, *self._files))
        return mine or (not self._is_gone(path) and self._host.exists(path))

    def read(self, path: str) -> str | None:
        if path in self._files:
            return self._files[path]
        return None if self._is_gone(path) else self._host.read(path)

    def names(self, folder: str) -> list[str]:
        below = {path[len(folder) + 1:].split("/")[0] for path in (*self._links, *self._files)
                 if path.startswith(f"{folder}/")}
        there = {name for name in self._host.names(folder) if not self._is_gone(f"{folder}/{name}")}
        return sorted(below | there - self._uppers)

    def link(self, path: str) -> str | None:
        if path in self._links:
            return self._links[path]
        return None if self._is_gone(path) else self._host.link(path)

    def status(self, path: str) -> os.stat_result | None:
        return self._host.status(path)

    def inode(self, path: str) -> int | None:
        return self._host.inode(path)

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        done = self._host.run(argv, stdin, timeout)
        pf = self._pfs.get(argv[-1]) if argv[:-2] == list(LINKS) else None
        if pf is None or done.returncode != 0:
            return done
        links = json.loads(done.stdout)
        links[0]["vfinfo_list"] = [_told(vf) for vf in pf.vfs.values()]
        return Completed(0, json.dumps(links))

    def rtnetlink(self, request: bytes) -> bytes:
        return self._host.rtnetlink(request)

    def now(self) -> float:
        return self._host.now()

    def sleep(self, seconds: float) -> None:
        self._host.sleep(seconds)


def foreseen_netdev(pf: Pf, index: int) -> str:
    """What udev will most likely call the netdev of a VF (systemd.net-naming-scheme, SR-IOV: the name of its PF and v
    with its number); the real name is looked up once the VF is there."""
    return f"{pf.name}v{index}"


def _told(vf: Vf) -> dict[str, t.Any]:
    """An entry of ip's ``vfinfo_list``, the reverse of sriov.read.vf_settings.

    The spoof check of a VF that is still to be made is taken to be on, as drivers have it that know one.
    """
    found: VfSettings = vf.settings
    told = {
        "vf": vf.index, "address": found.mac, "link_state": found.link_state, "trust": found.trust,
        "spoofchk": True if found.spoofchk is None and vf.netdev is None else found.spoofchk,
        "query_rss_en": found.query_rss,
        "vlan_list": [{"vlan": found.vlan or 0, "qos": found.qos or 0, "protocol": found.vlan_protocol or "802.1Q"}],
        "rate": {"min_tx": found.min_tx_rate or 0, "max_tx": found.max_tx_rate or 0},
    }
    return {name: value for name, value in told.items() if value is not None}
