# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_interface against ansible.builtin.ping, against itself NIC by NIC, and against a new definition with a restart.

The last is what users do with community.libvirt.virt: define the whole XML, shut the guest down, wait, start it. The
guest is as quick as one can be: it powers off without ending any service. That it boots again before it has the NIC
counts only where the name says so. The collection is taken from the package ansible of PyPI, as all else here is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import typing as t
import zipfile
from pathlib import Path

from ratios import BUILD, ROOT, Limit, Measured, Task, run

PACKAGE = "ansible==12.3.0"  # with community.libvirt 2.0.0
COLLECTIONS = BUILD / "bench" / "collections"
PROFILE = ROOT / "roles" / "virtual_appliance" / "profiles" / "open_appliance.yml"
IMAGES = "/var/lib/libvirt/images"
# A domain that is only defined, one that runs, and the first VF of each
OFF, ON = "bench-off", "bench-on"
FIRST_VF = {OFF: 0, ON: 3}


def nics(domain: str) -> list[dict[str, t.Any]]:
    """Ten NICs of mixed types, the last of which is the one that is added to the others."""
    vf = FIRST_VF[domain]
    bridge, pf = {"bridge": "br-mgmt"}, "{{ lab_pfs[0] }}"
    return [
        {"name": "mgmt", "type": "bridge", "source": bridge, "model": "virtio"},
        {"name": "ge-0/0/0", "type": "hostdev", "source": {"pf": pf, "vf": vf}, "vlan": {"tags": [100 + vf]}},
        {"name": "ge-0/0/1", "type": "network", "source": {"network": "bench-pool"}},
        {"name": "ge-0/0/2", "type": "network", "source": {"network": "bench-bridge"}, "link_state": "down"},
        {"name": "ge-0/0/3", "type": "bridge", "source": bridge, "model": "e1000e"},
        {"name": "ge-0/0/4", "type": "direct", "source": {"pf": pf, "vf": vf + 1, "mode": "passthrough"}},
        {"name": "ge-0/0/5", "type": "direct", "source": {"dev": "{{ lab_pfs[1] }}", "mode": "bridge"}},
        {"name": "ge-0/0/6", "type": "ethernet", "model": "virtio", "bandwidth": {"inbound": {"average": 1000}}},
        {"name": "ge-0/0/7", "type": "user", "model": "virtio"},
        {"name": "ge-0/0/8", "type": "hostdev", "source": {"pci_address": f"{{{{ vf_addresses[{vf + 2}] }}}}"}},
    ]


def vm_interface(domain: str, state: str, interfaces: t.Any, **more: t.Any) -> Task:
    return {"nfv.kvm.vm_interface": {"domain": domain, "state": state, "interfaces": interfaces}, **more}


def ten(domain: str, **more: t.Any) -> Task:
    return vm_interface(domain, "exact", nics(domain), **more)


def command(line: str, register: str, **more: t.Any) -> Task:
    return {"ansible.builtin.command": line, "register": register, "changed_when": False, **more}


def virt(**arguments: t.Any) -> Task:
    return {"community.libvirt.virt": {"name": ON, **arguments}}


def network(name: str, forward: str) -> Task:
    """A libvirt network, started."""
    xml = f"<network><name>{name}</name>{forward}</network>"
    return {"ansible.builtin.shell": f"virsh net-define /dev/stdin && virsh net-start {name}", "args": {"stdin": xml}}


def appliance(domain: str) -> list[Task]:
    """A defined appliance with ten NICs."""
    folder = f"{IMAGES}/{domain}"
    xml = f"{{{{ lookup('ansible.builtin.file', '{PROFILE}') | from_yaml"
    xml += f" | nfv.kvm.appliance_domain('{domain}', '{folder}') }}}}"
    return [
        {"ansible.builtin.file": {"path": folder, "state": "directory", "mode": "0711"}},
        {"ansible.builtin.copy": {"src": f"{IMAGES}/open-appliance.qcow2", "dest": f"{folder}/disk.qcow2",
                                  "remote_src": True, "mode": "0600"}},
        {"nfv.kvm.vm_domain": {"name": domain, "xml": xml}},
        ten(domain),
    ]


def runs_with(count: int) -> list[Task]:
    """See that the domain runs with so many NICs, as it is defined; the last of ten is there only if it is to be."""
    found = [f"{where}.stdout | regex_findall('<interface ') | length == {count}" for where in ("live", "defined")]
    there = "" if count == 10 else "not "
    return [
        command(f"virsh dumpxml {ON}", "live"),
        command(f"virsh dumpxml --inactive {ON}", "defined"),
        command(f"virsh domstate {ON}", "state"),
        {"ansible.builtin.assert": {"that": [
            *found, f"'ua-ge-0_0_8' {there}in live.stdout", "'running' in state.stdout"]}},
    ]


UNCHANGED = {"register": "done", "failed_when": "done is failed or done is changed"}
SETUP: list[Task] = [
    {"nfv.kvm.sriov_vf": {"pf": "{{ item }}", "up": True, "numvfs": 7}, "loop": "{{ lab_pfs }}", "register": "pfs"},
    {"ansible.builtin.set_fact": {"vf_addresses": "{{ pfs.results[0].vfs | map(attribute='pci_address') }}"}},
    network("bench-pool", "<forward mode='hostdev' managed='yes'><pf dev='{{ lab_pfs[1] }}'/></forward>"),
    network("bench-bridge", "<forward mode='bridge'/><bridge name='br-mgmt'/>"),
    *appliance(OFF),
    command(f"virsh dumpxml --inactive {OFF}", "off_with_ten"),
    *appliance(ON),
    command(f"virsh dumpxml --inactive --security-info {ON}", "on_with_ten"),
    {"nfv.kvm.vm_domain": {"name": ON, "state": "running"}},
]
# The guest has booted, so that it can shut down and release NICs; virtlogd begins its log anew with each start.
BOOTED: Task = {"ansible.builtin.wait_for": {
    "path": f"{{{{ '{ON}' | nfv.kvm.appliance_console_log }}}}", "search_regex": "login:", "timeout": 300}}
NINE = [BOOTED, vm_interface(ON, "absent", nics(ON)[-1:]), *runs_with(9)]
NONE = [vm_interface(OFF, "exact", [])]
SAME_TEN = [
    command(f"virsh dumpxml --inactive {OFF}", "off"),
    {"ansible.builtin.assert": {"that": ["off.stdout == off_with_ten.stdout", "'ge-0_0_8' in off.stdout"]}},
]
DEFINE = virt(command="define", xml="{{ on_with_ten.stdout }}")
START = {**virt(state="running"), "register": "start", "until": "start is success", "retries": 5, "delay": 0.1}
OFF_NOW = {**virt(command="status"), "register": "power", "until": "power.status == 'shutdown'", "retries": 600,
           "delay": 0.1}
RESTART = [DEFINE, virt(state="shutdown"), OFF_NOW, START]

PING = "ansible.builtin.ping"
SAME, SAME_LIVE = "vm_interface, 10 NICs, nothing to do", "the same of a running domain"
ONE_TASK, LOOP = "vm_interface, 10 NICs added by one task", "vm_interface, 10 NICs added by a loop of 10"
LIVE = "vm_interface, 10th NIC into a running domain"
SHUTDOWN = "virt: define, shutdown, wait, start, for a 10th NIC"
SERVING = "the same, until the guest has booted"
MEASURED = [
    Measured(PING, [{"ansible.builtin.ping": None}]),
    Measured(SAME, [ten(OFF, **UNCHANGED)], [ten(OFF)], SAME_TEN),
    Measured(SAME_LIVE, [ten(ON, **UNCHANGED)], [BOOTED, ten(ON)], runs_with(10)),
    Measured(ONE_TASK, [ten(OFF)], NONE, SAME_TEN),
    Measured(LOOP, [vm_interface(OFF, "present", ["{{ item }}"], loop=nics(OFF))], NONE, SAME_TEN, rounds=3),
    Measured(LIVE, [vm_interface(ON, "present", nics(ON)[-1:])], NINE, runs_with(10)),
    Measured(SHUTDOWN, RESTART, NINE, runs_with(10), rounds=3),
    Measured(SERVING, [*RESTART, BOOTED], NINE, runs_with(10), rounds=3),
]
LIMITS = [
    Limit(SAME, PING, most=2), Limit(SAME_LIVE, PING, most=2), Limit(LOOP, ONE_TASK, least=5),
    Limit(SHUTDOWN, LIVE, least=5),
]


def get_collection() -> None:
    """community.libvirt into build/, whole or not at all; nothing that is there already is fetched."""
    target = COLLECTIONS / "ansible_collections"
    if not target.exists():
        COLLECTIONS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=COLLECTIONS) as folder:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
            subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
            with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
                prefix = "ansible_collections/community/libvirt/"
                wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith(prefix)])
            shutil.move(f"{folder}/ansible_collections", target)


if __name__ == "__main__":
    get_collection()
    ours = os.environ.get("ANSIBLE_COLLECTIONS_PATH", BUILD / "collections")
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = f"{ours}:{COLLECTIONS}"
    sys.exit(not run("vm_interface", MEASURED, LIMITS, SETUP))
