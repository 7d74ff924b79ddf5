# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of an appliance profile."""

from __future__ import annotations

import typing as t

BUSES = ["virtio", "ide", "sata", "scsi"]
Spec = dict[str, dict[str, t.Any]]

PLACEMENT: Spec = {
    "policy": {"type": "str", "choices": ["none", "shared", "dedicated"]}, "numa_node": {"type": "str"},
    "cpus": {"type": "list", "elements": "str"}, "emulator_cpus": {"type": "list", "elements": "str"},
    "hugepages": {"type": "str", "choices": ["2M", "1G", "none"]},
    "threads": {"type": "str", "choices": ["prefer", "isolate", "require"]},
    "memory_lock": {"type": "bool"}, "share_pages": {"type": "bool"},
}
FORMAT: dict[str, t.Any] = {"type": "str", "choices": ["qcow2", "raw"]}
PROFILE: Spec = {
    "description": {"type": "str"}, "image": {"type": "str"},
    "vcpus": {"type": "int", "required": True}, "memory": {"type": "int", "required": True},
    "machine": {"type": "list", "elements": "str", "required": True}, "cpu": {"type": "raw", "required": True},
    "cpu_features": {"type": "list", "elements": "str"}, "sockets": {"type": "int"}, "hugepages": {"type": "bool"},
    "placement": {"type": "dict", "options": PLACEMENT},
    "smbios": {"type": "dict", "options": {
        block: {"type": "dict"} for block in ("bios", "system", "baseBoard", "chassis")}},
    "disk": {"type": "dict", "required": True, "options": {
        "bus": {"type": "str", "choices": BUSES, "required": True}, "format": FORMAT}},
    "disks": {"type": "list", "elements": "dict", "options": {
        "name": {"type": "str", "required": True}, "image": {"type": "str", "required": True},
        "bus": {"type": "str", "choices": [*BUSES, "usb"], "required": True}, "format": FORMAT}},
    "nics": {"type": "dict", "required": True, "options": {
        "management": {"type": "list", "elements": "str", "required": True}, "data": {"type": "str", "required": True},
        "first": {"type": "int", "required": True}, "model": {"type": "str", "required": True},
        "models": {"type": "dict"}, "maximum": {"type": "int"}, "hotplug": {"type": "bool"}}},
    "day0": {"type": "dict", "options": {
        "kind": {"type": "str", "choices": ["iso", "vmm"]}, "label": {"type": "str"},
        "bus": {"type": "str", "choices": [*BUSES, "usb"], "required": True}}},
    "console": {"type": "dict", "options": {"port": {"type": "int", "required": True}}},
    "ready": {"type": "dict", "options": {
        "console": {"type": "str", "required": True}, "timeout": {"type": "int", "required": True}}},
}
