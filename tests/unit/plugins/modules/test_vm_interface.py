# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to vm_interface, through the module itself: one error with object, value and remedy, nothing changed."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.modules import vm_interface
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.interface.test_refusals import (
    BACKUP,
    BRIDGE,
    DIRECT,
    LIMIT,
    MAC,
    TRANSIENT,
    VF,
    VHOSTUSER,
    furnish,
    on,
)
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.interface.test_refusals import WRONG as REFUSED
from ansible_collections.nfv.kvm.tests.unit.plugins.modules.wronginput import one_host, tells
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

USED_MAC = "52:54:00:00:0b:00"
GIVEN = {"domain": "a", "interfaces": [BRIDGE]}


def nic(**more: t.Any) -> Result:
    """A NIC on the Linux bridge, the only one of the list."""
    return {"interfaces": [{**BRIDGE, **more}]}


def of(domain: str, *interfaces: Result, **more: t.Any) -> Result:
    """NICs of another domain than the empty one."""
    return {"domain": domain, "interfaces": list(interfaces), **more}


# The host has what furnish() of test_refusals gives it, and these domains: a (pc, no NIC), q (q35, no NIC), b (pc, runs
# with VF 1 of enp2s0 and USED_MAC), c (pc, has NICs fxp0 and ge0, runs), boot (boots as a whole), gone (transient),
# paused.
WRONG: list[tuple[Result, str]] = [
    # the domain, and how the module is to work
    ({"domain": None}, "missing required arguments: domain"),
    ({"interfaces": None}, "missing required arguments: interfaces"),
    ({"domain": ""}, "domain = '': this host has no such domain"),
    ({"domain": "nonesuch"}, "domain = 'nonesuch': this host has no such domain"),
    ({"domain": "a; reboot"}, "domain = 'a; reboot': this host has no such domain"),
    (of("gone", BRIDGE), "domain = 'gone': this domain is transient"),
    (of("gone", {"name": "n"}, state="absent"), "domain = 'gone': this domain is transient"),
    ({"state": "running"}, "value of state must be one of: present, absent, exact, got: running"),
    ({"restart": "always"}, "value of restart must be one of: never, allowed, got: always"),
    ({"restart": True}, "value of restart must be one of: never, allowed, got: True"),
    ({"timeout": 0}, "timeout = 0: it must be at least 1"),
    ({"timeout": -5}, "timeout = -5"),
    ({"timeout": "long"}, "'timeout' is of type str"),
    ({"uri": "xen:///"}, "libvirt at xen:///: cannot be reached"),
    ({"force": True}, "Unsupported parameters for"),
    ({"interface": [BRIDGE]}, "Unsupported parameters for"),
    # the list
    ({"interfaces": {"n": BRIDGE}}, "'interfaces' is of type dict"),
    (nic(speed=1000), "interfaces.speed"),
    ({"interfaces": [{}]}, "yet, and a new NIC needs a type"),
    ({"interfaces": [{"name": "n"}]}, "interfaces[0].type: the domain has no NIC n yet"),
    ({"interfaces": [{"mac": MAC}]}, f"interfaces[0].type: the domain has no NIC {MAC} yet"),
    ({"interfaces": [{"name": "n", "link_state": "down"}], "state": "exact"}, "interfaces[0].type: the"),
    ({"interfaces": [{"type": "user"}], "state": "absent"}, "interfaces[0]: it has neither name nor mac"),
    ({"interfaces": [BRIDGE, BRIDGE]}, "interfaces[1].name = 'n': interfaces[0] already has it"),
    ({"interfaces": [{**BRIDGE, "name": "a/b"}, {**BRIDGE, "name": "a.b"}]}, "interfaces[1].name = 'a.b': inter"),
    ({"interfaces": [{**BRIDGE, "mac": MAC}, {**BRIDGE, "name": "m", "mac": MAC.replace(":", "-")}]},
     f"interfaces[1].mac = '{MAC}': interfaces[0] already has it"),
    ({"interfaces": [{**BRIDGE, "boot_order": 2}, {**BRIDGE, "name": "m", "boot_order": 2}]},
     "interfaces[1].boot_order = 2: interfaces[0] already has it"),
    ({"interfaces": [{**BRIDGE, "address": "0000:00:05.0"}, {**BRIDGE, "name": "m", "address": "0000:00:05.0"}]},
     "interfaces[1].address = '0000:00:05.0': interfaces[0] already has it"),
    ({"interfaces": [{**BRIDGE, "target_dev": "tap0"}, {**BRIDGE, "name": "m", "target_dev": "tap0"}]},
     "interfaces[1].target_dev = 'tap0': interfaces[0] already has it"),
    ({"interfaces": [VF, {**VF, "name": "m"}]}, "interfaces[1].source = '0000:02:10.0': interfaces[0] already"),
    ({"interfaces": [{**BRIDGE, "address": "0000:00:06.0"}, {**BRIDGE, "name": "m", "address": "0000:00:05.0"}],
      "state": "exact"}, "interfaces = ['0000:00:06.0', '0000:00:05.0']: the explicit addresses do not ascend"),
    # names, MACs, addresses
    (nic(name=""), "interfaces[0].name = ''"),
    (nic(name="ge 0"), "interfaces[0].name = 'ge 0'"),
    (nic(name="x" * 65), "interfaces[0].name = 'xxx"),
    (nic(name="n\n"), "interfaces[0].name = 'n\\n'"),
    (nic(name="größe"), "interfaces[0].name = 'größe'"),
    (nic(mac="52:54:00:00:00"), "interfaces[0].mac = '52:54:00:00:00': this is not a MAC address"),
    (nic(mac="random"), "interfaces[0].mac = 'random': this is not a MAC address"),
    (nic(mac="01:00:5e:00:00:01"), "interfaces[0].mac = '01:00:5e:00:00:01': this is a multicast"),
    (nic(mac="00:00:00:00:00:00"), "interfaces[0].mac = '00:00:00:00:00:00': this is the all-zero address"),
    (nic(mac=USED_MAC), f"interfaces[0].mac = '{USED_MAC}': domain b already has this MAC"),
    (nic(mac=USED_MAC.upper()), f"interfaces[0].mac = '{USED_MAC}': domain b already has this MAC"),
    (nic(address="5"), "interfaces[0].address = '5': this is not a PCI address"),
    (nic(address="00:05.0"), "interfaces[0].address = '00:05.0'"),
    (nic(address="0000:00:05.8"), "interfaces[0].address = '0000:00:05.8'"),
    (nic(address="0000:00:03.0"), "interfaces[0].address = '0000:00:03.0': a disk of the domain already has this "
     "address"),
    (nic(address="0000:00:03.1"), "interfaces[0].address = '0000:00:03.1': a disk of the domain already has this "
     "address"),
    (of("q", {**BRIDGE, "address": "0000:02:01.0"}), "is a pcie-root-port, which does not have this slot"),
    ({"interfaces": [{**BRIDGE, "name": f"n{number}"} for number in range(29)]}, "the guest has no free PCI address"),
    # types and sources
    (nic(type="tap"), "value of type must be one of: hostdev, direct, bridge, "),
    (nic(type=5), "got: 5"),
    (nic(source={"bridge": "br0", "name": "x"}), "interfaces.source.name"),
    (nic(source=None), "interfaces[0].source: a NIC of type bridge requires exactly bridge"),
    (nic(source={}), "interfaces[0].source: a NIC of type bridge requires exactly bridge"),
    (nic(source={"bridge": ""}), "interfaces[0].source.bridge = '': it is empty"),
    (nic(source={"bridge": "br-none"}), "interfaces[0].source.bridge = 'br-none': this host has no such bridge"),
    (nic(source={"bridge": "../br0"}), "interfaces[0].source.bridge = '../br0': this host has no such bridge"),
    (nic(source={"bridge": "eth7"}), "interfaces[0].source.bridge = 'eth7': this network interface is not a Linux "
     "bridge"),
    (nic(source={"network": "lan"}), "interfaces[0].source = {'network': 'lan'}: a NIC of type bridge requires"),
    ({"interfaces": [{"name": "n", "source": {"bridge": "br0"}}]},
     "interfaces[0].source = {'bridge': 'br0'}: a source has no effect without a type"),
    ({"interfaces": [on("nonesuch")]}, "interfaces[0].source.network = 'nonesuch': libvirt has no such network"),
    ({"interfaces": [on("asleep")]}, "interfaces[0].source.network = 'asleep': this network is not started"),
    ({"interfaces": [on("lan", source={"network": "lan", "portgroup": "blue"})]},
     "interfaces[0].source.portgroup = 'blue': network lan does not have this port group"),
    ({"interfaces": [{**VF, "source": {"pf": "enp9s0", "vf": 0}}]}, "interfaces[0].source.pf = 'enp9s0': this"),
    ({"interfaces": [{**VF, "source": {"pf": "0000:99:00.0", "vf": 0}}]}, "interfaces[0].source.pf = '0000:99:00.0'"),
    ({"interfaces": [{**VF, "source": {"pf": "eth7", "vf": 0}}]}, "interfaces[0].source.pf = 'eth7': this device"),
    ({"interfaces": [{**VF, "source": {"pf": "enp2s0", "vf": 3}}]}, "interfaces[0].source.vf = 3: PF enp2s0 has "),
    ({"interfaces": [{**VF, "source": {"pf": "enp2s0", "vf": -1}}]}, "interfaces[0].source.vf = -1: the first VF is"),
    ({"interfaces": [{**VF, "source": {"pf": "enp2s0", "vf": "all"}}]}, "'vf' is of type str"),
    ({"interfaces": [{**VF, "source": {"pf": "enp2s0"}}]}, "interfaces[0].source = {'pf': 'enp2s0'}: a NIC of"),
    ({"interfaces": [{**VF, "source": {"pf": "enp3s0", "vf": 0}}]},
     "interfaces[0].source = '0000:03:10.0': its PF enp3s0 is down"),
    ({"interfaces": [{**VF, "source": {"pci_address": "0000:03:10.2"}}]},
     "interfaces[0].source = '0000:03:10.2': its PF enp3s0 is down"),
    ({"interfaces": [{**VF, "source": {"pci_address": "0000:02:00.0"}}]},
     "interfaces[0].source = '0000:02:00.0': this PCI device is not a VF"),
    ({"interfaces": [{**VF, "source": {"pci_address": "0000:99:10.0"}}]},
     "interfaces[0].source = '0000:99:10.0': this host has no such PCI device"),
    ({"interfaces": [{**VF, "source": {"pci_address": "eno1"}}]},
     "interfaces[0].source.pci_address = 'eno1': this is not a PCI address"),
    ({"interfaces": [{**VF, "source": {"pci_address": "0000:02:10.0", "pf": "enp2s0", "vf": 0}}]},
     "a NIC of type hostdev requires exactly pf and vf or pci_address"),
    ({"interfaces": [{**VF, "source": {"pf": "enp2s0", "vf": 1}}]},
     "interfaces[0].source = '0000:02:10.2': VF 1 of enp2s0 is in use by domain b"),
    (of("c", {"name": "ge0", **VF, "source": {"pci_address": "0000:02:10.2"}}, restart="allowed"),
     "interfaces[0].source = '0000:02:10.2': VF 1 of enp2s0 is in use by domain b"),
    ({"interfaces": [{**DIRECT, "source": {"dev": "eth7", "mode": "nat"}}]}, "value of mode must be one of: vepa, "),
    ({"interfaces": [{**VHOSTUSER, "source": {"path": "", "mode": "client"}}]}, "interfaces[0].source.path = ''"),
    # VLANs
    (nic(vlan={}), "missing required arguments: tags found in interfaces -> vlan"),
    (nic(vlan={"tags": ["blue"]}), "Elements value for option 'tags'"),
    (nic(vlan={"tags": [4095]}), "interfaces[0].vlan.tags = 4095: it must be from 1 to 4094"),
    (nic(vlan={"tags": [0]}), "interfaces[0].vlan.tags = 0: it must be from 1 to 4094"),
    (nic(vlan={"tags": [5, 5]}), "interfaces[0].vlan.tags = [5, 5]: a tag is listed twice"),
    (nic(vlan={"tags": [], "trunk": True}), "interfaces[0].vlan.trunk = True: a trunk needs at least one tag"),
    (nic(vlan={"tags": [5, 6], "trunk": False}), "interfaces[0].vlan.trunk = False: several tags require a trunk"),
    (nic(vlan={"tags": [5, 6], "native": 7}), "interfaces[0].vlan.native = 7: the native VLAN must be one of the tags"),
    (nic(vlan={"tags": [5], "native": 5}), "interfaces[0].vlan.native = 5"),
    (nic(vlan={"tags": [5], "trunk": "perhaps"}), "'trunk' is of type str"),
    (nic(source={"bridge": "br1"}, vlan={"tags": [5]}), "interfaces[0].vlan = '5': bridge br1 does not filter VLANs"),
    ({"interfaces": [{**VF, "vlan": {"tags": [5, 6]}}]}, "interfaces[0].vlan = '5,6 trunk': a VF supports exactly one"),
    ({"interfaces": [{**VF, "vlan": {"tags": [5], "trunk": True}}]}, "interfaces[0].vlan = '5 trunk': a VF supports"),
    ({"interfaces": [on("lan", vlan={"tags": [5]})]}, "interfaces[0].vlan = '5': libvirt cannot set a VLAN on network "
     "lan"),
    ({"interfaces": [on("pool", vlan={"tags": [5, 6]})]}, "interfaces[0].vlan = '5,6 trunk': network pool gives VFs"),
    # virtualports
    (nic(virtualport={"profileid": "x"}), "missing required arguments: type found in interfaces -> virtualport"),
    (nic(virtualport={"type": "ovs"}), "value of type must be one of: 802.1Qbg, 802.1Qbh, openvswitch, midonet, none"),
    (nic(virtualport={"type": "midonet", "managerid": "x"}), "'managerid' is of type str"),
    # bandwidth
    (nic(bandwidth={"both": {"average": 1}}), "interfaces.bandwidth.both"),
    (nic(bandwidth={"inbound": {"average": "1G"}}), "'average' is of type str"),
    (nic(bandwidth={"outbound": {"average": 5, "floor": 1}}), "interfaces.bandwidth.outbound.floor"),
    (nic(bandwidth={"inbound": {"average": 2**32}}), "interfaces[0].bandwidth.inbound.average = 4294967296"),
    (nic(bandwidth={"outbound": {"average": 5, "burst": -1}}), "interfaces[0].bandwidth.outbound.burst = -1"),
    ({"interfaces": [{**VHOSTUSER, "bandwidth": LIMIT}]}, "interfaces[0].bandwidth = 'average=100': a NIC of"),
    # MTU, link, boot order, model
    (nic(mtu=67), "interfaces[0].mtu = 67: it must be from 68 to 65535"),
    (nic(mtu=65536), "interfaces[0].mtu = 65536"),
    (nic(mtu="jumbo"), "'mtu' is of type str"),
    ({"interfaces": [{**VF, "mtu": 9000}]}, "interfaces[0].mtu = 9000: a NIC of type hostdev does not support it"),
    (nic(link_state="off"), "value of link_state must be one of: up, down, got: "),
    ({"interfaces": [{**VF, "link_state": "down"}]}, "interfaces[0].link_state = 'down': a NIC of type hostdev"),
    (nic(boot_order=0), "interfaces[0].boot_order = 0: it must be from 1 to 65535"),
    (nic(boot_order="first"), "'boot_order' is of type str"),
    (of("boot", {**BRIDGE, "boot_order": 1}), "interfaces[0].boot_order = 1: the <os> element of the domain"),
    (of("c", {**BRIDGE, "boot_order": 4}), "interfaces[0].boot_order = 4: NIC fxp0 already has it"),
    (nic(model=""), "interfaces[0].model = ''"),
    (nic(model="virtio net"), "interfaces[0].model = 'virtio net': this is not a NIC model"),
    ({"interfaces": [{**VF, "model": "virtio"}]}, "interfaces[0].model = 'virtio': a NIC of type hostdev does not "
     "support it"),
    # driver, filter, the rest
    (nic(driver={"name": "dpdk"}), "value of name must be one of: qemu, vhost, got: dpdk"),
    (nic(driver={"queues": "four"}), "'queues' is of type str"),
    (nic(driver={"queues": 257}), "interfaces[0].driver.queues = 257: it must be from 1 to 256"),
    (nic(driver={"rx_queue_size": 2048}), "interfaces[0].driver.rx_queue_size = 2048"),
    (nic(driver={"iommu": "sure"}), "'iommu' is of type str"),
    (nic(driver={"ats": 2}), "'ats' is of type int"),
    (nic(driver={"packed": []}), "'packed' is of type list"),
    (nic(filterref={"parameters": {"IP": "x"}}), "missing required arguments: filter found in interfaces -> filterref"),
    (nic(filterref={"filter": "clean-traffic", "parameters": ["IP"]}), "filterref.parameters = ['IP']: it must be a"),
    (nic(trust_guest_rx_filters="sure"), "'trust_guest_rx_filters' is of type str"),
    (nic(teaming={"type": "bond"}), "value of type must be one of: persistent, transient, none, got: bond"),
    (nic(teaming={}), "missing required arguments: type found in interfaces -> teaming"),
    ({"interfaces": [{**BACKUP, "mac": MAC}, {**TRANSIENT, "mac": "52:54:00:00:00:02"}]},
     f"interfaces[1].mac = '52:54:00:00:00:02': the two NICs of a team need the same MAC, and back has {MAC}"),
    (nic(target_dev=".."), "interfaces[0].target_dev = '..'"),
    (nic(managed="perhaps"), "'managed' is of type str"),
    (nic(managed=True), "interfaces[0].managed = True: a NIC of type bridge does not support it"),
    # What libvirt leaves alone of a VF
    (nic(vf={"trust": True}), "interfaces[0].vf = 'br0': this NIC of type bridge has no VF"),
    (nic(vf={"trust": "maybe"}), "'trust' is of type str"),
    ({"interfaces": [{**VF, "vf": {"max_tx_rate": -1}}]}, "interfaces[0].vf.max_tx_rate = -1"),
    ({"interfaces": [{**VF, "vf": {"min_tx_rate": 9, "max_tx_rate": 8}}]}, "interfaces[0].vf.min_tx_rate = 9"),
    ({"interfaces": [{**VF, "vf": {"max_tx_rate": "fast"}}]}, "'max_tx_rate' is of type str"),
    ({"interfaces": [{**VF, "vf": {"mac": "52:54:00:00:00:01"}}]}, "Unsupported parameters"),
    # NICs that are there
    (of("c", {"name": "fxp0"}, {"mac": "52:54:00:00:0c:00"}), "interfaces[1]: it refers to NIC 52:54:00:00:0c:00, as "
     "does"),
    (of("c", {"name": "ge0", "mac": "52:54:00:00:0c:00"}), "its name is that of NIC ge0 (address 0000"),
    (of("c", {"name": "wan", "mac": "52:54:00:00:0c:00"}), "interfaces[0].name = 'wan': NIC fxp0 (address 0000:00"),
    (of("c", {"name": "ge0", "mac": USED_MAC}), f"interfaces[0].mac = '{USED_MAC}': domain b already has this MAC"),
    (of("c", {"name": "ge0", "vlan": {"tags": [1, 2]}}), "interfaces[0].vlan = '1,2 trunk': a VF supports exactly one"),
    (of("c", {"name": "ge0", "model": "e1000e"}), "interfaces[0].model = 'e1000e': a NIC of type hostdev does not "
     "support it"),
    (of("c", {"name": "fxp0", "model": "e1000e", "driver": {"queues": 2}}), "interfaces[0].driver.queues = 2: libvirt"),
    (of("c", {"name": "ge0", "virtualport": {"type": "openvswitch"}}),
     "interfaces[0].virtualport.type = 'openvswitch'"),
    (of("paused", {"name": "n", "model": "e1000e"}, restart="allowed"), "domain paused: it is paused"),
    # what is no dictionary
    ({"interfaces": "n"}, "interfaces[0] = 'n': it must be a dictionary. Give its options (name, mac, type, source, "),
    ({"interfaces": ["n"]}, "interfaces[0] = 'n': it must be a dictionary"),
    ({"interfaces": [BRIDGE, None]}, "interfaces[1]: it must be a dictionary"),
    ({"interfaces": [BRIDGE, 5]}, "interfaces[1] = 5: it must be a dictionary"),
    (nic(source="br0"), "interfaces[0].source = 'br0': it must be a dictionary"),
    (nic(source=5), "interfaces[0].source = 5: it must be a dictionary"),
    (nic(vlan="blue"), "interfaces[0].vlan = 'blue': it must be a dictionary. Give its options (tags, trunk, native)"),
    (nic(vlan=[5]), "interfaces[0].vlan = [5]: it must be a dictionary"),
    (nic(virtualport="openvswitch"), "interfaces[0].virtualport = 'openvswitch': it must be a dictionary"),
    (nic(bandwidth="1G"), "interfaces[0].bandwidth = '1G': it must be a dictionary"),
    (nic(bandwidth={"inbound": "1G"}), "interfaces[0].bandwidth.inbound = '1G': it must be a dictionary"),
    (nic(bandwidth={"outbound": 1}), "interfaces[0].bandwidth.outbound = 1: it must be a dictionary"),
    (nic(driver="vhost"), "interfaces[0].driver = 'vhost': it must be a dictionary"),
    (nic(filterref="clean-traffic"), "interfaces[0].filterref = 'clean-traffic': it must be a dictionary"),
    (nic(teaming=True), "interfaces[0].teaming = True: it must be a dictionary"),
    # truth values for integers, and characters that nothing can carry
    (nic(vlan={"tags": [True]}), "interfaces[0].vlan.tags[0] = True: it must be an integer. Write a whole number"),
    (nic(vlan={"tags": [5, 6], "native": False}), "interfaces[0].vlan.native = False: it must be an integer"),
    (nic(mtu=True), "interfaces[0].mtu = True: it must be an integer"),
    (nic(vlan={"tags": float("inf")}), "interfaces[0].vlan.tags[0] = 'inf': it must be an integer"),
    (nic(mtu=[1500]), "interfaces[0].mtu = [1500]: it must be an integer"),
    (nic(mtu=10**400), "interfaces[0].mtu: it must be an integer"),
    (nic(mtu={"a": 1}), "interfaces[0].mtu = {'a': 1}: it must be an integer"),
    ({"timeout": float("inf")}, "timeout = inf: it must be an integer"),
    ({"timeout": "1e999999999"}, "timeout = '1e999999999': it must be an integer"),
    (nic(name="n\0"), "interfaces[0].name = 'n\\x00': it has the character U+0000, which is not allowed in XML"),
    (nic(source={"bridge": "br0\ud800"}), "interfaces[0].source.bridge = 'br0\\ud800': it has the character U+D800"),
    (nic(filterref={"filter": "f", "parameters": {"IP": ["\uffff"]}}), "filterref.parameters.IP[0] = '\\uffff': it"),
    (nic(filterref={"filter": "f", "parameters": {"\x1b": 1}}), "interfaces[0].filterref.parameters, the name of an"),
    ({"domain": "a\0"}, "domain = 'a\\x00': it has the character U+0000"),
    ({"state": "a\0"}, "state = 'a\\x00': it has the character U+0000"),
    ({"more\0": 1}, "the name of an option = 'more\\x00': it has the character U+0000"),
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    with one_host(tmp_path_factory, fill) as made:
        yield made


def fill(lab: Lab, patch: pytest.MonkeyPatch) -> None:
    """The other domains, as the comment above WRONG lists them, a bridge and a network."""
    furnish(lab, patch)
    lab.files.write("/sys/class/net/br1/bridge/vlan_filtering", "0")
    lab.network("asleep", "", active=False)
    for name in ("b", "c", "boot", "gone", "paused"):
        lab.domain(name)
    lab.domain("q", machine="q35")
    given: list[tuple[str, list[Result]]] = [
        ("b", [{**VF, "source": {"pci_address": "0000:02:10.2"}, "mac": USED_MAC}]),
        ("c", [{**BRIDGE, "name": "fxp0", "mac": "52:54:00:00:0c:00", "boot_order": 4},
               {**VF, "name": "ge0", "mac": "52:54:00:00:0c:01", "source": {"pci_address": "0000:02:10.4"}}]),
        ("paused", [BRIDGE])]
    for name, interfaces in given:
        assert not lab.vm_interface(*interfaces, domain=name)["failed"]
        lab.libvirt.found[name].create()
    lab.libvirt.found["paused"].suspend()
    lab.libvirt.found["gone"].create()
    lab.libvirt.found["gone"].persistent = 0
    os_element = lab.libvirt.found["boot"].xml.find("os")
    os_element.append(os_element.makeelement("boot", {"dev": "hd"}))


ROWS = WRONG + [({"interfaces": items}, words) for items, words in REFUSED]


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("wrong", "told"), ROWS)
def test_wrong_input(lab: Lab, capsys: pytest.CaptureFixture[str], wrong: Result, told: str, check_mode: bool) -> None:
    tells(lab, vm_interface.main, {**GIVEN, **wrong}, capsys, told, check_mode)
