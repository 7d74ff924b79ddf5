#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_interface
short_description: The NICs of a libvirt domain, in the order in which its guest counts them
version_added: 0.1.0
description:
  - Adds, changes, orders and removes the NICs of one domain. All of them go into its persistent definition in one step.
  - A running domain gets at once what libvirt can change while it runs, that is new NICs, removed NICs, VFs that are
    plugged anew, the link state, bandwidth, filter and Linux bridge. All else waits for its next start; the module
    returns what waits, and causes that start only with O(restart=allowed).
  - What is missing on the host, or in use there by another domain, a process or the host itself, is refused first.
    That includes a network without enough free devices (VFs, or netdevs for macvtaps of mode passthrough). libvirt
    chooses among them without looking at the host, so devices that the host uses cause a warning.
options:
  domain:
    description: Name of the domain.
    type: str
    required: true
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
            Not with V(hostdev); V(vdpa) and V(vhostuser) are always V(virtio). A new NIC without one is V(virtio).
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
          - The NIC's PCI address in the guest, such as V(0000:00:05.0). Without it, the next one behind the others,
            or with O(state=exact) one in the order of the list, if need be on a new root port or PCI bridge of Q35.
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
  state:
    description:
      - V(present) makes these NICs so and leaves others alone. It gives no NIC another name.
      - V(absent) removes these NICs; only their name, MAC and address count.
      - V(exact) makes these NICs and no others, with guest PCI addresses that ascend in the order of the list.
        Addresses that are in order already stay.
    type: str
    choices: [present, absent, exact]
    default: present
  restart:
    description:
      - V(allowed) restarts the domain once at the end, only if something waits for that. Its guest is asked to shut
        down, never forced; only one that has crashed is. A saved domain is not started, but its saved state discarded.
    type: str
    choices: [never, allowed]
    default: never
  timeout: {type: int, default: 120, description: "Seconds that the guest may take to shut down."}
extends_documentation_fragment:
  - nfv.kvm.libvirt
  - nfv.kvm.vm_fex
  - nfv.kvm.attributes
author: nfv.kvm contributors (@nfv-kvm)
seealso:
  - module: nfv.kvm.vm_domain
  - module: nfv.kvm.sriov_vf
"""

EXAMPLES = r"""
- name: The NICs of a router, in its own order
  nfv.kvm.vm_interface:
    domain: edge1
    state: exact
    interfaces:
      - {name: fxp0, type: bridge, source: {bridge: br-mgmt}, model: virtio}
      - {name: ge-0/0/0, type: hostdev, source: {pf: eno2, vf: 0}, vlan: {tags: [100]}, vf: {max_tx_rate: 1000}}
      - {name: ge-0/0/1, type: hostdev, source: {pf: eno3, vf: 0}, vf: {trust: true, spoofchk: false}}

- name: A macvtap, a trunk of Open vSwitch, and 802.1Qbg over a VLAN device
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: ge-0/0/2, type: direct, source: {dev: eno4, mode: bridge}}
      - {name: ge-0/0/3, type: bridge, source: {bridge: ovsbr0}, virtualport: {type: openvswitch},
         vlan: {tags: [10, 20], native: 20}}
      - {name: ge-0/0/4, type: direct, source: {dev: eno5.100, mode: vepa},
         virtualport: {type: 802.1Qbg, managerid: 11, typeid: 1193047, typeidversion: 2}}

- name: A VF with a virtio NIC that stands in for it during a migration
  nfv.kvm.vm_interface:
    domain: edge1
    restart: allowed
    interfaces:
      - {name: backup0, type: bridge, source: {bridge: br0}, teaming: {type: persistent}}
      - {name: vf0, type: network, source: {network: pool}, teaming: {type: transient, persistent: backup0}}

- name: Pull the cable of one
  nfv.kvm.vm_interface:
    domain: edge1
    interfaces:
      - {name: fxp0, link_state: down}

- name: Take one out, also of the running domain
  nfv.kvm.vm_interface:
    domain: edge1
    state: absent
    interfaces:
      - name: ge-0/0/1
"""

RETURN = r"""
interfaces:
  description: All NICs of the domain's persistent definition, in the order in which the guest counts them.
  returned: success
  type: list
  elements: dict
  contains:
    name: {type: str, sample: ge-0/0/0, description: "The label as given, else as the alias has it, or null."}
    mac: {type: str, sample: "52:54:00:12:34:56", description: "The MAC."}
    type: {type: str, sample: hostdev, description: "The interface type."}
    source:
      description: What it is connected to, by the keys of O(interfaces[].source), for a VF C(pci_address).
      type: dict
      sample: {"pci_address": "0000:02:10.0"}
    model: {type: str, sample: virtio, description: "The NIC model, null where libvirt has none."}
    pci_address: {type: str, sample: "0000:00:04.0", description: "PCI address in the guest."}
    changes:
      description:
        - Each attribute that this run changed. V(live) is in effect, V(config) is in the definition of a domain that
          does not run or does not notice, V(needs_restart) waits for the domain's next start without a saved state.
      type: dict
      sample: {"vlan": "needs_restart"}
needs_restart:
  description: Whether the running domain, or the saved state of a saved one, has other NICs than its definition.
  returned: success
  type: bool
  sample: false
actions:
  description: What was done, or would be done in check mode, in words.
  returned: always
  type: list
  elements: str
  sample: ["NIC fxp0 of edge1: link_state up → down live"]
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.argument_spec import INTERFACE
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

SPEC = {
    "domain": {"type": "str", "required": True},
    "interfaces": {"type": "list", "elements": "dict", "required": True, "options": INTERFACE},
    "state": {"type": "str", "choices": ["present", "absent", "exact"], "default": "present"},
    "restart": {"type": "str", "choices": ["never", "allowed"], "default": "never"},
    "timeout": {"type": "int", "default": 120},
    "uri": {"type": "str", "default": "qemu:///system"},
}


def main() -> None:
    engine.run(module_with(SPEC), interface_resource)


if __name__ == "__main__":
    main()
