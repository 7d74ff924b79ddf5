# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option ``interfaces``, as libvirt/interface/argument_spec.py has it."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.interfaces``, or ``nfv.kvm.interfaces.appliance``."""

    DOCUMENTATION = r"""
options:
  interfaces:
    description:
      - The NICs. Each entry refers to an existing NIC by its O(interfaces[].name), otherwise by its
        O(interfaces[].mac), otherwise by its position in the list. If two NICs have the same MAC address, also set
        O(interfaces[].address).
      - Attributes that are omitted do not change.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Label of the NIC, of letters, digits and C(/ . _ -), such as V(ge-0/0/0). The user alias in libvirt is
            derived from it, such as C(ua-ge-0_0_0).
        type: str
      mac:
        description:
          - MAC address of the NIC. If it is omitted, a new NIC gets a permanent address that starts with C(52:54:00)
            and is derived from the UUID of the domain and the name of the NIC.
        type: str
      type:
        description:
          - Type of the connection. V(hostdev) gives an SR-IOV VF to the guest. V(direct) creates a macvtap on a netdev
            of the host. V(bridge) connects to a Linux bridge, or to Open vSwitch with O(interfaces[].virtualport).
            V(network) connects to a libvirt network.
          - V(ethernet) creates a TAP device that libvirt does not connect to anything. V(user) connects to the network
            of the host through QEMU without privileges. V(vdpa) connects to a vhost-vdpa device.
          - V(vhostuser) connects to the socket of a user-space switch and requires a domain with shared memory. If
            QEMU is the V(server) of the socket, the start of the domain waits for the switch.
          - Required for a new NIC, together with O(interfaces[].source).
          - If you change the type, O(interfaces[].vlan) and O(interfaces[].virtualport) are removed unless you give
            them. All other attributes that the new type supports do not change.
        type: str
        choices: [hostdev, direct, bridge, network, ethernet, user, vdpa, vhostuser]
      source:
        description: What the NIC is connected to. Not with V(ethernet) and V(user).
        type: dict
        suboptions:
          pf: {type: str, description: "With V(hostdev) or V(direct), the PF of the VF, by netdev or PCI address."}
          vf: {type: int, description: "Number of the VF of this PF, starting at 0. V(direct) uses its netdev."}
          pci_address: {type: str, description: "With V(hostdev), the PCI address of the VF, instead of PF and number."}
          bridge: {type: str, description: "With V(bridge), the name of the bridge."}
          network: {type: str, description: "With V(network), the name of the libvirt network."}
          portgroup: {type: str, description: "With V(network), the name of a port group of this network."}
          dev: {type: str, description: "With V(direct), the netdev. With V(vdpa), as C(/dev/vhost-vdpa-0)."}
          mode:
            description:
              - With V(direct), the mode of the macvtap. V(vepa) sends packets between macvtaps through the switch,
                V(bridge) forwards them on the host, V(private) drops them, and V(passthrough) gives the netdev to this
                NIC only. If it is omitted, a new NIC has V(vepa).
              - With V(vhostuser), whether QEMU is the V(client) or the V(server) of the socket.
            type: str
            choices: [vepa, bridge, private, passthrough, client, server]
          path: {type: str, description: "With V(vhostuser), the path of the socket."}
      model:
        description:
          - NIC model that the guest sees, such as V(virtio), V(e1000e), V(e1000), V(rtl8139), V(igb) or V(vmxnet3). Not
            with V(hostdev). V(vdpa) and V(vhostuser) support V(virtio) only.
          - If it is omitted, a new NIC is V(virtio). With M(nfv.kvm.vm_appliance), the profile sets the model.
        type: str
      vlan:
        description:
          - VLANs that the host adds and removes outside the guest. Requires V(hostdev), V(bridge), V(network), or
            V(direct) in mode V(passthrough). A VF supports one VLAN.
        type: dict
        suboptions:
          tags:
            description: VLAN IDs from 1 to 4094. An empty list removes the VLANs.
            type: list
            elements: int
            required: true
          trunk: {type: bool, description: "Whether the guest sees the tags. If omitted, it does with several VLANs."}
          native: {type: int, description: "ID of the VLAN of a trunk whose packets the guest sees without a tag."}
      virtualport:
        description:
          - Parameters of the switch port. V(direct) supports V(802.1Qbg) and V(802.1Qbh), V(hostdev) supports
            V(802.1Qbh), V(bridge) supports V(openvswitch) and V(midonet), and V(network) supports what its network
            supports.
          - Parameters that are omitted do not change if the type stays the same.
        type: dict
        suboptions:
          type:
            description: Type of the virtualport. V(none) removes it. V(802.1Qbg) requires a VLAN device as source.
            type: str
            required: true
            choices: [802.1Qbg, 802.1Qbh, openvswitch, midonet, none]
          managerid: {type: int, description: "With V(802.1Qbg), the ID of the port profile database, 1 to 255."}
          typeid: {type: int, description: "With V(802.1Qbg), the ID of the port profile, 0 to 16777215."}
          typeidversion: {type: int, description: "With V(802.1Qbg), the version of the port profile, 0 to 255."}
          instanceid: {type: str, description: "With V(802.1Qbg), a UUID of the NIC. If omitted, one is created."}
          profileid: {type: str, description: "The port profile. Up to 31 characters (V(802.1Qbh)) or 39 bytes."}
          interfaceid: {type: str, description: "With V(openvswitch) and V(midonet), a UUID. The first creates one."}
      bandwidth:
        description:
          - Bandwidth limits. Requires V(bridge), V(ethernet), V(direct), or a V(network) that does not give VFs.
          - A direction that is given is replaced as a whole. A direction that is omitted does not change.
        type: dict
        suboptions:
          inbound:
            description: Limits of the traffic to the guest.
            type: dict
            suboptions:
              average: &average {type: int, description: "Average in kilobytes per second. V(0) removes the limits."}
              peak: &peak {type: int, description: "Maximum rate during a burst, in kilobytes per second."}
              burst: &burst {type: int, description: "Kibibytes that can be sent at the peak rate."}
              floor:
                description: Guaranteed rate in kilobytes per second. Requires a V(network) that libvirt routes.
                type: int
          outbound:
            description: Limits of the traffic from the guest.
            type: dict
            suboptions:
              average: *average
              peak: *peak
              burst: *burst
      mtu: {type: int, description: "MTU in bytes, with V(bridge), V(network) and V(ethernet)."}
      link_state: {type: str, choices: [up, down], description: "Whether the guest sees a link. Not with V(hostdev)."}
      boot_order: {type: int, description: "Position of the NIC among the boot devices, starting at 1."}
      address:
        description:
          - PCI address of the NIC in the guest, such as V(0000:00:05.0).
          - If it is omitted, a new NIC gets the next free address after the other NICs. With
            O(nfv.kvm.vm_interface#module:state=exact), the addresses follow the order of the list. On Q35, the module
            adds a root port or a PCI bridge if no address is free.
        type: str
      driver:
        description: Settings of the back end of a V(virtio) NIC on the host. Settings that are omitted do not change.
        type: dict
        suboptions:
          name: {type: str, choices: [qemu, vhost], description: "Back end, V(vhost) in the kernel, V(qemu) in QEMU."}
          queues: {type: int, description: "Number of queue pairs, from 1 to 256. Not with V(user)."}
          rx_queue_size: {type: int, description: "Descriptors of a receive queue, V(256), V(512) or V(1024)."}
          tx_queue_size:
            description: Descriptors of a transmit queue. More than V(256) requires V(vdpa) or V(vhostuser).
            type: int
          iommu: {type: bool, description: "Whether the NIC uses the IOMMU of the guest."}
          ats: {type: bool, description: "Whether the NIC caches the address translations of this IOMMU (ATS)."}
          packed: {type: bool, description: "Whether the NIC uses packed virtqueues."}
      filterref:
        description: Network filter of libvirt. Requires V(ethernet), or V(bridge) or V(network) on a Linux bridge.
        type: dict
        suboptions:
          filter: {type: str, required: true, description: "Name, such as V(clean-traffic). An empty text removes it."}
          parameters: {type: dict, description: "Variables of the filter, such as C(IP), with a value or a list each."}
      trust_guest_rx_filters:
        description:
          - Whether the host accepts changes of the MAC addresses and receive filters that a guest makes on a V(virtio)
            NIC. Requires a type that supports O(interfaces[].bandwidth).
        type: bool
      teaming:
        description:
          - Role of the NIC in a pair of NICs that the guest uses as one. The V(transient) NIC is a VF and is unplugged
            during a migration.
          - Both NICs have the same MAC address. If O(interfaces[].mac) is omitted, a V(transient) NIC gets the address
            of the V(persistent) one.
        type: dict
        suboptions:
          type:
            description: Role of the NIC. V(none) ends the pair. A V(persistent) NIC is V(virtio) and has a name.
            type: str
            required: true
            choices: [persistent, transient, none]
          persistent: {type: str, description: "With V(transient), the O(interfaces[].name) of the other NIC."}
      target_dev:
        description:
          - Name of the TAP or macvtap device on the host. Requires a type that supports O(interfaces[].bandwidth). With
            an empty text, libvirt selects a name at each start.
        type: str
      managed:
        description:
          - With V(hostdev), whether libvirt binds the VF to vfio-pci when the domain starts, and to its previous driver
            when the domain stops. A new NIC has V(true).
          - With V(ethernet), whether libvirt creates the TAP device.
        type: bool
      vf:
        description:
          - Settings that libvirt does not manage, of the VF of a V(hostdev) NIC or of the VF below a V(direct) NIC.
          - They are set through the PF at once, remain when the domain starts again, and remain when the NIC is
            removed.
          - To keep them after a reboot of the host, or to set VFs of a V(network), use M(nfv.kvm.sriov_vf).
        type: dict
        suboptions:
          trust: {type: bool, description: "Whether the guest may change its MAC address and use promiscuous mode."}
          spoofchk: {type: bool, description: "Whether the PF drops packets with another source MAC address."}
          min_tx_rate: {type: int, description: "Guaranteed transmit rate in Mbit/s. V(0) removes the guarantee."}
          max_tx_rate: {type: int, description: "Maximum transmit rate in Mbit/s. V(0) removes the limit."}
"""
    # Of an appliance, whose profile names the NICs. It is annotated because the
    # yamllint of ansible-test takes every plain assignment for a literal.
    APPLIANCE: str = r"""
options:
  interfaces:
    description:
      - The NICs in the order in which the appliance numbers them, as with
        O(nfv.kvm.vm_interface#module:state=exact). Other NICs are removed. If this option is omitted, all NICs are
        removed.
      - O(profile.nics) defines the name for each position, so you need O(interfaces[].name) only to check the order. A
        name that belongs to another position is refused.
      - Each NIC requires O(interfaces[].type). Other attributes that are omitted do not change.
    type: list
    elements: dict
""" + DOCUMENTATION[DOCUMENTATION.index("    suboptions:"):]
