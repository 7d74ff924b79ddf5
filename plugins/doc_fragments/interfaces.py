# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option ``interfaces``, as libvirt/interface/argument_spec.py has it."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.interfaces``, or ``nfv.kvm.interfaces.appliance``."""

    DOCUMENTATION = r"""
options:
  interfaces:
    description:
      - The NICs. Each is known by its O(interfaces[].name), else by its O(interfaces[].mac), else by its place. Of two
        of one MAC, the O(interfaces[].address) tells which is meant. An attribute that is not given stays as it is.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - A label of letters, digits and C(/ . _ -), such as V(ge-0/0/0), kept as the user alias C(ua-ge-0_0_0).
        type: str
      mac:
        description:
          - The MAC. A new NIC without one gets one of C(52:54:00) that is made from the domain's UUID and the name,
            and keeps it.
        type: str
      type:
        description:
          - V(hostdev) hands an SR-IOV VF to the guest, V(direct) puts a macvtap on a network interface of the host,
            V(bridge) connects to a Linux bridge or with O(interfaces[].virtualport) to Open vSwitch, V(network) to
            a libvirt network, V(ethernet) to a TAP that nothing is done with, V(user) to the host's network without
            rights, V(vdpa) to a vhost-vdpa device, V(vhostuser) to the socket of a user space switch, for which the
            domain needs shared memory; as V(server), its start waits for the switch.
          - A new NIC needs it, with O(interfaces[].source).
          - A NIC that changes its type keeps all but its O(interfaces[].vlan) and O(interfaces[].virtualport), as far
            as the new type has it.
        type: str
        choices: [hostdev, direct, bridge, network, ethernet, user, vdpa, vhostuser]
      source:
        description: What the NIC is connected to. V(ethernet) and V(user) have none.
        type: dict
        suboptions:
          pf: {type: str, description: "With V(hostdev) or V(direct), the PF of the VF, by any name or PCI address."}
          vf: {type: int, description: "With the PF, the number of the VF, from 0. V(direct) takes its netdev."}
          pci_address: {type: str, description: "With V(hostdev), the PCI address of the VF, in place of its PF."}
          bridge: {type: str, description: "With V(bridge), the bridge."}
          network: {type: str, description: "With V(network), the libvirt network."}
          portgroup: {type: str, description: "With V(network), the port group of the network."}
          dev: {type: str, description: "With V(direct), the netdev. With V(vdpa), such as C(/dev/vhost-vdpa-0)."}
          mode:
            description:
              - With V(direct), whether packets between macvtaps go over the switch (V(vepa), for a new NIC without
                one), stay on the host (V(bridge)), go nowhere (V(private)), or the NIC has the interface for itself
                (V(passthrough)). With V(vhostuser), which side of the socket QEMU is.
            type: str
            choices: [vepa, bridge, private, passthrough, client, server]
          path: {type: str, description: "With V(vhostuser), the path of the socket."}
      model:
        description:
          - The NIC model that the guest sees, such as V(virtio), V(e1000e), V(e1000), V(rtl8139), V(igb) or V(vmxnet3).
            Not with V(hostdev); V(vdpa) and V(vhostuser) are always V(virtio).
          - If it is omitted, a new NIC is V(virtio), or one of M(nfv.kvm.vm_appliance) what its profile says.
        type: str
      vlan:
        description:
          - The VLANs, outside the guest, with V(hostdev), V(bridge), V(network) and V(direct) in mode V(passthrough).
            A VF takes one tag.
        type: dict
        suboptions:
          tags:
            description: VLAN numbers from 1 to 4094. An empty list removes the VLAN.
            type: list
            elements: int
            required: true
          trunk: {type: bool, description: "Whether the guest sees the tags. By default, if there are several."}
          native: {type: int, description: "The VLAN of a trunk whose packets the guest sees without a tag."}
      virtualport:
        description:
          - What is told to the switch. V(direct) can have V(802.1Qbg) and V(802.1Qbh), V(hostdev) V(802.1Qbh),
            V(bridge) V(openvswitch) and V(midonet), V(network) what its network can have.
          - Parameters that are not given stay as they are while the type does.
        type: dict
        suboptions:
          type:
            description: The protocol. V(none) removes the virtualport. V(802.1Qbg) needs a VLAN device as source.
            type: str
            required: true
            choices: [802.1Qbg, 802.1Qbh, openvswitch, midonet, none]
          managerid: {type: int, description: "With V(802.1Qbg), the port profile database, from 1 to 255."}
          typeid: {type: int, description: "With V(802.1Qbg), the port profile, from 0 to 16777215."}
          typeidversion: {type: int, description: "With V(802.1Qbg), the version of the port profile, from 0 to 255."}
          instanceid: {type: str, description: "With V(802.1Qbg), a UUID of the NIC. One is made, and kept."}
          profileid: {type: str, description: "With V(802.1Qbh), 1 to 31 characters. With V(openvswitch), to 39 bytes."}
          interfaceid: {type: str, description: "With V(openvswitch) and V(midonet), a UUID. The first gets one."}
      bandwidth:
        description:
          - Limits, with V(bridge), V(ethernet), V(direct) and a V(network) that does not give VFs. A direction that is
            not given stays as it is, one that is given is replaced as a whole.
        type: dict
        suboptions:
          inbound:
            description: Towards the guest.
            type: dict
            suboptions:
              average: &average {type: int, description: "Kilobytes a second. V(0) removes the limit."}
              peak: &peak {type: int, description: "Kilobytes a second that may be reached for a time."}
              burst: &burst {type: int, description: "Kibibytes that may go at the speed of the peak."}
              floor: {type: int, description: "Kilobytes a second that are sure, on a V(network) that libvirt routes."}
          outbound:
            description: From the guest.
            type: dict
            suboptions:
              average: *average
              peak: *peak
              burst: *burst
      mtu: {type: int, description: "The MTU in bytes, with V(bridge), V(network) and V(ethernet)."}
      link_state: {type: str, choices: [up, down], description: "Whether the guest sees a link. Not with V(hostdev)."}
      boot_order: {type: int, description: "The place of the NIC among the boot devices, from 1."}
      address:
        description:
          - The NIC's PCI address in the guest, such as V(0000:00:05.0). Without it, the next one behind the others, or
            with O(nfv.kvm.vm_interface#module:state=exact) one in the order of the list, if need be on a new root port
            or PCI bridge of Q35.
        type: str
      driver:
        description: How the host serves a V(virtio) NIC. What is not given stays as it is.
        type: dict
        suboptions:
          name: {type: str, choices: [qemu, vhost], description: "V(vhost) in the kernel, V(qemu) in QEMU."}
          queues: {type: int, description: "Pairs of queues, from 1 to 256, for the guest's CPUs. Not with V(user)."}
          rx_queue_size: {type: int, description: "Descriptors of a queue to receive, V(256), V(512) or V(1024)."}
          tx_queue_size: {type: int, description: "To send; above V(256) only with V(vdpa) and V(vhostuser)."}
          iommu: {type: bool, description: "Whether the NIC goes through the guest's IOMMU."}
          ats: {type: bool, description: "Whether it caches addresses of that IOMMU."}
          packed: {type: bool, description: "Whether queues are of the packed layout."}
      filterref:
        description: The nwfilter of libvirt, with V(bridge) and V(network) on a Linux bridge and V(ethernet).
        type: dict
        suboptions:
          filter: {type: str, required: true, description: "Its name, such as V(clean-traffic). Empty for none."}
          parameters: {type: dict, description: "Its variables, such as C(IP), each a value or a list of them."}
      trust_guest_rx_filters:
        description: Whether a V(virtio) guest may have the host's side take its MACs, with those that have bandwidth.
        type: bool
      teaming:
        description:
          - The part of the NIC in a pair that the guest takes for one. The V(transient) NIC, a VF, is unplugged for a
            migration. Both have one MAC; a V(transient) one without O(interfaces[].mac) gets that of the other.
        type: dict
        suboptions:
          type:
            description: V(none) ends it. A V(persistent) NIC is V(virtio) and has a name.
            type: str
            required: true
            choices: [persistent, transient, none]
          persistent: {type: str, description: "With V(transient), the O(interfaces[].name) of the other NIC."}
      target_dev:
        description:
          - The host's name of the TAP or macvtap, with those types that have O(interfaces[].bandwidth). Empty for one
            that libvirt makes up at each start.
        type: str
      managed:
        description:
          - With V(hostdev), whether libvirt binds the VF to vfio-pci when the domain starts, and back when it ends.
            A new NIC gets V(true). With V(ethernet), whether libvirt makes the TAP.
        type: bool
      vf:
        description:
          - What libvirt leaves alone of the VF of a V(hostdev) NIC, or of the one below a V(direct) NIC. It is set
            through the PF at once, is there when the domain starts again, and stays when the NIC goes.
          - M(nfv.kvm.sriov_vf) has it outlast the host's restarts, and sets VFs that a V(network) takes at each start.
        type: dict
        suboptions:
          trust: {type: bool, description: "Whether the guest may set its MAC and be promiscuous."}
          spoofchk: {type: bool, description: "Whether packets from another MAC are dropped."}
          min_tx_rate: {type: int, description: "Mbit/s that are sure, V(0) for none."}
          max_tx_rate: {type: int, description: "Mbit/s at most, V(0) for no limit."}
"""
    # Of an appliance, whose profile names the NICs. It is annotated because the
    # yamllint of ansible-test takes every plain assignment for a literal.
    APPLIANCE: str = r"""
options:
  interfaces:
    description:
      - The NICs in the order in which the appliance counts them, as with
        O(nfv.kvm.vm_interface#module:state=exact). Other NICs are removed. If this option is omitted, all are.
      - O(profile.nics) says the name of each place, so O(interfaces[].name) is only needed to check the order. A name
        that belongs to another place is refused.
      - Each NIC needs O(interfaces[].type). Any other attribute that is not given stays as it is.
    type: list
    elements: dict
""" + DOCUMENTATION[DOCUMENTATION.index("    suboptions:"):]
