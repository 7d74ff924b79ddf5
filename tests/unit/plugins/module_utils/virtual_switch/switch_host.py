# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of all kinds, as the role virtual_switch reads them."""

from __future__ import annotations

import json
import typing as t

Dict = dict[str, t.Any]
NOTE = "# Written by nfv.kvm's role virtual_switch: bridge"
OWN = [f"/etc/systemd/network/05-nfv-kvm-br0.netdev:{NOTE} br0",
       f"/etc/systemd/network/05-nfv-kvm-br0.network:{NOTE} br0",
       f"/etc/systemd/network/05-nfv-kvm-eth1.network:{NOTE} br0 port eth1"]


def link(name: str, **more: t.Any) -> Dict:
    return {"ifname": name, "flags": ["UP"], "mtu": 1500, "max_mtu": 9216, "addr_info": [], **more}


def bridge(name: str = "br0", **info: t.Any) -> Dict:
    found = {"vlan_filtering": 0, "vlan_default_pvid": 1, "mcast_snooping": 1, "group_fwd_mask": "0", **info}
    return link(name, linkinfo={"info_kind": "bridge", "info_data": found})


def unit(name: str, active: bool = True, enabled: bool = True) -> str:
    return f"\n\nId={name}\nActiveState={'' if active else 'in'}active\nUnitFileState={'en' if enabled else 'dis'}abled"


NETWORKD = unit("systemd-networkd.service")
NETWORKMANAGER = unit("NetworkManager.service")
IFUPDOWN2 = unit("networking.service")


def host(*links: Dict, units: str = NETWORKD, version: str = "257.9-1~deb13u1", **more: t.Any) -> Dict:
    """A host whose eth0 is its way out, with the free links eth1 and eth2; bridges are in their default VLAN."""
    told = f"Ifreload=/usr/sbin/ifreload\nSourced=source x\nSeveral=\nVersion={version}{units}"
    eth0 = link("eth0", addr_info=[{"local": "192.0.2.1", "scope": "global"}])
    found = {each["ifname"]: each for each in [link("lo", flags=["LOOPBACK"]), eth0, link("eth1"), link("eth2")]}
    defaults = {each["ifname"]: each["linkinfo"].get("info_data", {}).get("vlan_default_pvid")
                for each in links if "linkinfo" in each}
    vlans = [{"ifname": name, "vlans": [{"vlan": vlan, "flags": ["PVID", "Egress Untagged"]}]}
             for name, vlan in defaults.items() if vlan]
    return {
        "links": list({**found, **{each["ifname"]: each for each in links}}.values()),
        "routes": [{"dst": "default", "dev": "eth0"}], "routes6": [], "own": [], "ovs": [],
        "asked": "auto", "units": told, **more, "vlans": more.get("vlans", []) + vlans,
    }


Rows = t.Sequence[Dict]


def tables(bridges: Rows = (), ports: Rows = (), interfaces: Rows = ()) -> list[str]:
    """What ovs-vsctl tells of rows."""
    said = []
    for rows in (bridges, ports, interfaces):
        headings = sorted({key for row in rows for key in row})
        said.append(json.dumps({"headings": headings, "data": [[row.get(key) for key in headings] for row in rows]}))
    return said


EMPTY, OURS, THEIRS = ["set", []], ["map", [["nfv-kvm", "virtual_switch"]]], ["map", []]


def ovs_port(name: str, ids: t.Any = None, **more: t.Any) -> Dict:
    return {"_uuid": ["uuid", f"u-{name}"], "name": name, "tag": EMPTY, "trunks": EMPTY, "vlan_mode": EMPTY,
            "external_ids": ids or OURS, **more}


def ovs_interface(name: str, **more: t.Any) -> Dict:
    return {"name": name, "type": "", "mtu_request": EMPTY, "error": EMPTY, **more}


OVS = tables(
    [{"name": "ovs0", "ports": ["set", [["uuid", f"u-{name}"] for name in ("ovs0", "eth2", "p1", "vnet0")]],
      "external_ids": OURS},
     {"name": "int", "ports": ["uuid", "u-int"], "external_ids": THEIRS}],
    [ovs_port("ovs0", THEIRS), ovs_port("eth2", tag=10), ovs_port("p1", trunks=["set", [10, 20]]),
     ovs_port("vnet0", THEIRS), ovs_port("int", THEIRS)],
    [ovs_interface("ovs0", type="internal"), ovs_interface("eth2"), ovs_interface("p1", type="internal"),
     ovs_interface("vnet0"), ovs_interface("int", type="internal")],
)
