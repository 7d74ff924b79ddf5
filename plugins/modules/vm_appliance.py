#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_appliance
"""

EXAMPLES = r"""
"""

RETURN = r"""
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.argument_spec import PROFILE
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.params import appliance_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.argument_spec import INTERFACE
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.argument_spec import OPTIONS

SPEC = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "shutdown", "defined", "absent"], "default": "running"},
    "profile": {"type": "dict", "options": PROFILE},
    "pfs": {"type": "list", "elements": "dict", "options": OPTIONS},
    "interfaces": {"type": "list", "elements": "dict", "options": INTERFACE},
    "day0": {"type": "dict", "no_log": True},  # a configuration has passwords
    "bridges_pending": {"type": "list", "elements": "str"},
    "folder": {"type": "path"},
    "autostart": {"type": "bool"},
    "persistent": {"type": "bool", "default": True},
    "restart": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "disks": {"type": "str", "choices": ["keep", "replace"], "default": "keep"},
    "remove_disks": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), appliance_resource)


if __name__ == "__main__":
    main()
