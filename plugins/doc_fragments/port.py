# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What networks and port profiles say of the ports of their NICs, as libvirt/port/argument_spec.py has it."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.port``."""

    DOCUMENTATION = r"""
options:
  vlan:
    description:
      - The VLANs, on a network of mode V(bridge) with a bridge, V(hostdev) or V(passthrough). What a NIC says itself
        comes first, then what its port group says, then the network.
    type: dict
    suboptions:
      tags:
        description: VLAN numbers from 1 to 4094. An empty list removes the VLAN. A VF takes one.
        type: list
        elements: int
        required: true
      trunk: {type: bool, description: "Whether the guest sees the tags. By default, if there are several."}
      native: {type: int, description: "The VLAN of a trunk whose packets the guest sees without a tag."}
  virtualport:
    description:
      - What is told to the switch. On macvtaps V(802.1Qbg) or V(802.1Qbh), on VFs V(802.1Qbh), on a bridge
        V(openvswitch). Parameters that are not given stay as they are while the type does.
      - The network, the port group and the NIC can each say a part of it, but not contradict each other.
    type: dict
    suboptions:
      type:
        description: The protocol. V(none) removes the virtualport.
        type: str
        required: true
        choices: [802.1Qbg, 802.1Qbh, openvswitch, midonet, none]
      managerid: {type: int, description: "With V(802.1Qbg), the port profile database, from 1 to 255."}
      typeid: {type: int, description: "With V(802.1Qbg), the port profile, from 0 to 16777215."}
      typeidversion: {type: int, description: "With V(802.1Qbg), the version of the port profile, from 0 to 255."}
      instanceid: {type: str, description: "Each NIC has its own, so that it is refused here."}
      profileid:
        description:
          - With V(802.1Qbh), the port profile of Cisco UCS Manager, 1 to 31 characters of letters, digits and
            C(-.:_).
          - With V(openvswitch), the port profile, up to 39 bytes.
        type: str
      interfaceid: {type: str, description: "Each NIC has its own, so that it is refused here."}
"""
