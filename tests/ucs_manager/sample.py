# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small system to begin with: two fabric interconnects, VLANs, policies, two hosts and a VM that uses a port profile.

From the metadata of ucsmsdk: all classes, what contains what, and that

- vmNic refers to a profile by profileName, and to its host's dynamic vNIC by vnicDn. It is below vmInstance (a VM) or
  vmHv (a hypervisor), which are below ``vmm`` and have hvType kvm. vmVif below vmNic is its interface in a fabric.
- vnicDynamicConPolicy is used by lsServer (dynamicConPolicyName), or by a vNIC of it (vnicDynamicConPolicyRef).
- vmSwitch is a cluster. It has the port profiles that apply to it as vmVnicProfInst (profDn).

From Cisco's manuals: a VM that is off stays for the time of the VM lifecycle policy, 15 minutes if it was not changed;
KVM uses the cluster ``default`` only.

Assumptions: the DN of that cluster; that the NIC of a VM that is off has vStatus offline; the values of this sample.
profileName has at most 16 characters in the metadata though a profile's name may have 31: here it is the whole name.
"""

from __future__ import annotations

from .defaults import DEFAULTS
from .tree import Tree

SWITCH = "sys/extvm-mgmt/virtual-switches/switch-default"
PROFILES = "fabric/lan/profiles"
HOST_UUID = "5c000000-0000-0000-0000-000000000001"
VM_UUID = "5c000000-0000-0000-0000-0000000000a1"


def system(model: str, version: str) -> Tree:
    tree = Tree()
    _chassis(tree, model, version)
    _network(tree)
    _policies(tree)
    _servers(tree)
    add_vm(tree, VM_UUID, "vm1", "web")
    return tree


def add_vm(tree: Tree, uuid: str, name: str, *profiles: str, status: str = "online") -> None:
    """Add a VM with a NIC of each profile."""
    tree.add("vmInstance", f"vmm/vm-{uuid}", uuid=uuid, name=name, hvType="kvm", vStatus=status, clInstType="vm",
             hvUuid=HOST_UUID, hvDn=f"vmm/hv-{HOST_UUID}", lsDn="org-root/ls-kvm1", dvsDn=SWITCH, dvsName="default",
             vendor="redhat", model="Linux")
    for number, profile in enumerate(profiles, 1):
        nic = tree.add("vmNic", f"vmm/vm-{uuid}/nic-{number}", name=str(number), profileName=profile, vStatus=status,
                       macAddr=f"52:54:00:00:{int(uuid[-2:], 16):02X}:{number:02X}", type="ether", switchId="A",
                       vnicDn=f"org-root/ls-kvm1/ether-dynamic-prot-{number:03d}")
        tree.add("vmVif", f"{nic.dn}/sw-Avif-{1000 + number}", phSwitchId="A", vifId=str(1000 + number),
                 operState="active" if status == "online" else "link-down", vStatus=status)


def _created(tree: Tree, kind: str, dn: str, **values: str) -> None:
    """Add an object as if it had been created with these values."""
    tree.add(kind, dn, **{**DEFAULTS[kind], **values})


def _chassis(tree: Tree, model: str, version: str) -> None:
    tree.add("topSystem", "sys", name="ucs-test", address="127.0.0.1", mode="cluster")
    tree.add("mgmtController", "sys/mgmt", subject="system")
    # The second one is where ucsmsdk looks if the answer to its login had no version.
    for parent in ("sys/mgmt", "sys"):
        tree.add("firmwareRunning", f"{parent}/fw-system", deployment="system", version=version, type="system")
    for name in "AB":
        tree.add("networkElement", f"sys/switch-{name}", id=name, model=model, vendor="Cisco Systems, Inc.",
                 serial=f"SSI0000000{name}", operability="operable")
    tree.add("extvmmEp", "sys/extvm-mgmt")
    tree.add("extvmmSwitchSet", "sys/extvm-mgmt/virtual-switches")
    tree.add("vmSwitch", SWITCH, name="default", adminState="enable", manager="unmanaged", own="managed", id="default",
             vendor="undetermined", descr="")


def _network(tree: Tree) -> None:
    tree.add("fabricEp", "fabric")
    tree.add("fabricLanCloud", "fabric/lan", mode="end-host", vlanCompression="disabled")
    for name, number in (("default", 1), ("mgmt", 100), ("web", 200), ("db", 201)):
        _created(tree, "fabricVlan", f"fabric/lan/net-{name}", name=name, id=str(number),
                 defaultNet="yes" if name == "default" else "no")
    _created(tree, "fabricLanPinGroup", "fabric/lan/lan-pin-group-uplink-a", name="uplink-a")
    tree.add("vnicProfileSet", PROFILES)
    _created(tree, "vnicProfile", f"{PROFILES}/vnic-web", name="web", hostNwIOPerf="high-perf-reqd",
             qosPolicyName="gold")
    _created(tree, "vnicEtherIf", f"{PROFILES}/vnic-web/if-web", name="web", defaultNet="yes")
    _created(tree, "vmVnicProfCl", f"{PROFILES}/vnic-web/cl-default", name="default", dcName=".*", orgPath=".*",
             swName="default$")


def _policies(tree: Tree) -> None:
    tree.add("orgOrg", "org-root", name="root", level="root", descr="")
    _created(tree, "orgOrg", "org-root/org-lab", name="lab", level="1")
    _created(tree, "epqosDefinition", "org-root/ep-qos-gold", name="gold")
    _created(tree, "epqosEgress", "org-root/ep-qos-gold/egress", prio="gold")
    for name, cdp in (("default", "disabled"), ("cdp-on", "enabled")):
        _created(tree, "nwctrlDefinition", f"org-root/nwctrl-{name}", name=name, cdp=cdp)
    for name in ("default", "Linux", "SRIOV"):
        _created(tree, "adaptorHostEthIfProfile", f"org-root/eth-profile-{name}", name=name)
    _created(tree, "vnicDynamicConPolicy", "org-root/dynamic-con-kvm", name="kvm", adaptorProfileName="Linux")
    tree.add("vmLifeCyclePolicy", "org-root/vm-lc-policy", name="", descr="", vmRetention="15", vnicRetention="15",
             policyOwner="local")


def _servers(tree: Tree) -> None:
    tree.add("vmEp", "vmm")
    for name, policy, reference in (("kvm1", "kvm", None), ("kvm2", "", "kvm")):
        server = tree.add("lsServer", f"org-root/ls-{name}", name=name, dynamicConPolicyName=policy, descr="",
                          operDynamicConPolicyName=f"org-root/dynamic-con-{policy}" if policy else "",
                          assocState="associated", assignState="assigned", operState="ok", type="instance", usrLbl="",
                          uuid=HOST_UUID if name == "kvm1" else HOST_UUID[:-1] + "2")
        tree.add("vnicEther", f"{server.dn}/ether-eth0", name="eth0", switchId="A-B", adaptorProfileName="Linux")
        if reference:
            tree.add("vnicDynamicConPolicyRef", f"{server.dn}/ether-eth0/con-ref-{reference}", conPolicyName=reference,
                     operConPolicyName=f"org-root/dynamic-con-{reference}")
    tree.add("vmHv", f"vmm/hv-{HOST_UUID}", uuid=HOST_UUID, name="kvm1", hvType="kvm", vStatus="online",
             clInstType="hv", lsDn="org-root/ls-kvm1", dvsDn=SWITCH, dvsName="default", vendor="redhat", model="Linux")
