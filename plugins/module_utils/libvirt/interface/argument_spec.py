# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of a NIC, for every module that takes NICs."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.argument_spec import BANDWIDTH, VIRTUALPORT, VLAN

SOURCE: dict[str, dict[str, t.Any]] = {
    **{key: {"type": "str"} for key in ("pf", "pci_address", "bridge", "network", "portgroup", "dev", "path")},
    "vf": {"type": "int"},
    "mode": {"type": "str", "choices": ["vepa", "bridge", "private", "passthrough", "client", "server"]},
}
DRIVER = {
    "name": {"type": "str", "choices": ["qemu", "vhost"]},
    "queues": {"type": "int"}, "rx_queue_size": {"type": "int"}, "tx_queue_size": {"type": "int"},
    "iommu": {"type": "bool"}, "ats": {"type": "bool"}, "packed": {"type": "bool"},
}
VF = {
    "trust": {"type": "bool"}, "spoofchk": {"type": "bool"},
    "min_tx_rate": {"type": "int"}, "max_tx_rate": {"type": "int"},
}
TEAMING = {
    "type": {"type": "str", "required": True, "choices": ["persistent", "transient", "none"]},
    "persistent": {"type": "str"},
}
INTERFACE: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str"}, "mac": {"type": "str"},
    "type": {"type": "str", "choices": [
        "hostdev", "direct", "bridge", "network", "ethernet", "user", "vdpa", "vhostuser"]},
    "source": {"type": "dict", "options": SOURCE},
    "model": {"type": "str"},
    "vlan": {"type": "dict", "options": VLAN},
    "virtualport": {"type": "dict", "options": VIRTUALPORT},
    "bandwidth": {"type": "dict", "options": BANDWIDTH},
    "mtu": {"type": "int"}, "link_state": {"type": "str", "choices": ["up", "down"]}, "boot_order": {"type": "int"},
    "address": {"type": "str"},
    "driver": {"type": "dict", "options": DRIVER},
    "filterref": {"type": "dict", "options": {
        "filter": {"type": "str", "required": True}, "parameters": {"type": "dict"}}},
    "trust_guest_rx_filters": {"type": "bool"},
    "teaming": {"type": "dict", "options": TEAMING},
    "target_dev": {"type": "str"}, "managed": {"type": "bool"}, "vf": {"type": "dict", "options": VF},
}
