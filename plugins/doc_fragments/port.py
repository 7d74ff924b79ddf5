# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What networks and port profiles say of the ports of their NICs, as libvirt/port/argument_spec.py has it."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.port``."""

    DOCUMENTATION = r"""
options:
  vlan:
    description:
      - The VLANs of the NICs. Requires a network of mode V(bridge) with a bridge, V(hostdev) or V(passthrough).
      - The VLANs of a NIC take precedence over those of its port group, and these over those of the network.
      - If it is omitted, the VLANs do not change.
    type: dict
    suboptions:
      tags:
        description: VLAN IDs from 1 to 4094. An empty list removes the VLANs. A VF supports one VLAN.
        type: list
        elements: int
        required: true
      trunk: {type: bool, description: "Whether the guest sees the tags. If it is omitted, it does with several VLANs."}
      native: {type: int, description: "ID of the VLAN of a trunk whose packets the guest sees without a tag."}
  virtualport:
    description:
      - The parameters of the switch port. Macvtaps support V(802.1Qbg) and V(802.1Qbh), VFs support V(802.1Qbh), and
        bridges support V(openvswitch).
      - Parameters that are omitted do not change if the type stays the same.
      - The network, the port group and the NIC can each set a part of the parameters, but must not contradict each
        other.
    type: dict
    suboptions:
      type:
        description: Type of the virtualport. V(none) removes the virtualport.
        type: str
        required: true
        choices: [802.1Qbg, 802.1Qbh, openvswitch, midonet, none]
      managerid: {type: int, description: "With V(802.1Qbg), the ID of the port profile database, 1 to 255."}
      typeid: {type: int, description: "With V(802.1Qbg), the ID of the port profile, 0 to 16777215."}
      typeidversion: {type: int, description: "With V(802.1Qbg), the version of the port profile, 0 to 255."}
      instanceid: {type: str, description: "Refused, because each NIC has its own instance ID."}
      profileid:
        description:
          - With V(802.1Qbh), the name of the port profile in Cisco UCS Manager, 1 to 31 characters of letters, digits
            and C(-.:_).
          - With V(openvswitch), the name of the port profile, up to 39 bytes.
        type: str
      interfaceid: {type: str, description: "Refused, because each NIC has its own interface ID."}
"""
