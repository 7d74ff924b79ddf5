# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a running guest with its host's CPU as it is can go on with another host's, which libvirt does not ask."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# https://libvirt.org/formatdomain.html#cpu-model-and-topology
AS_IT_IS = ("host-passthrough", "maximum")
# virCPUCompareResult
INCOMPATIBLE = 0


def cpu_of(connection: Connection, domain: Element) -> str | None:
    """This host's CPU as libvirt describes it, None for a domain that has another, or where libvirt knows none."""
    cpu = domain.find("cpu")
    if cpu is None or cpu.get("mode") not in AS_IT_IS:
        return None
    with connection.answering("cpu", "describe it"):
        found = xml.parse(connection.handle.getCapabilities()).find("host/cpu")
    return None if found is None or found.find("model") is None else xml.serialise(found)


def check_cpu(connection: Connection, cpu: str) -> None:
    """:raises NotSupported: the CPU of this host lacks something that the given one has"""
    with connection.answering("cpu", "compare it"):
        # It cannot tell of some, as those of ARM.
        result = connection.unless(("VIR_ERR_NO_SUPPORT",), lambda: connection.handle.compareCPU(cpu, 0))
    if result == INCOMPATIBLE:
        model = xml.parse(cpu).findtext("model")
        raise NotSupported("cpu", "the guest uses the CPU of its host unchanged, and the CPU of this host does not "
                           "have all of its features",
                           model, "Shut down the domain and move it then, or set a CPU model that both hosts support "
                           "(virsh hypervisor-cpu-baseline)")
