# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints as JSON where the kernel has running domains, and what libvirt has defined: seen.py DOMAIN...

``free`` are the free huge pages of 2 MiB by node. Of each of the ``domains``: the CPUs of each vCPU, those of all other
threads of its QEMU, its huge pages by node, whether its memory is locked, whether KSM may merge some of it, and the
parts of its definition.
"""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def seen(domain: str) -> dict[str, object]:
    process = Path("/proc", Path(f"/run/libvirt/qemu/{domain}.pid").read_text(encoding="utf-8"))
    vcpus, emulator = {}, set()
    for task in process.glob("task/*"):
        try:
            status = dict(re.findall(r"(?m)^(\w+):\t(.*)$", (task / "status").read_text(encoding="utf-8")))
        except (FileNotFoundError, ProcessLookupError):  # a worker that has ended
            continue
        if status["Name"].startswith("CPU "):
            vcpus[status["Name"]] = status["Cpus_allowed_list"]
        elif not status["Name"].startswith("kvm-"):  # threads of the kernel, which a vCPU starts
            emulator.add(status["Cpus_allowed_list"])
    pages: dict[str, int] = {}
    for line in (process / "numa_maps").read_text(encoding="utf-8").splitlines():
        if "kernelpagesize_kB=2048" in line:
            for node, count in re.findall(r" (N\d+)=(\d+)", line):
                pages[node] = pages.get(node, 0) + int(count)
    # lo: locked, mg: may be merged (Linux Documentation/filesystems/proc.rst)
    flags = set(re.findall(r"\b(?:lo|mg)\b", " ".join(
        re.findall(r"(?m)^VmFlags: (.*)$", (process / "smaps").read_text(encoding="utf-8")))))
    definition = ET.fromstring(subprocess.check_output(["virsh", "dumpxml", "--inactive", domain]))
    return {
        "vcpus": vcpus, "emulator": sorted(emulator), "pages": pages,
        "locked": "lo" in flags, "mergeable": "mg" in flags,
        "tuning": {one.tag: one.attrib for part in ("cputune", "numatune") for one in definition.findall(f"{part}/*")},
        "backing": sorted(one.tag for one in definition.findall("memoryBacking/*")),
    }


if __name__ == "__main__":
    free = sorted(Path("/sys/devices/system/node").glob("node*/hugepages/hugepages-2048kB/free_hugepages"))
    print(json.dumps({"free": [int(node.read_text(encoding="utf-8")) for node in free],
                      "domains": {name: seen(name) for name in sys.argv[1:]}}))
