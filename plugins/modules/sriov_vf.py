#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: sriov_vf
short_description: The SR-IOV virtual functions of one physical function
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Makes the virtual functions (VFs) of a physical function (PF) and gives each its MAC, VLAN, trust and limits.
  - VFs that are not named in O(vfs) keep what they have; a change of O(numvfs) keeps the settings of all that stay.
  - A run that is killed during a change of O(numvfs) is finished by the next task for this PF. VFs that were changed in
    between, such as by a guest that was started, keep what they have. If one is in use and was not changed, O(in_use)
    decides.
  - One process reads the PF with all of its VFs, one changes their settings.
extends_documentation_fragment:
  - nfv.kvm.attributes
options:
  pf:
    description: The PF, by its network interface or its PCI address, such as V(eno2) or V(0000:83:00.1).
    type: str
    required: true
  numvfs:
    description: How many VFs there are to be; they stay as they are where it is not given.
    type: int
  drivers_autoprobe:
    description:
      - Whether the host binds drivers to VFs when they are made. It is set before O(numvfs).
      - With V(false), VFs have no network interface in the host, which is right for VFs that guests will hold.
    type: bool
  vfs:
    description: The VFs that are managed, each once. An option that is not given is left as it is.
    type: list
    elements: dict
    suboptions:
      index:
        description: Which VFs, counted from 0; V(3), V([0, 2]) or V("0-3,6").
        type: raw
        required: true
      mac:
        description:
          - The MAC that the PF gives the VF; the VF's driver takes it when it starts next.
          - Refused where a domain runs with the VF and its NIC has another one.
        type: str
      vlan:
        description:
          - The VLAN that the PF tags the VF's packets with, unseen by the VF. V(0) is none.
          - It brings its own priority and protocol, V(0) and V(802.1Q) where the entry does not give them.
        type: int
      qos:
        description: The 802.1p priority of the tag, V(0) to V(7). Needs O(vfs[].vlan).
        type: int
      vlan_protocol:
        description: The tag's protocol. Needs O(vfs[].vlan).
        type: str
        choices: [802.1Q, 802.1ad]
      spoofchk:
        description: Whether packets with another source MAC or VLAN are dropped.
        type: bool
      trust:
        description: Whether the VF may change its MAC and receive what is not meant for it.
        type: bool
      link_state:
        description: What link the VF sees; V(auto) is that of the PF.
        type: str
        choices: [auto, enable, disable]
      min_tx_rate:
        description: The bandwidth that the VF is guaranteed to send with, in Mbit/s; V(0) is none.
        type: int
      max_tx_rate:
        description: The bandwidth that the VF may send with at most, in Mbit/s; V(0) is no limit.
        type: int
      query_rss:
        description: Whether the VF may ask for the PF's RSS configuration.
        type: bool
      driver:
        description:
          - The driver in the host that the VF is bound to, such as V(vfio-pci), for guests and DPDK.
          - V(default) is the one that the kernel gives VFs of this kind, V(none) leaves it unbound.
          - With V(vfio-pci), a VF that is bound to a VFIO variant driver already, such as V(mlx5_vfio_pci), keeps it.
            libvirt 10.0 or later binds VFs of guests to these drivers.
          - It is bound after the settings, so that a VF that is bound anew starts with its MAC. To bind new VFs only
            once, set O(drivers_autoprobe) to V(false).
        type: str
  mtu:
    description: The MTU of the PF, in bytes.
    type: int
  up:
    description: Whether the PF is up; VFs carry packets only while it is, and libvirt wants it so.
    type: bool
  in_use:
    description:
      - What to do if a change of O(numvfs) would take away VFs that are in use. V(fail) names who uses them and changes
        nothing, V(allow) goes on.
      - A VF is in use if a process has it open (a guest, or DPDK, by VFIO, UIO, RDMA or vDPA), if a domain is defined
        with it or with a network that can give it to the domain, if the VF or a device on top of it is in another
        network namespace, if a device such as a bond, a bridge or a macvtap is on top of it, or if the host has an IP
        address, a route or a TCP session on it. Link-local addresses alone do not count.
      - The same applies to a change of O(vfs[].driver), except for domains that do not run.
      - The same applies to a change of the PF itself that would cut somebody off. V(fail) refuses O(up=false) and any
        other O(mtu) if the PF, or an interface on top of it, has an address or a route of the host, a TCP session that
        is bound to it, or the ssh session of the run, if it is a leg of a bond or a port of a bridge or of Open
        vSwitch, if guests have macvtaps on it, if an interface on top of it is in another network namespace (a
        container with macvlan), and if one of its VFs is in use. It also refuses an O(mtu) below that of an interface
        on top of the PF.
      - Many drivers reset the link of the PF when O(numvfs) changes. V(fail) refuses that if the PF, or an interface on
        top of it, has an address or a route of the host, a TCP session that is bound to it, or the ssh session of the
        run. On a host whose only NIC is to have VFs, set V(allow). Bonds and bridges without an address of the host
        outlast the reset, and so do guests and containers on the PF itself; they do not count.
      - A VF that has a network driver and no network interface is looked at for up to 5 seconds, because some drivers
        (iavf) make the interface late. If no network namespace shows it then, the VF is free. Before Linux 5.14 the
        kernel does not tell where it is, and the VF counts as in use by another network namespace.
      - With V(allow), VFs are first unplugged from the running domains of O(uri), and their guests must release them.
        If the task fails afterwards, what was unplugged stays so, and RV(actions) of the failure lists it.
        Any other process that has a VF open must be stopped first, because the kernel would wait for it indefinitely.
        This is checked again right before VFs are taken away.
    type: str
    choices: [fail, allow]
    default: fail
  persistent:
    description:
      - Whether the same is there again after a reboot. V(true) keeps the number of VFs and all that this task and
        earlier ones with V(true) set, V(false) removes what they wrote; without it those files stay as they are.
      - What others change on the host, such as libvirt for a running guest, is not kept.
      - What systemd can do is done by a .link file (V(/etc/systemd/network/)), drivers by udev rules, O(up) by a
        service. libvirt starts its guests after all of these. Rates follow some seconds later, since drivers take them
        only once the PF has a link. RV(kept) says which setting is kept where.
      - Needs systemd 251 or newer. Refused for a PCI function with several network interfaces, and where a file of
        yours has the name of one of these files.
      - systemd applies only one .link file to an interface, the first one by name. The first task with V(true) is
        refused if a .link file of yours is for the PF, applied already or not. A later task that changes the files is
        refused if a .link file of yours would take precedence.
      - All files are written, or none.
    type: bool
  timeout:
    description: How many seconds the VFs may take to appear.
    type: int
    default: 120
  uri:
    description:
      - The libvirt whose domains may use the VFs. A host without libvirt is fine; one with it needs python3-libvirt
        and python3-lxml.
    type: str
    default: qemu:///system
seealso:
  - module: nfv.kvm.sriov_vf_info
  - module: nfv.kvm.vm_interface
  - module: nfv.kvm.bios_check
"""

EXAMPLES = r"""
- name: Four VFs on eno2, in place of echo 4 > /sys/class/net/eno2/device/sriov_numvfs
  nfv.kvm.sriov_vf:
    pf: eno2
    up: true
    numvfs: 4

- name: VF 0 for a firewall's inside, VFs 1 to 3 locked into VLAN 200
  nfv.kvm.sriov_vf:
    pf: eno2
    vfs:
      - index: 0
        mac: 52:54:00:aa:00:01
        vlan: 100
        trust: true
        spoofchk: false
      - index: 1-3
        vlan: 200
        max_tx_rate: 1000

- name: Eight VFs for DPDK, there again after a reboot
  nfv.kvm.sriov_vf:
    pf: eno2
    up: true
    numvfs: 8
    drivers_autoprobe: false
    vfs:
      - index: 0-7
        driver: vfio-pci
        trust: true
    persistent: true

- name: No VFs, unless a guest still uses one
  nfv.kvm.sriov_vf:
    pf: "0000:83:00.1"
    numvfs: 0
"""

RETURN = r"""
actions:
  description: The changes in words; the same in check mode.
  returned: always
  type: list
  elements: str
  sample: ["eno2: numvfs 0 → 4", "VF 0 of eno2: vlan 0 → 100"]
pf:
  description: The PF afterwards.
  returned: success
  type: dict
  contains:
    name: {description: Its network interface., type: str, sample: eno2}
    pci_address: {description: Where it is., type: str, sample: "0000:83:00.1"}
    driver: {description: Its driver., type: str, sample: i40e}
    numvfs: {description: How many VFs it has., type: int, sample: 4}
    totalvfs: {description: How many VFs it can have., type: int, sample: 64}
    mtu: {description: Its MTU in bytes., type: int, sample: 1500}
    up: {description: Whether it is administratively up., type: bool, sample: true}
    link_up: {description: Whether it has a link., type: bool, sample: true}
    numa_node: {description: "Its NUMA node, none where the firmware names none.", type: int, sample: 1}
vfs:
  description:
    - All VFs of the PF afterwards, in order.
    - In check mode, of a VF that is still to be made, only the index, PCI address and settings are known.
  returned: success
  type: list
  elements: dict
  contains:
    index: {description: Its number., type: int, sample: 0}
    pci_address: {description: Where it is., type: str, sample: "0000:83:0a.0"}
    netdev: {description: Its network interface in the host., type: str, sample: eno2v0}
    driver: {description: Its driver in the host., type: str, sample: iavf}
    iommu_group: {description: Its IOMMU group until the next boot., type: int, sample: 57}
    numa_node: {description: "Its NUMA node, none where the firmware names none.", type: int, sample: 1}
    used_by:
      description: The domain that has it, none where no domain has.
      type: dict
      contains:
        domain: {description: The name of the domain., type: str, sample: edge}
        mac: {description: The MAC of its NIC., type: str, sample: "52:54:00:aa:00:01"}
        live: {description: Whether the domain runs with it., type: bool, sample: true}
        persistent: {description: Whether the domain's definition has it., type: bool, sample: true}
    mac: {description: Its MAC., type: str, sample: "52:54:00:aa:00:01"}
    vlan: {description: "Its VLAN, 0 for none.", type: int, sample: 100}
    qos: {description: The priority of its tag., type: int, sample: 0}
    vlan_protocol: {description: The protocol of its tag., type: str, sample: 802.1Q}
    spoofchk: {description: Whether spoofed packets are dropped., type: bool, sample: false}
    trust: {description: Whether it is trusted., type: bool, sample: true}
    link_state: {description: The link it sees., type: str, sample: auto}
    min_tx_rate: {description: Mbit/s., type: int, sample: 0}
    max_tx_rate: {description: Mbit/s., type: int, sample: 0}
    query_rss: {description: "Whether it may ask for the RSS configuration, none if not known.", type: bool}
kept:
  description: The settings that are there again after a reboot, each with the file that sees to it.
  returned: success
  type: dict
  sample: {numvfs: "/etc/systemd/network/10-nfv-kvm-0000:83:00.1.link",
           driver: "/etc/udev/rules.d/70-nfv-kvm-0000:83:00.1.rules"}
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.argument_spec import OPTIONS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.plan import pf_resource

SPEC = {**OPTIONS, "uri": {"type": "str", "default": "qemu:///system"}}


def main() -> None:
    engine.run(module_with(SPEC), pf_resource)


if __name__ == "__main__":
    main()
