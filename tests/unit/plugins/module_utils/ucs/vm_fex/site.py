# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role vm_fex, and a UCS Manager that they fit to."""

from __future__ import annotations

import typing as t

Dict = dict[str, t.Any]

UUID = "5c0a7f3e-0001-0203-0405-060708090a0b"
DEFAULT: Dict = {"name": "default", "datacenter": ".*", "folder": ".*", "switch": "default$"}
FINANCE: Dict = {
    "name": "finance", "descr": "Finance", "vlans": [{"name": "finance", "native": True}], "qos_policy": None}
FEX: Dict = {"name": "fex", "mode": "passthrough", "pf": "eno5"}
POOL: Dict = {"name": "pool", "mode": "hostdev", "devices": ["0000:0a:00.1"], "profiles": ["finance", "web"],
              "default_profile": "web", "autostart": False}
UCS: Dict = {
    "profiles": [{"name": "web", "clients": [DEFAULT]}, {"name": "dvs", "clients": [{**DEFAULT, "switch": "dvs1"}]}],
    "service_profiles": [{"dn": "org-root/ls-kvm1", "uuid": UUID, "associated": True,
                          "dynamic_vnic_policies": ["kvm"]}],
}


def settings(**changes: t.Any) -> Dict:
    return {"uri": "qemu:///system", "profiles": [FINANCE], "networks": [FEX, POOL], **changes}
