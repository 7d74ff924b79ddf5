# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an appliance profile to its NICs and its domain."""

from __future__ import annotations

import typing as t
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.appliance import FilterModule
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.checks import CHECKS

FILTERS = FilterModule().filters()
appliance_disks, appliance_domain, appliance_nics = (
    FILTERS[name] for name in ("appliance_disks", "appliance_domain", "appliance_nics"))
PROFILES = Path(__file__).parents[4] / "roles/virtual_appliance/profiles"
NICS = {"management": ["fxp0"], "data": "ge-0/0/{n}", "first": 0, "model": "virtio", "models": {"fxp0": "e1000"},
        "maximum": 4}
WHOLE = {"image": "/i", "vcpus": 4, "memory": 512, "machine": "pc", "cpu": "host-model", "disk": {"bus": "ide"},
         "nics": NICS}
BRIDGE = {"type": "bridge", "source": {"bridge": "br0"}}
VF = {"type": "hostdev", "source": {"pf": "eno1", "vf": 0}}
INTEL, AMD = "vendor_id\t: GenuineIntel", "vendor_id\t: AuthenticAMD"


def profile(name: str = "open_appliance") -> dict[str, t.Any]:
    loaded: dict[str, t.Any] = yaml.safe_load((PROFILES / f"{name}.yml").read_text(encoding="utf-8"))
    return {"image": "/images/given", **loaded}


def made(changed: dict[str, t.Any], **more: str) -> ElementTree.Element:
    return ElementTree.fromstring(appliance_domain({**WHOLE, **changed}, "a", "/images/a", **more))


def only(domain: ElementTree.Element, path: str) -> ElementTree.Element:
    found = domain.find(path)
    assert found is not None, f"{path} is not in {ElementTree.tostring(domain)!r}"
    return found


def test_names_follow_the_order() -> None:
    nics = appliance_nics([BRIDGE, VF, VF, BRIDGE], WHOLE)
    assert [nic["name"] for nic in nics] == ["fxp0", "ge-0/0/0", "ge-0/0/1", "ge-0/0/2"]


def test_the_profile_gives_the_model_but_not_to_a_vf() -> None:
    nics = appliance_nics([BRIDGE, VF, {**BRIDGE, "model": "e1000e"}], WHOLE)
    assert [nic.get("model") for nic in nics] == ["e1000", None, "e1000e"]
    assert appliance_nics([BRIDGE, BRIDGE], WHOLE)[1]["model"] == "virtio"


def test_a_name_in_the_wrong_place_is_refused() -> None:
    appliance_nics([{**BRIDGE, "name": "fxp0"}], WHOLE)
    with pytest.raises(AnsibleFilterError) as raised:
        appliance_nics([BRIDGE, {**VF, "name": "ge-0/0/1"}], WHOLE)
    assert "interfaces[1].name = 'ge-0/0/1'" in str(raised.value)
    assert "is ge-0/0/0" in str(raised.value)


def test_a_nic_that_does_not_say_what_it_is_on_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match=r"interfaces\[1\].type: it is missing"):
        appliance_nics([BRIDGE, {"source": {"bridge": "br0"}}], WHOLE)


def test_the_domain_says_what_the_profile_says() -> None:
    domain = ElementTree.fromstring(appliance_domain(profile(), "a<b", "/images/a", day0="/images/a/day0.iso"))
    assert domain.findtext("name") == "a<b"
    assert (domain.findtext("memory"), domain.find("memory").attrib) == ("512", {"unit": "MiB"})  # type: ignore[union-attr]
    disks = {disk.find("source").get("file"): disk.find("target").attrib for disk in domain.iter("disk")}  # type: ignore[union-attr]
    assert disks == {
        "/images/a/disk.qcow2": {"dev": "vda", "bus": "virtio"},
        "/images/a/day0.iso": {"dev": "hdb", "bus": "ide"},
    }
    assert domain.find("devices/interface") is None
    assert domain.find("devices/serial/log") is not None


def test_without_day0_there_is_no_cdrom() -> None:
    assert [disk.get("device") for disk in made({}).iter("disk")] == ["disk"]


def test_more_nics_than_it_can_have_are_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="interfaces: the appliance can have at most 4 NICs, and these are 5"):
        appliance_nics([BRIDGE] * 5, WHOLE)


def test_disks_come_in_order_with_the_day0_medium_last() -> None:
    wanted = {"disks": [{"name": "hdd", "image": "/h", "bus": "ide"},
                        {"name": "metadata", "image": "/m", "bus": "usb", "format": "raw"}],
              "day0": {"kind": "vmm", "bus": "ide", "label": "vmm-data"}}
    found = [(disk.get("device"), only(disk, "driver").get("type"), only(disk, "source").get("file"),
              only(disk, "target").get("dev"), only(disk, "target").get("bus"))
             for disk in made(wanted, day0="/d").iter("disk")]
    assert found == [
        ("disk", "qcow2", "/images/a/disk.qcow2", "hda", "ide"), ("disk", "qcow2", "/images/a/hdd.qcow2", "hdb", "ide"),
        ("disk", "raw", "/images/a/metadata.raw", "sdc", "usb"), ("disk", "raw", "/d", "hdd", "ide")]
    assert [disk["image"] for disk in appliance_disks({**WHOLE, **wanted}, "/images/a")] == ["/i", "/h", "/m"]


def test_an_appliance_that_takes_no_day0_configuration_gets_none() -> None:
    with pytest.raises(AnsibleFilterError, match="day0: it is missing"):
        made({}, day0="/d")


def test_an_appliance_without_an_image_says_so() -> None:
    with pytest.raises(AnsibleFilterError, match="image: it is missing"):
        made({"image": ""})


@pytest.mark.parametrize(("cpu", "cpuinfo", "mode", "model"), [
    ("maximum", "", "maximum", None),
    ("EPYC", "", "custom", "EPYC"),
    ({"intel": "host-passthrough", "amd": "EPYC"}, INTEL, "host-passthrough", None),
    ({"intel": "host-passthrough", "amd": "EPYC"}, AMD, "custom", "EPYC"),
])
def test_the_cpu_may_depend_on_the_hosts(cpu: object, cpuinfo: str, mode: str, model: str | None) -> None:
    found = only(made({"cpu": cpu, "sockets": 1, "cpu_features": ["vmx"]}, cpuinfo=cpuinfo), "cpu")
    assert (found.get("mode"), found.findtext("model")) == (mode, model)
    assert only(found, "topology").attrib == {"sockets": "1", "cores": "4", "threads": "1"}
    assert only(found, "feature").attrib == {"policy": "require", "name": "vmx"}


@pytest.mark.parametrize("cpuinfo", ["", "vendor_id : HygonGenuine"])
def test_a_cpu_that_the_profile_does_not_know_is_refused(cpuinfo: str) -> None:
    with pytest.raises(AnsibleFilterError, match="the CPU vendor of this host, unknown"):
        made({"cpu": {"intel": "host-passthrough"}}, cpuinfo=cpuinfo)


def test_memory_smbios_and_console() -> None:
    domain = made({"hugepages": True, "console": {"port": 8601},
                   "smbios": {"bios": {"vendor": "Juniper"}, "system": {"product": "VM-vcp_1-161-re-0"}}})
    assert domain.find("memoryBacking/hugepages") is not None
    assert only(domain, "os/smbios").get("mode") == "sysinfo"
    assert [(block.tag, entry.get("name"), entry.text) for block in only(domain, "sysinfo") for entry in block] == [
        ("bios", "vendor", "Juniper"), ("system", "product", "VM-vcp_1-161-re-0")]
    serial = only(domain, "devices/serial")
    assert (serial.get("type"), only(serial, "source").attrib, only(serial, "protocol").get("type")) == (
        "tcp", {"mode": "bind", "host": "127.0.0.1", "service": "8601"}, "telnet")


@pytest.mark.parametrize(("changed", "told"), [
    ({"hugepage": True}, "profile, hugepage = True: there is no such key"),
    ({"nics": {**NICS, "hotplug": "maybe"}}, "nics.hotplug = 'maybe': it must be true or false"),
    ({"nics": {**NICS, "maximum": "four"}}, "nics.maximum = 'four': it must be a number, 1 or more"),
    ({"disk": "ide"}, "disk = 'ide': it must be a dictionary"),
    ({"disk": {"bus": "idea"}}, "disk.bus = 'idea': it must be one of virtio, ide"),
    ({"disks": [{"name": "hdd", "bus": "ide"}]}, r"disks\[0\].image: it is missing"),
    ({"day0": {"bus": "ide", "kind": "floppy"}}, "day0.kind = 'floppy'"),
    ({"ready": {"console": "login:"}}, "ready.timeout: it is missing"),
    ({"memory": "4G"}, "memory = '4G': it must be a number, 1 or more"),
    ({"vcpus": 3, "sockets": 2}, "sockets = 2: 3 vCPUs cannot be divided"),
    ({"nics": {}}, "nics: it is missing"),
    ({"nics": {"data": "eth{n}"}}, "nics.management: it is missing"),
    ({"nics": {**NICS, "data": None}}, "nics.data: it is missing"),
    ({"nics": {**NICS, "first": None}}, "nics.first: it is missing"),
    ({"nics": {**NICS, "model": ""}}, "nics.model: it is missing"),
    ({"vcpus": 0}, "vcpus = 0: it must be a number, 1 or more"),
    ({"smbios": {"board": {"vendor": "a"}}}, "smbios = 'board': it must be one of bios, system, baseBoard, chassis"),
    ({"console": {"port": "ttyS0"}}, "console.port = 'ttyS0': it must be a number from 1 to 65535"),
])
def test_a_profile_that_cannot_be_meant_is_refused(changed: dict[str, t.Any], told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        made(changed)
    with pytest.raises(AnsibleFilterError, match=told):
        appliance_nics([], {**WHOLE, **changed})


@pytest.mark.parametrize("name", [path.stem for path in PROFILES.glob("*.yml")])
def test_every_profile_makes_a_domain(name: str) -> None:
    day0 = "/images/x/day0.iso" if "day0" in profile(name) else ""
    assert appliance_domain(profile(name), "x", "/images/x", day0=day0, cpuinfo=INTEL)
    assert appliance_nics([BRIDGE, VF], profile(name))


@pytest.mark.parametrize(("pfs", "more", "vfs", "model"), [
    ([], [], False, False), ([], ["21.4R3"], False, False), ([], ["21.4R3", True], True, False),
    (["eno1"], ["21.4R3"], True, True), (["eno1"], [None], True, False), (["eno1"], [""], True, False),
])
def test_checks_of_the_host(pfs: list[str], more: list[t.Any], vfs: bool, model: bool) -> None:
    checks = FILTERS["appliance_checks"](pfs, *more)
    assert checks[:2] == ["cpu_virtualisation", "kvm"]
    assert ("nic_sriov" in checks, "nic_model" in checks) == (vfs, model)
    assert {*checks} <= CHECKS.keys()
