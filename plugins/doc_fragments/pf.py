# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a PF, as sriov/argument_spec.py has them."""

from __future__ import annotations

import re
import textwrap

# References to options of the PF, and not to other modules or to the uri of the module
OWN = re.compile(r"\bO\((?!nfv\.|uri\b)")


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.pf`` for one PF, ``nfv.kvm.pf.several`` for the option ``pfs``."""

    DOCUMENTATION = r"""
options:
  pf:
    description: The PF, by its netdev or its PCI address, such as V(eno2) or V(0000:83:00.1).
    type: str
    required: true
  numvfs:
    description: Number of VFs. If it is omitted, the number does not change.
    type: int
  drivers_autoprobe:
    description:
      - Whether the kernel binds drivers to new VFs. It is set before O(numvfs). If it is omitted, it does not change.
      - With V(false), new VFs have no netdev on the host. Use it for VFs that guests will use.
    type: bool
  vfs:
    description:
      - Settings of VFs. Each VF can be listed once. VFs that are not listed, and settings that are omitted, do not
        change.
    type: list
    elements: dict
    suboptions:
      index:
        description: Numbers of the VFs, starting at 0, such as V(3), V([0, 2]) or V("0-3,6").
        type: raw
        required: true
      mac:
        description:
          - MAC address that the PF assigns to the VF. The driver of the VF uses it from its next start.
          - Refused if a running domain has the VF, and its NIC has another MAC address.
        type: str
      vlan:
        description:
          - VLAN ID with which the PF tags the packets of the VF. The VF does not see the tag. V(0) turns tagging off.
          - It also sets the priority and the protocol of the tag. If the entry omits these, they are set to V(0) and
            V(802.1Q).
        type: int
      qos:
        description: 802.1p priority of the tag, from V(0) to V(7). Requires O(vfs[].vlan).
        type: int
      vlan_protocol:
        description: Protocol of the tag. Requires O(vfs[].vlan).
        type: str
        choices: [802.1Q, 802.1ad]
      spoofchk:
        description: Whether the PF drops packets that the VF sends with another source MAC address or VLAN.
        type: bool
      trust:
        description: Whether the VF may change its MAC address and receive packets for other addresses.
        type: bool
      link_state:
        description: Link state that the VF sees. V(auto) follows the link of the PF.
        type: str
        choices: [auto, enable, disable]
      min_tx_rate:
        description: Guaranteed transmit rate of the VF in Mbit/s. V(0) removes the guarantee.
        type: int
      max_tx_rate:
        description: Maximum transmit rate of the VF in Mbit/s. V(0) removes the limit.
        type: int
      query_rss:
        description: Whether the VF may query the RSS configuration of the PF.
        type: bool
      driver:
        description:
          - Driver on the host to which the VF is bound. Use V(vfio-pci) for guests and DPDK.
          - V(default) is the driver that the kernel selects for VFs of this model. V(none) unbinds the VF.
          - With V(vfio-pci), a VF that is already bound to a VFIO variant driver, such as V(mlx5_vfio_pci), keeps it.
            libvirt 10.0 or later binds VFs of guests to these drivers.
          - The driver is bound after the other settings, so that it starts with the MAC address. To bind new VFs only
            once, set O(drivers_autoprobe) to V(false).
        type: str
  mtu:
    description: MTU of the PF in bytes. If it is omitted, the MTU does not change.
    type: int
  up:
    description:
      - Whether the PF is administratively up. If it is omitted, this does not change.
      - VFs forward packets only if the PF is up, and libvirt requires it.
    type: bool
  in_use:
    description:
      - What to do if a change of O(numvfs) would remove VFs that are in use. V(fail) reports who uses them and changes
        nothing. V(allow) continues.
      - A VF is in use if a process has it open (a guest, or DPDK, through VFIO, UIO, RDMA or vDPA), if the definition
        of a domain has it or has a network that can give it to the domain, if the VF or a device on top of it is in
        another network namespace, if a device such as a bond, a bridge or a macvtap is on top of it, or if the host has
        an IP address, a route or a TCP session on it. Link-local addresses alone do not count.
      - The same applies to a change of O(vfs[].driver), except for domains that do not run.
      - The same applies to a change of the PF itself that would interrupt a connection. V(fail) refuses O(up=false) and
        any change of O(mtu) if the PF, or a netdev on top of it, has an address or a route of the host, a TCP session
        that is bound to it, or the ssh session of the run. It also refuses them if the PF is a port of a bond, a bridge
        or Open vSwitch, if guests have macvtaps on it, if a netdev on top of it is in another network namespace (a
        container with macvlan), or if one of its VFs is in use. It refuses an O(mtu) that is lower than that of a
        netdev on top of the PF.
      - Many drivers reset the link of the PF when O(numvfs) changes. V(fail) refuses that if the PF, or a netdev on top
        of it, has an address or a route of the host, a TCP session that is bound to it, or the ssh session of the run.
        If the VFs must be on the only NIC of the host, set V(allow). Bonds and bridges without an address of the host,
        and guests and containers on the PF itself, recover from the reset and do not count.
      - If a VF has a network driver and no netdev, the module waits up to 5 seconds for the netdev, because some
        drivers (iavf) create it late. If no network namespace then has it, the VF is free. Before Linux 5.14, the
        kernel does not report the namespace, and the VF counts as in use by another network namespace.
      - With V(allow), VFs are first unplugged from the running domains of O(uri), and the guests must release them. If
        the task fails afterwards, these VFs stay unplugged, and RV(actions) of the failed task lists them.
      - Stop all other processes that have a VF open before you use V(allow), because the kernel would wait for them
        indefinitely. The module checks this again immediately before it removes VFs.
    type: str
    choices: [fail, allow]
    default: fail
  persistent:
    description:
      - Whether the settings are applied again after a reboot. V(true) writes files that apply the number of VFs and all
        settings of this task and of earlier tasks with V(true). V(false) removes these files.
      - If it is omitted, M(nfv.kvm.sriov_vf) does not change the files, and M(nfv.kvm.vm_appliance) uses its
        O(nfv.kvm.vm_appliance#module:persistent).
      - Changes made outside this module, such as those of libvirt for a running guest, are not persisted.
      - A .link file in V(/etc/systemd/network/) applies the settings that systemd supports, udev rules bind the
        drivers, and a service sets O(up). libvirt starts its guests after all of these. Another service sets the rates
        some seconds later, because drivers accept them only when the PF has a link. RV(nfv.kvm.sriov_vf#module:kept)
        returns the file of each setting.
      - Requires systemd 251 or later. V(true) is refused for a PCI function with several netdevs, and if a file of
        yours has the name of one of these files.
      - systemd applies only one .link file to a netdev, the first one by name. The first task with V(true) is refused
        if a .link file of yours matches the PF, even if systemd has not applied it yet. A later task that changes the
        files is refused if a .link file of yours would take precedence.
      - If one of the files cannot be written, none is.
    type: bool
  timeout:
    description: Maximum time in seconds to wait until the VFs appear.
    type: int
    default: 120
"""
    # It is annotated because the yamllint of ansible-test takes every plain assignment for a literal.
    SEVERAL: str = r"""
options:
  pfs:
    description:
      - The PFs to prepare first, each with the options of M(nfv.kvm.sriov_vf). PFs that are not listed do not change.
    type: list
    elements: dict
""" + textwrap.indent(OWN.sub("O(pfs[].", DOCUMENTATION).replace("options:", "suboptions:", 1), "    ")
