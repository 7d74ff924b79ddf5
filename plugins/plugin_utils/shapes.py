# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shapes of what users give to filters, and of what roles read for them; door.py says how they are written.

Values that a filter refuses with words of its own are left to it.
"""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.plugin_utils.door import NULL, SCALAR, Shape

ANY: Shape = object
TEXT: Shape = (str,)
LIST: Shape = (NULL, [SCALAR])

# A NIC as vm_interface takes it, and an appliance's profile as far as check_profile does not look into it
NIC: Shape = {"type": SCALAR, "name": SCALAR, "source": (NULL, {}), "vf": (NULL, {})}
PROFILE: Shape = {
    "cpu": (str, {"*": str}), "cpu_features": LIST, "machine": str, "description": SCALAR, "image": (NULL, str),
    "disk": {}, "disks": (NULL, [{"name": str, "image": (NULL, str)}]), "day0": (NULL, {}), "console": (NULL, {}),
    "ready": (NULL, {}), "hugepages": SCALAR, "sockets": SCALAR,
    "smbios": (NULL, {"*": (NULL, {"*": SCALAR})}),
    "nics": {"management": [str], "data": str, "first": range(1000), "model": str, "models": (NULL, {"*": str}),
             "maximum": SCALAR},
}

# The role vsrx
CLUSTER: Shape = {
    "control": (NULL, {}), "fabric": (NULL, {}), "trust": SCALAR, "node": SCALAR, "id": SCALAR,
    "reths": (NULL, [{"name": SCALAR, "members": LIST, "redundancy_group": SCALAR}]),
    "redundancy_groups": (NULL, [{"id": SCALAR, "priorities": LIST}]),
}
VSRX_NICS: Shape = {"interfaces!": [NIC], "cluster!": CLUSTER}
VSRX_PF: Shape = {"pf": SCALAR, "vfs": (NULL, [{"index": ANY}])}
VSRX: Shape = {
    **VSRX_NICS, "release!": SCALAR, "vcpus!": SCALAR, "memory!": SCALAR, "speeds!": {"*": SCALAR}, "config!": str,
    "sizes!": [{"vcpus!": SCALAR, "memory!": SCALAR, "releases": (NULL, [str])}], "pfs!": [VSRX_PF],
    "pf_driver_controlled!": SCALAR,
}
# Of these, vsrx_refused itself says what is wrong.
VSRX_GIVEN: Shape = {**VSRX, "interfaces!": [ANY]}

# The role vmx
PLANES: Shape = {"images!": {"*": SCALAR}, "vcp!": {"*": SCALAR}, "vfp!": {"*": SCALAR},
                 "overrides!": {"vcp!": {}, "vfp!": {}}}
VMX_INTERFACE: Shape = dict.fromkeys(
    ("name", "type", "mac", "nic", "bridge", "link", "host_dev", "mtu", "vlan", "virtual_function", "port_speed"),
    SCALAR)
VMX_GIVEN: Shape = {**PLANES, "interfaces!": [VMX_INTERFACE], "unjoined_bridge!": SCALAR, "management_bridged!": SCALAR,
                    "release": SCALAR, "size": SCALAR, "reserved_vnics": (NULL, range(9))}
VMX_CONF: Shape = {"images": {"*": str}, "vcp": {}, "vfp": {}, "interfaces": [VMX_INTERFACE], "ignored": list}
VMX_JOIN: Shape = {"vmx!": SCALAR, "interface!": SCALAR}
VMX: Shape = {
    **PLANES, "id!": SCALAR, "interfaces!": [{**VMX_INTERFACE, "type!": SCALAR}], "strays!": [SCALAR], "beside!": {},
    "reserved_vnics!": (NULL, range(9)), "size!": SCALAR, "external_bridge!": SCALAR, "management_bridged!": SCALAR,
    "modified_drivers": LIST,
}
VMX_HOST: Shape = {"links!": [{"ifname!": str}], "own!": [str], "said!": str}
