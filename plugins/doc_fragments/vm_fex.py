# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules that know virtualports of type 802.1Qbh say of Cisco VM-FEX."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.vm_fex``."""

    DOCUMENTATION = r"""
options: {}
notes:
  - The C(profileid) of a virtualport of type V(802.1Qbh) is the name of a port profile in Cisco UCS Manager, 1 to 31
    characters of letters, digits and C(-.:_). M(nfv.kvm.ucs_port_profile) creates it.
  - With a virtualport of type V(802.1Qbh), the module warns about components that are known not to work with Cisco
    VM-FEX. These are certain drivers, adapters, numbers of VFs of a PF and fabric interconnects, and macvtaps that are
    not in mode passthrough on a VF.
  - The JSON file C(/etc/nfv.kvm/vm_fex.json) on the KVM host replaces this knowledge key by key, for example with
    C({"fabric_interconnect":"6454","unsupported_adapters":{}}). Its keys are C(adapter_vendors),
    C(unsupported_drivers), C(unsupported_adapters), C(vf_limits), C(fabric_interconnect),
    C(unsupported_fabric_interconnects) and C(unsupported_topologies).
"""
