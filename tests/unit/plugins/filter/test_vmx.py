# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vendor's files are read as they are, and what they ask of a host is made of them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.dict_transformations import dict_merge
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.filter.appliance import FilterModule as Appliance
from ansible_collections.nfv.kvm.plugins.filter.vmx import FilterModule
from ansible_collections.nfv.kvm.plugins.module_utils.appliance.vmx import model

Dict = dict[str, t.Any]
FILTERS = {**Appliance().filters(), **FilterModule().filters()}
appliance_nics, appliance_domain, vmx_conf, vmx_junosdev, vmx_plan, vmx_refused, vmx_wanted = (
    FILTERS[name] for name in ("appliance_nics", "appliance_domain", "vmx_conf", "vmx_junosdev", "vmx_plan",
                               "vmx_refused", "vmx_wanted"))
FILES = Path(__file__).with_name("vmx")
REPOSITORY = Path(__file__).parents[4]
NOTE = "/etc/systemd/network/05-nfv-kvm-{0}.netdev:# Written by nfv.kvm's role virtual_switch: bridge {0}"

# The role's variables as its defaults leave them.
DEFAULTS: Dict = {
    "id": "", "release": None, "size": "", "images": {}, "vcp": {}, "vfp": {}, "interfaces": [],
    "external_bridge": None, "management_interface": None, "management_bridged": False, "unjoined_bridge": "virbr0",
    "reserved_vnics": None, "modified_drivers": [], "placement": {}, "overrides": {"vcp": {}, "vfp": {}},
}


def conf(name: str) -> Dict:
    return vmx_conf((FILES / f"vmx-{name}.conf").read_text())


def joins() -> list[Dict]:
    return vmx_junosdev((FILES / "vmx-junosdev.conf").read_text())


def wanted(name: str, links: list[Dict] | None = None, **variables: t.Any) -> Dict:
    return vmx_wanted({**DEFAULTS, **variables}, conf(name), links or [])


def host(*bridges: str, own: t.Sequence[str] = (), said: t.Sequence[str] = (), **kinds: str) -> Dict:
    links = [{"ifname": name, "linkinfo": {"info_kind": kinds.get(name, "bridge")}} for name in ["virbr0", *bridges]]
    return {"links": links, "own": [NOTE.format(name) for name in own], "said": "\n".join(said)}


PFS = ("pf\teth1\tixgbe\t0\t63", "pf\teth2\tixgbe\t8\t63", "pages\t2048\t8192")


def test_virtio() -> None:
    assert conf("virtio") == {
        "id": "vmx1", "release": "17.2R1.13", "management_interface": "eth0", "external_bridge": "br-ext",
        "images": {"vcp": "/home/vmx/images/junos-vmx-x86-64-17.2R1.13.qcow2", "hdd": "/home/vmx/images/vmxhdd.img",
                   "vfp": "/home/vmx/images/vFPC-20170523.img"},
        "vcp": {"vcpus": 1, "memory": 1024, "console_port": 8601, "mac": "0A:00:DD:C0:DE:0E",
                "address": "10.102.144.94"},
        "vfp": {"vcpus": 3, "memory": 6144, "console_port": 8602, "mac": "0A:00:DD:C0:DE:10",
                "address": "10.102.144.98"},
        "interfaces": [{"name": f"ge-0/0/{number}", "type": "virtio", "mac": f"02:06:0A:0E:FF:F{number}"}
                       for number in range(4)],
        "ignored": [],
    }


def test_sriov() -> None:
    found = conf("sriov")
    assert (found["id"], found["release"], found["external_bridge"]) == ("vmx2", "18.2R1.9", "br-mgmt")
    assert found["interfaces"] == [
        {"name": "ge-0/0/0", "type": "sriov", "mac": "02:06:0A:0E:FF:E0", "nic": "eth1", "virtual_function": 0,
         "mtu": 2000, "port_speed": 10000},
        {"name": "ge-0/0/1", "type": "sriov", "mac": "02:06:0A:0E:FF:E1", "nic": "eth2", "virtual_function": 3,
         "mtu": 2000, "port_speed": 10000},
    ]


def test_mixed_in_one_document() -> None:
    found = conf("mixed")
    assert (found["id"], found["release"], found["ignored"]) == ("07", "14.1R5.4", ["FORWARDING_PLANE.numa"])
    assert "external_bridge" not in found
    assert "mac" not in found["vcp"]
    assert found["interfaces"] == [
        {"name": "xe-0/0/0", "type": "sriov", "mac": "52:54:00:12:34:56", "nic": "ens2f0", "virtual_function": 1,
         "mtu": 9000},
        {"name": "xe-0/0/1", "type": "virtio", "mac": "52:54:00:12:34:57"},
    ]


@pytest.mark.parametrize("name", ["virtio", "sriov", "mixed"])
def test_documents_come_in_any_order(name: str) -> None:
    text = (FILES / f"vmx-{name}.conf").read_text()
    assert vmx_conf("\n---\n".join(reversed(text.split("\n---")))) == vmx_conf(text)


OTHERS = "\nCONTROL_PLANE: {a: 1}\nFORWARDING_PLANE: {a: 1}\nJUNOS_DEVICES: [{a: 1}]"


@pytest.mark.parametrize(("text", "told"), [
    ("HOST: [", r"vmx\.conf: line \d+: this is not YAML"),
    ("just words", r"vmx\.conf = 'just words': it must be a dictionary"),
    ("", "vmx.conf: HOST: this section is missing or empty. Write it as in Juniper's sample"),
    ("HOST: {identifier: a}\n---\nHOST: {identifier: b}", "HOST: there are two such sections"),
    ("HOST: {a: 1}\nCONTROL_PLANE: {a: 1}\nFORWARDING_PLANE: {a: 1}\n", "JUNOS_DEVICES: this section is missing"),
    (f"HOST: [a]{OTHERS}", r"HOST = \['a'\]: it must be a dictionary"),
    (f"HOST: {{a: 1}}\nBRIDGES: br-ext{OTHERS}", "BRIDGES = 'br-ext': it must be a list"),
    ("HOST: {a: 1}\nCONTROL_PLANE: {a: 1}\nFORWARDING_PLANE: {a: 1}\nJUNOS_DEVICES: [ge-0/0/0]",
     r"JUNOS_DEVICES\[0\] = 'ge-0/0/0': it must be a dictionary"),
    ("HOST: {a: 1}\nCONTROL_PLANE: {interfaces: {ipaddr: 1}}\nFORWARDING_PLANE: {a: 1}\nJUNOS_DEVICES: [{a: 1}]",
     r"CONTROL_PLANE\.interfaces = .*: it must be a list"),
])
def test_no_vmx_conf(text: str, told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        vmx_conf(text)


@given(place=st.integers(min_value=0), value=st.sampled_from(["[a]", "{a: b}", "", "[]", "~", "-1", "x y", "9" * 30]))
@pytest.mark.parametrize("name", ["vmx-virtio", "vmx-sriov", "vmx-junosdev"])
def test_any_value_is_taken_or_refused(name: str, place: int, value: str) -> None:
    lines = (FILES / f"{name}.conf").read_text().splitlines()
    values = [number for number, line in enumerate(lines) if re.search(r": *[^ ]+", line) and "#" not in line]
    number = values[place % len(values)]
    lines[number] = f"{lines[number].partition(': ')[0]}: {value}"
    text = "\n".join(lines)
    with contextlib.suppress(AnsibleFilterError):
        if name == "vmx-junosdev":
            vmx_refused(wanted("virtio", vmx_junosdev(text)))
        else:
            vmx_refused(vmx_wanted(DEFAULTS, vmx_conf(text), []))


def test_what_is_not_understood_is_told() -> None:
    text = (FILES / "vmx-virtio.conf").read_text() + """
---
SPECIAL: {a: 1}
"""
    text = text.replace('"0A:00:DD:C0:DE:10"', '"0A:00:DD:C0:DE:10"\n      - {ipaddr: 192.0.2.1}')
    assert vmx_conf(text)["ignored"] == ["FORWARDING_PLANE.interfaces[1]", "SPECIAL"]


def test_what_junos_devices_are_joined_to() -> None:
    assert joins() == [
        {"vmx": "vmx1", "interface": "ge-0/0/0", "link": "vmx_link1", "mtu": 1500, "bridge": "br-v10"},
        {"vmx": "vmx1", "interface": "ge-0/0/1", "link": "vmx_link2", "mtu": 9000, "host_dev": "eth5"},
        {"vmx": "vmx1", "interface": "ge-0/0/2", "link": "vmx_link3",
         "peer": {"vmx": "vmx3", "interface": "ge-0/0/0"}},
        {"vmx": "vmx3", "interface": "ge-0/0/0", "link": "vmx_link3",
         "peer": {"vmx": "vmx1", "interface": "ge-0/0/2"}},
    ]


@pytest.mark.parametrize("text", ["", "interfaces:", "---\n", "interfaces: []"])
def test_no_links(text: str) -> None:
    assert vmx_junosdev(text) == []


JUNOS = "[{type: junos_dev, vm_name: vmx1, dev_name: ge-0/0/0}]"
BRIDGE = "[{type: bridge_dev, dev_name: br0}]"


@pytest.mark.parametrize(("text", "told"), [
    ("interfaces: [a: b: c]", r"vmx-junosdev\.conf: line 1: this is not YAML"),
    ("interfaces: {a: 1}", "interfaces = .*: it must be a list"),
    (f"interfaces: [{{endpoint_1: {JUNOS}, endpoint_2: {BRIDGE}}}]", r"interfaces\[0\].link_name: it is missing"),
    (f"interfaces: [{{link_name: a, endpoint_1: 1, endpoint_2: {BRIDGE}}}]", r"endpoint_1 = '1': it must be a list"),
    (f"interfaces: [{{link_name: a, endpoint_1: {BRIDGE}, endpoint_2: {BRIDGE}}}]",
     "link_name = 'a': neither end of this link is a junos_dev"),
    (f"interfaces: [{{link_name: a, endpoint_1: {JUNOS}}}]", "endpoint_2: it must be one device"),
    (f"interfaces: [{{link_name: a, endpoint_1: {JUNOS}, endpoint_2: [{{type: tap, dev_name: b}}]}}]",
     "endpoint_2.*type = 'tap': it must be one of bridge_dev, host_dev, junos_dev"),
    (f"interfaces: [{{link_name: a, endpoint_1: [{{type: junos_dev, dev_name: b}}], endpoint_2: {BRIDGE}}}]",
     "endpoint_1.*vm_name: a junos_dev must have that of its vMX"),
    (f"interfaces: [{{link_name: a, endpoint_1: {JUNOS}, endpoint_2: [{BRIDGE}, {BRIDGE}]}}]",
     r"endpoint_2\[0\] = .*: it must be a dictionary"),
    (f"interfaces: [{{link_name: a, endpoint_1: {JUNOS}, endpoint_2: {JUNOS[:-1]}, {JUNOS[1:]}}}]",
     "endpoint_2: it must be one device"),
    (f"interfaces: [{{link_name: a, endpoint_1: {JUNOS}, endpoint_2: [{{type: bridge_dev}}]}}]",
     "dev_name: it is missing"),
])
def test_no_vmx_junosdev(text: str, told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        vmx_junosdev(text)


def test_the_junos_device_may_be_the_second_end() -> None:
    text = f"interfaces: [{{link_name: a, endpoint_1: {BRIDGE}, endpoint_2: {JUNOS}}}]"
    assert vmx_junosdev(text) == [{"vmx": "vmx1", "interface": "ge-0/0/0", "link": "a", "bridge": "br0"}]


@pytest.mark.parametrize(("variables", "size", "vfp"), [
    ({}, "lite", {"vcpus": 3, "memory": 6144}),
    ({"size": "performance"}, "performance", {"vcpus": 7, "memory": 12288}),
    ({"vfp": {"vcpus": 4}}, "lite", {"vcpus": 4, "memory": 6144}),
    ({"vfp": {"vcpus": "9"}}, "performance", {"vcpus": 9, "memory": 12288}),
    ({"size": "lite", "vfp": {"vcpus": 9}}, "lite", {"vcpus": 9, "memory": 6144}),
])
def test_sizes(variables: Dict, size: str, vfp: Dict) -> None:
    found = vmx_wanted({**DEFAULTS, **variables}, {}, [])
    assert (found["size"], found["vfp"]) == (size, vfp)


@pytest.mark.parametrize(("name", "size"), [("virtio", "lite"), ("sriov", "performance"), ("mixed", "performance")])
def test_sizes_of_files(name: str, size: str) -> None:
    assert wanted(name)["size"] == size


@pytest.mark.parametrize(("release", "reserved"), [
    ("14.1R5.4", 0), ("15.1F6.9", 1), ("17.2R1", 1), ("22.4R1", 1), ("latest", None), (None, None),
])
def test_reserved_vnics(release: str | None, reserved: int | None) -> None:
    assert model.reserved_vnics(release) == reserved


def test_variables_come_before_files() -> None:
    found = wanted("virtio", joins(), id="vmx3", release="14.1R1", vcp={"memory": 2048}, images={"hdd": "/hdd"},
                   external_bridge="br0", interfaces=[{"name": "ge-0/0/1", "bridge": "br-own"}, {"name": "ge-0/0/4"}])
    assert (found["id"], found["release"], found["reserved_vnics"]) == ("vmx3", "14.1R1", 0)
    assert (found["external_bridge"], found["images"]["hdd"], found["vcp"]["memory"]) == ("br0", "/hdd", 2048)
    assert [each["bridge"] for each in found["interfaces"]] == ["vmx_link3", "br-own", "virbr0", "virbr0", "virbr0"]
    assert found["interfaces"][1]["mac"] == "02:06:0A:0E:FF:F1"


def test_joins_give_bridges() -> None:
    found = wanted("virtio", joins())
    assert [each["bridge"] for each in found["interfaces"]] == ["br-v10", "vmx_link2", "vmx_link3", "virbr0"]
    assert found["strays"] == []
    assert wanted("mixed", [{**join, "vmx": "07"} for join in joins()])["strays"] == [
        "ge-0/0/0", "ge-0/0/1", "ge-0/0/2", "ge-0/0/0"]


def test_plan_of_virtio() -> None:
    plan = vmx_plan(wanted("virtio", joins()), host("br-v10", said=["file\t/home/vmx/images/metadata-usb-re.img"]))
    assert plan["bridges"] == [
        {"name": "br-ext", "ports": []}, {"name": "br-int-vmx1"}, {"name": "vmx_link2", "ports": ["eth5"], "mtu": 9000},
        {"name": "vmx_link3", "ports": []}]
    assert plan["vcp"] == {
        "name": "vcp-vmx1", "profile": "vmx_vcp",
        "overrides": {
            "image": "/home/vmx/images/junos-vmx-x86-64-17.2R1.13.qcow2", "vcpus": 1, "memory": 1024,
            "console": {"port": 8601}, "smbios": {"system": {"product": "VM-vcp_vmx1-161-re-0"}},
            "disks": [
                {"name": "hdd", "image": "/home/vmx/images/vmxhdd.img", "bus": "ide", "format": "qcow2"},
                {"name": "metadata", "image": "/home/vmx/images/metadata-usb-re.img", "bus": "usb", "format": "raw"}]},
        "interfaces": [
            {"type": "bridge", "source": {"bridge": "br-ext"}, "mac": "0A:00:DD:C0:DE:0E"},
            {"type": "bridge", "source": {"bridge": "br-int-vmx1"}}],
    }
    vfp = plan["vfp"]
    assert (vfp["name"], vfp["pfs"], vfp["overrides"]["disks"]) == ("vfp-vmx1", [], [])
    assert vfp["overrides"]["nics"] == {"management": ["ext", "int", "reserved0"], "data": "ge-0/0/{n}"}
    assert vfp["interfaces"][2:5] == [
        {"type": "ethernet"},
        {"type": "bridge", "source": {"bridge": "br-v10"}, "mac": "02:06:0A:0E:FF:F0", "model": "virtio", "mtu": 1500},
        {"type": "bridge", "source": {"bridge": "vmx_link2"}, "mac": "02:06:0A:0E:FF:F1", "model": "virtio",
         "mtu": 9000},
    ]


@pytest.mark.parametrize(("name", "bridges"), [
    ("virtio", ["br-int-vmx1", "vmx_link2", "vmx_link3"]), ("sriov", ["br-int-vmx2"])])
def test_what_leaves_is_what_was_made_but_for_the_external_bridge(name: str, bridges: list[str]) -> None:
    vmx = wanted(name, joins())
    leaving = FILTERS["vmx_leaving"](vmx)
    assert leaving["domains"] == [f"vcp-{vmx['id']}", f"vfp-{vmx['id']}"]
    assert [bridge["name"] for bridge in leaving["bridges"]] == bridges


def test_nothing_leaves_without_an_id() -> None:
    with pytest.raises(AnsibleFilterError, match=r"vmx_id.*: it must have 1 to 8 characters"):
        FILTERS["vmx_leaving"](vmx_wanted(DEFAULTS, {}, []))


def test_plan_of_sriov() -> None:
    plan = vmx_plan(wanted("sriov", interfaces=[{"name": "ge-0/0/1", "vlan": 200}]), host("br-mgmt", said=PFS))
    assert plan["bridges"] == [{"name": "br-int-vmx2"}]
    assert plan["vfp"]["pfs"] == [
        {"pf": "eth1", "up": True, "numvfs": 1, "mtu": 2000,
         "vfs": [{"index": 0, "mac": "02:06:0A:0E:FF:E0", "max_tx_rate": 10000}]},
        {"pf": "eth2", "up": True, "numvfs": 8, "mtu": 2000,
         "vfs": [{"index": 3, "mac": "02:06:0A:0E:FF:E1", "vlan": 200, "max_tx_rate": 10000}]},
    ]
    assert plan["vfp"]["interfaces"][3:] == [
        {"type": "hostdev", "source": {"pf": "eth1", "vf": 0}, "mac": "02:06:0A:0E:FF:E0"},
        {"type": "hostdev", "source": {"pf": "eth2", "vf": 3}, "mac": "02:06:0A:0E:FF:E1", "vlan": {"tags": [200]}},
    ]


def test_plan_of_mixed() -> None:
    plan = vmx_plan(wanted("mixed"), host(said=["pf\tens2f0\tigb\t1\t7"], virbr0="openvswitch"))
    assert plan["vfp"]["overrides"]["nics"] == {"management": ["ext", "int"], "data": "xe-0/0/{n}"}
    assert plan["vfp"]["pfs"] == [{"pf": "ens2f0", "up": True, "numvfs": 2, "mtu": 9000,
                                   "vfs": [{"index": 1, "mac": "52:54:00:12:34:56"}]}]
    assert plan["vfp"]["interfaces"][-1]["virtualport"] == {"type": "openvswitch"}


def test_an_external_bridge_of_open_vswitch() -> None:
    plan = vmx_plan(wanted("virtio"), host("br-ext", **{"br-ext": "openvswitch"}))
    for part in ("vcp", "vfp"):
        external, internal = plan[part]["interfaces"][:2]
        assert (external["virtualport"], "virtualport" in internal) == ({"type": "openvswitch"}, False)


@pytest.mark.parametrize(("there", "own", "bridged", "made"), [
    ([], [], False, [[]]),
    ([], [], True, [["eth0"]]),
    (["br-ext"], [], True, []),
    (["br-ext"], ["br-ext"], True, [["eth0"]]),
    # which another vMX has put there, whose management it is
    (["br-ext"], ["br-ext", "br-ext port eth0"], False, [["eth0"]]),
])
def test_an_external_bridge_of_somebody_else_is_left_alone(
        there: list[str], own: list[str], bridged: bool, made: list[list[str]]) -> None:
    plan = vmx_plan(wanted("virtio", management_bridged=bridged), host(*there, own=own))
    assert [bridge["ports"] for bridge in plan["bridges"] if bridge["name"] == "br-ext"] == made


def domain(part: Dict) -> tuple[list[Dict], ElementTree.Element]:
    """The NICs and the XML that the role virtual_appliance makes of its part."""
    profile = yaml.safe_load((REPOSITORY / f"roles/virtual_appliance/profiles/{part['profile']}.yml").read_text())
    whole = dict_merge(profile, part["overrides"])
    day0 = "/images/day0.img" if "day0" in whole else ""
    xml = appliance_domain(whole, part["name"], f"/images/{part['name']}", day0)
    return appliance_nics(part["interfaces"], whole), ElementTree.fromstring(xml)


def disks(xml: ElementTree.Element) -> list[tuple[str, str, str]]:
    """Each disk's file, device and format."""
    found = [(disk.find("source"), disk.find("target"), disk.find("driver")) for disk in xml.iter("disk")]
    return [(source.attrib["file"].rpartition("/")[2], target.attrib["dev"], driver.attrib["type"])
            for source, target, driver in found
            if source is not None and target is not None and driver is not None]


def test_domain_of_the_control_plane() -> None:
    beside = "file\t/home/vmx/images/metadata-usb-re.img"
    nics, xml = domain(vmx_plan(wanted("virtio"), host(said=[beside]))["vcp"])
    assert [(nic["name"], nic["model"], nic["source"]["bridge"]) for nic in nics] == [
        ("fxp0", "e1000", "br-ext"), ("int", "virtio", "br-int-vmx1")]
    assert [(entry.attrib["name"], entry.text) for entry in xml.iter("entry")] == [
        ("vendor", "Juniper"), ("manufacturer", "VMX"), ("product", "VM-vcp_vmx1-161-re-0"), ("version", "0.1.0")]
    assert disks(xml) == [("disk.qcow2", "hda", "qcow2"), ("hdd.qcow2", "hdb", "qcow2"), ("metadata.raw", "sdc", "raw"),
                          ("day0.img", "hdd", "raw")]
    assert [serial.attrib["service"] for serial in xml.iterfind("devices/serial/source")] == ["8601"]


def test_domain_of_the_forwarding_plane() -> None:
    nics, xml = domain(vmx_plan(wanted("sriov"), host("br-mgmt", said=PFS))["vfp"])
    assert [(nic["name"], nic["type"]) for nic in nics] == [
        ("ext", "bridge"), ("int", "bridge"), ("reserved0", "ethernet"), ("ge-0/0/0", "hostdev"),
        ("ge-0/0/1", "hostdev")]
    assert xml.find("memoryBacking/hugepages") is not None
    assert [topology.attrib for topology in xml.iter("topology")] == [{"sockets": "1", "cores": "10", "threads": "1"}]
    assert disks(xml) == [("disk.raw", "hda", "raw")]


def test_overrides_come_last() -> None:
    overrides = {"vcp": {"smbios": {"system": {"serial": "1"}}, "memory": 512}, "vfp": {"disk": {"format": "qcow2"}}}
    plan = vmx_plan(wanted("virtio", overrides=overrides), host())
    assert plan["vcp"]["overrides"]["memory"] == 512
    assert plan["vcp"]["overrides"]["smbios"] == {"system": {"product": "VM-vcp_vmx1-161-re-0", "serial": "1"}}
    assert disks(domain(plan["vfp"])[1]) == [("disk.qcow2", "hda", "qcow2")]


def test_all_variables_are_explained() -> None:
    (spec,) = yaml.safe_load((REPOSITORY / "roles/vmx/meta/argument_specs.yml").read_text())["argument_specs"].values()
    defaults = yaml.safe_load((REPOSITORY / "roles/vmx/defaults/main.yml").read_text())
    said = {name: option["default"] for name, option in spec["options"].items() if "default" in option}
    assert said == {name: value for name, value in defaults.items() if value != ""}
    files = (file for folder in ("vars", "tasks") for file in (REPOSITORY / "roles/vmx" / folder).iterdir())
    used = "".join(file.read_text() for file in files)
    assert [name for name in spec["options"] if name not in used] == []


def play(*arguments: str) -> str:
    """What deploy_vmx says in check mode, on this machine."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
                   "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / "build/collections")}
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "--check",
               str(REPOSITORY / "playbooks/deploy_vmx.yml"), "-e", "vmx_hosts=all",
               "-e", f"ansible_python_interpreter={sys.executable}", *arguments]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return " ".join((told.stdout + told.stderr).split())


@pytest.mark.parametrize(("arguments", "told"), [
    (["--syntax-check"], "playbook: "),
    (["-e", '{"vmx_size": "big"}'], "value of vmx_size must be one of: lite, performance, got: big"),
    (["-e", f"vmx_conf={FILES / 'vmx-junosdev.conf'}"], "vmx.conf: HOST: this section is missing or empty"),
    (["-e", f"vmx_conf={FILES / 'vmx-virtio.conf'}", "-e", '{"vmx_vcp": {"vcpus": 0}}'], "vmx_vcp.vcpus = 0: in size"),
    (["-e", f"vmx_conf={FILES / 'vmx-virtio.conf'}"], ": this host has no such file."),
])
def test_playbook(arguments: list[str], told: str) -> None:
    assert told in play(*arguments)
