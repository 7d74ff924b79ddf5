# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shapes of what users give to filters, and of what roles read for them; door.py says how they are written.

Values that a filter refuses with words of its own are left to it.
"""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.plugin_utils.door import NULL, SCALAR, Shape

ANY: Shape = object
TEXT: Shape = (str,)

# The role virtual_switch
PORT: Shape = {key: (*SCALAR, [SCALAR]) if key in ("vlans", "trunks") else SCALAR
               for key in ("name", "vlans", "pvid", "type", "tag", "trunks")}
BRIDGE: Shape = {
    "name!": str, "ports": (NULL, [(str, PORT)]),
    **dict.fromkeys(("state", "mtu", "default_pvid", "group_fwd_mask", "vlan_filtering", "multicast_snooping"), SCALAR),
    **dict.fromkeys(("sflow", "netflow", "ipfix"), (NULL, {})),
}
SWITCH_HOST: Shape = {
    "links!": [{"ifname!": str}], "own!": [str], "units!": str, "asked!": str, "ovs": [str],
    "vlans": [{"ifname!": str}], "routes": [{}], "routes6": [{}],
}

# The role kvm_host
KVM_HOST: Shape = {
    "iommu!": SCALAR, "nested!": SCALAR, "boot_loader!": str, "kernel_arguments!": [str],
    "hugepages!": [{"size!": str, "count!": SCALAR}],
}
# Of these, kvm_host_refused itself says what is wrong with the lists.
KVM_HOST_GIVEN: Shape = {**KVM_HOST, "kernel_arguments!": ANY, "hugepages!": ANY}
ARGUMENTS: Shape = {
    "iommu": (NULL, str), "arguments": (NULL, [str]), "modules": (NULL, [str]), "nested": SCALAR,
    "hugepages": (NULL, [{"size!": str, "count!": SCALAR}]),
}
BMC: Shape = {"uri!": SCALAR, "username!": SCALAR, "system": SCALAR}
BMC_STATE: Shape = {"uri!": str, "resource!": str, "path!": str, "system": SCALAR}
BMC_ANSWER: Shape = {"status": SCALAR, "etag": (NULL, str)}
FIRMWARE: Shape = {"name!": str, "manufacturer!": str, "found!": {}, "pending!": {}, "apply_times!": list,
                   "etag!": (NULL, str), "path!": str}
VENDOR: Shape = {"manufacturer!": str, "attributes!": [{"name!": str, "value!": SCALAR, "checks!": [str]}]}

# What bios_check returned, and what became of a host
CHECK: Shape = {"name!": str, "status!": str, "found!": SCALAR, "cause": SCALAR, "remedy": SCALAR}
OUTCOME: Shape = {"checks": (NULL, [CHECK]), "reboot": (NULL, [str]), "error": ANY}
FLEET: Shape = {"summary!": {"*": SCALAR}, "hosts!": [{
    "host!": SCALAR, "state!": str, "error!": ANY, "reboot_reasons!": [SCALAR], "checks!": [CHECK]}]}

# The role lab
LAB_HOST: Shape = {"name": (NULL, str), "pfs": range(33), "cpus": range(1, 256), "memory": range(1, 10**7),
                   "kernel_arguments": str, "iommu": bool, "nested": bool}
EMULATED: Shape = {
    **{f"{name}!": shape for name, shape in LAB_HOST.items()}, "name!": str, "folder!": str, "port!": range(65536),
    "monitor!": str, "nic!": str, "nics!": [{"mac!": str, "socket!": (NULL, str), "peer": (NULL, str)}],
}

# The role vm_fex
OPTIONAL_TEXT: Shape = (NULL, str)
VM_FEX_CLIENT: Shape = {"name!": str, **dict.fromkeys(("datacenter", "folder", "switch"), OPTIONAL_TEXT)}
VM_FEX_CLIENTS: Shape = (NULL, [VM_FEX_CLIENT])
VM_FEX: Shape = {
    "uri!": str,
    "profiles!": (NULL, [{"name!": str, "state": OPTIONAL_TEXT, "clients": VM_FEX_CLIENTS}]),
    "networks!": (NULL, [{
        "name!": str, "profiles": (NULL, [str]), "devices": (NULL, [str]),
        **dict.fromkeys(("mode", "pf", "default_profile", "state"), OPTIONAL_TEXT)}]),
}
# What ucs_port_profile_info returned, and what ucs_port_profile and port_profile did in a loop
UCS: Shape = {
    "profiles!": [{"name!": str, "clients": VM_FEX_CLIENTS}],
    "service_profiles!": [{"dn!": str, "uuid!": str, "associated": SCALAR, "dynamic_vnic_policies": (NULL, [str])}],
}
UCS_PROFILE_RESULT: Shape = {"item!": {"name!": str}, "consumers": (NULL, [{}])}
PORT_GROUP_RESULT: Shape = {"item!": {"name!": str, "network!": str}, "consumers": (NULL, [{}])}
