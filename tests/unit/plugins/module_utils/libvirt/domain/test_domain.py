# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_domain on a libvirt that keeps state: end states, what survives, and refusals."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleModule
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import STATE_NAMES
from ansible_collections.nfv.kvm.plugins.modules import vm_domain
from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import (
    TPM_STATES,
    FakeLibrary,
    FakeLibvirtError,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

XML = ("<domain type='kvm'><name>a</name><memory unit='MiB'>512</memory><os><type machine='pc'>hvm</type></os><devices>"
       "<disk type='file'><source file='/a.img'/><target dev='vda'/></disk><serial type='pty'/></devices></domain>")
BRIDGE: Result = {"name": "fxp0", "type": "bridge", "source": {"bridge": "br0"}, "model": "virtio"}


def four_runs(lab: Lab, **params: t.Any) -> Result:
    """Check, apply, check, apply: the first two agree, the last two change nothing. What the second returned."""
    before = lab.texts()
    predicted = lab.vm_domain(check_mode=True, **params)
    assert lab.texts() == before, "check mode changed the host"
    applied = lab.vm_domain(**params)
    assert not applied["failed"], applied
    assert [predicted[told] for told in ("changed", "actions", "diff", "state", "needs_restart")] == [
        applied[told] for told in ("changed", "actions", "diff", "state", "needs_restart")]
    after = lab.texts()
    for check_mode in (True, False):
        assert not lab.vm_domain(check_mode=check_mode, **params)["changed"]
    assert lab.texts() == after
    return applied


def test_define_start_change_stop_remove(lab: Lab) -> None:
    made = four_runs(lab, xml=XML)
    assert (made["state"], made["needs_restart"], made["actions"]) == ("shutdown", False, ["domain a: define"])
    assert four_runs(lab, xml=XML, state="running", autostart=True)["state"] == "running"
    changed = four_runs(lab, xml=XML.replace("512", "640"))
    assert (changed["needs_restart"], changed["uuid"]) == (True, made["uuid"])
    assert lab.vm_domain()["needs_restart"], "the running domain still has the old memory"
    assert four_runs(lab, state="shutdown")["state"] == "shutdown"
    assert four_runs(lab, state="running")["needs_restart"] is False
    assert four_runs(lab, state="absent")["actions"] == ["domain a: shut down", "domain a: undefine"]
    assert lab.libvirt.found == {}


def test_a_new_definition_keeps_uuid_nics_metadata_and_addresses(lab: Lab) -> None:
    lab.vm_domain(xml=XML)
    lab.domain("a", "pc")
    lab.vm_interface(BRIDGE)
    domain = lab.libvirt.found["a"]
    etree.SubElement(etree.SubElement(domain.xml, "metadata"), "{urn:other}note").text = "keep me"
    uuid, nic = domain.UUIDString(), etree.tostring(domain.xml.find("devices/interface"))
    four_runs(lab, xml=XML.replace("</devices>", "<rng model='virtio'/></devices>"))
    assert domain.UUIDString() == uuid
    assert [etree.tostring(found) for found in domain.xml.findall("devices/interface")] == [nic]
    assert domain.xml.findtext("metadata/{urn:other}note") == "keep me"
    assert domain.xml.find("devices/disk/address").get("slot") == "0x03"


def test_another_machine_type_drops_the_addresses_of_before(lab: Lab) -> None:
    lab.domain("a", "pc")
    lab.vm_interface(BRIDGE)
    wanted = XML.replace("machine='pc'", "machine='q35'")
    assert not lab.vm_domain(xml=wanted)["failed"]
    assert lab.libvirt.found["a"].xml.find("devices/interface/address") is None


# What libvirt 11.3 makes of <os firmware='efi'>: the firmware that it chose, and what that needs
EFI = ("<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><firmware><feature enabled='yes' "
       "name='secure-boot'/></firmware><loader readonly='yes' secure='yes' type='pflash' format='raw'>/old.fd</loader>"
       "<nvram template='/vars.fd' format='raw'>/nvram/a.fd</nvram></os><features><acpi/><smm state='on'/></features>")
CHOSEN = {"os/type/@machine": "pc-q35-7.2", "os/firmware/feature:secure-boot/@enabled": "yes", "os/loader": "/old.fd",
          "os/loader/@secure": "yes", "os/nvram": "/nvram/a.fd", "os/nvram/@template": "/vars.fd",
          "features/smm/@state": "on", "devices/emulator": "/opt/qemu"}
MACHINE = {"os/type/@machine": "pc-q35-7.2", "devices/emulator": "/opt/qemu"}
WRITTEN = [  # <os> as the user writes it, and what stays of what libvirt has chosen when the memory changes
    ("<os firmware='efi'><type machine='q35'>hvm</type></os>", CHOSEN),
    ("<os firmware='efi'><type>hvm</type></os>", CHOSEN),
    ("<os firmware='efi'><type machine='pc-q35-9.0'>hvm</type></os>", {**CHOSEN, "os/type/@machine": "pc-q35-9.0"}),
    ("<os firmware='efi'><type machine='q35'>hvm</type><loader secure='yes'/><nvram/></os>", CHOSEN),
    ("<os firmware='efi'><type machine='q35'>hvm</type><loader secure='no'/></os>",
     {**MACHINE, "os/loader/@secure": "no"}),
    ("<os firmware='efi'><type machine='q35'>hvm</type><firmware><feature enabled='no' name='secure-boot'/></firmware>"
     "</os>", {**MACHINE, "os/firmware/feature:secure-boot/@enabled": "no"}),
    ("<os firmware='efi'><type machine='q35'>hvm</type><nvram>/mine.fd</nvram></os>",
     {**{path: value for path, value in CHOSEN.items() if path != "os/nvram/@template"}, "os/nvram": "/mine.fd"}),
    ("<os><type machine='q35'>hvm</type><loader>/old.fd</loader></os>",
     {**MACHINE, "os/loader": "/old.fd", "os/nvram": "/nvram/a.fd", "os/nvram/@template": "/vars.fd"}),
    ("<os><type machine='q35'>hvm</type><loader>/new.fd</loader></os>", {**MACHINE, "os/loader": "/new.fd"}),
    ("<os><type machine='q35'>hvm</type></os>", MACHINE),
    ("<os><type machine='pc'>hvm</type></os>", {"os/type/@machine": "pc", "devices/emulator": "/opt/qemu"}),
    ("<os><type arch='aarch64' machine='virt'>hvm</type></os>", {"os/type/@machine": "virt"}),
]


@pytest.mark.parametrize(("written", "stays"), WRITTEN)
def test_what_libvirt_chose_stays_until_the_user_says_otherwise(lab: Lab, written: str, stays: dict[str, str]) -> None:
    system = "<os><type machine='pc'>hvm</type></os>"
    lab.libvirt.defineXML(XML.replace(system, EFI).replace("<devices>", "<devices><emulator>/opt/qemu</emulator>"))
    assert not lab.vm_domain(xml=XML.replace(system, written).replace("512", "640"))["failed"]
    said = flatten(lab.libvirt.found["a"].xml)
    assert said["memory"] == "655360"
    about = ("os/type/@machine", "os/firmware/feature:secure-boot/@e", "os/loader", "os/nvram", "features/smm",
             "devices/emulator")
    found = {path: value for path, value in said.items() if path.startswith(about)}
    assert {path: found.get(path) for path in stays} == stays
    assert {path for path in found if path in CHOSEN} == set(stays)
    assert not four_runs(lab, xml=XML.replace(system, written).replace("512", "640"))["changed"]


def test_a_guest_that_does_not_shut_down_is_not_hurt(lab: Lab) -> None:
    lab.domain("a", state="running")
    lab.libvirt.found["a"].obeys = False
    for state in ("absent", "shutdown"):
        refused = lab.vm_domain(state=state, timeout=30)
        assert refused["error"]["type"] == "InUse"
        assert "within 30 seconds" in refused["msg"]
        assert not refused["changed"]
    assert lab.libvirt.found["a"].isActive()


def test_a_paused_domain_is_resumed_and_no_other_state_touches_it(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    domain.suspend()
    assert four_runs(lab, xml=XML)["state"] == "paused"
    resumed = four_runs(lab, state="running")
    assert (resumed["state"], resumed["actions"]) == ("running", ["domain a: resume"])
    domain.suspend()
    for state in ("shutdown", "absent"):
        for check_mode in (True, False):
            refused = lab.vm_domain(state=state, check_mode=check_mode)
            assert "it is paused, so its guest cannot react to the power button. Resume it" in refused["msg"]
            assert (refused["error"]["type"], lab.host.clock) == ("InUse", 0), "nobody waits for it"
    assert lab.vm_domain()["state"] == "paused"


@pytest.mark.parametrize(("number", "name"), sorted(STATE_NAMES.items()))
def test_each_state_of_libvirt_has_a_name(lab: Lab, number: int, name: str) -> None:
    lab.vm_domain(xml=XML, state="running")
    lab.libvirt.found["a"].running_state = number
    assert lab.vm_domain()["state"] == name


# The states of libvirt: the number and the reason of one that runs, None for one that is off, "saved" for a saved one
STATES: dict[str, t.Any] = {
    "running": (1, 0), "blocked": (2, 0), "in shutdown": (4, 0), "paused": (3, 1), "pmsuspended": (7, 0),
    "crashed": (6, 1), "paused by a crash": (3, 10), "shutdown": None, "saved": "saved"}
SHOWN = {"blocked": "running", "in shutdown": "running", "paused by a crash": "crashed"}
CUT, START, MEMORY = "power it off, because its guest has crashed", "start", "memory: 524288 → 655360"
DEAF, DEAD = "so its guest cannot react to the power button", "resuming does not recover it"
# By the state, and what is asked for (state, restart, whether the definition changes too): what is done, or in what
# words it is refused, which is a text; what is missing is not to be done.
Asked = tuple[str, str, bool]
DONE: dict[str, dict[Asked, t.Any]] = {
    "running": {("shutdown", "never", False): ["shut down"], ("defined", "allowed", True): [MEMORY, "restart"],
                ("absent", "never", False): ["shut down", "undefine"]},
    "paused": {("running", "never", False): ["resume"], ("running", "allowed", True): [MEMORY, "resume", "restart"],
               ("shutdown", "never", False): DEAF, ("shutdown", "allowed", False): DEAF,
               ("absent", "allowed", False): DEAF, ("defined", "allowed", True): DEAF},
    "pmsuspended": {
        ("running", "never", False): ["wake up"], ("running", "allowed", True): [MEMORY, "wake up", "restart"],
        ("shutdown", "never", False): DEAF, ("shutdown", "allowed", False): DEAF, ("absent", "allowed", False): DEAF,
        ("defined", "allowed", True): DEAF},
    "crashed": {
        ("running", "never", False): DEAD, ("running", "allowed", False): [CUT, START],
        ("running", "never", True): DEAD, ("running", "allowed", True): [MEMORY, CUT, START],
        ("shutdown", "never", False): DEAF, ("shutdown", "allowed", False): [CUT],
        ("absent", "never", False): DEAF, ("absent", "allowed", False): [CUT, "undefine"],
        ("defined", "allowed", False): [], ("defined", "allowed", True): [MEMORY, CUT, START]},
    "shutdown": {("running", "never", False): [START], ("running", "allowed", True): [MEMORY, START],
                 ("shutdown", "allowed", True): [MEMORY], ("absent", "never", False): ["undefine"]},
    "saved": {
        ("running", "never", False): ["start from its saved state"],
        ("running", "allowed", False): ["start from its saved state"],
        ("running", "never", True): [MEMORY, "start from its saved state"],
        ("running", "allowed", True): [MEMORY, "discard its saved state", START],
        ("defined", "never", False): [], ("defined", "allowed", False): [], ("shutdown", "allowed", False): [],
        ("defined", "never", True): [MEMORY], ("shutdown", "never", True): [MEMORY],
        ("defined", "allowed", True): [MEMORY, "discard its saved state"],
        ("shutdown", "allowed", True): [MEMORY, "discard its saved state"],
        ("absent", "never", False): "it is saved, and the saved memory of its guest would be lost",
        ("absent", "allowed", False): ["discard its saved state", "undefine"]},
}
DONE["blocked"] = DONE["in shutdown"] = {("running", "never", False): [], ("defined", "never", True): [MEMORY]}
DONE["paused by a crash"] = DONE["crashed"]
# What still has the old memory, where that was not replaced
WAITS = {("running", "never", True), ("defined", "never", True), ("shutdown", "never", True)}


@pytest.mark.parametrize(("found", "asked"), [(state, asked) for state, rows in DONE.items() for asked in rows])
def test_what_each_state_means(lab: Lab, found: str, asked: Asked) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain, now = lab.libvirt.found["a"], STATES[found]
    if now == "saved":
        domain.save()
    elif now is None:
        domain.end()
    else:
        domain.running_state, domain.reason = now
    before = lab.vm_domain()
    assert (before["state"], before["needs_restart"]) == (SHOWN.get(found, found), False)
    state, restart, changes = asked
    wanted: Result = {"state": state, "restart": restart, "timeout": 30}
    if changes:
        wanted["xml"] = XML.replace("512", "640")
    expected, texts = DONE[found][asked], lab.texts()
    if isinstance(expected, str):
        for check_mode in (True, False):
            refused = lab.vm_domain(check_mode=check_mode, **wanted)
            assert (refused["error"]["type"], refused["changed"] if not check_mode else False) == ("InUse", False)
            assert expected in refused["msg"]
            assert refused["error"]["remedy"]
        assert (lab.texts(), lab.host.clock, domain.managed_save) == (texts, 0, now == "saved")
        assert now == "saved" or domain.running_state == now[0]
        return
    result = four_runs(lab, **wanted)
    actions = [line for line in result["actions"] if "currentMemory" not in line]
    assert actions == [f"domain a: {line}" for line in expected]
    if state != "absent":
        assert result["needs_restart"] is (asked in WAITS and found not in ("shutdown", "crashed"))
        assert domain.managed_save is (result["state"] == "saved")
        assert lab.libvirt.calls["destroy"] == expected.count(CUT)


def test_a_saved_guest_with_other_hardware_is_told_until_it_is_started_without_its_state(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    domain.save()
    wanted = {"xml": XML.replace("512", "640"), "state": "running"}
    assert four_runs(lab, **wanted)["needs_restart"]
    assert domain.live.findtext("memory") == "512", "its memory image fits no other hardware"
    assert lab.vm_domain(**wanted)["needs_restart"], "the next run says so, too"
    assert four_runs(lab, restart="allowed", **wanted)["actions"] == ["domain a: restart"]
    assert domain.live.findtext("memory") == "640"


def test_a_saved_state_that_cannot_be_read_is_no_obstacle(lab: Lab) -> None:
    lab.vm_domain(xml=XML)
    lab.libvirt.found["a"].managed_save = True
    assert lab.vm_domain()["state"] == "saved"
    assert lab.vm_interface(BRIDGE)["changed"]
    assert four_runs(lab, state="running")["state"] == "running"


def test_a_guest_that_is_no_longer_crashed_keeps_its_power(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    domain.running_state = 6
    lab.libvirt.at("isActive", 1, lambda: setattr(domain, "running_state", 1))
    refused = lab.vm_domain(state="running", restart="allowed")
    assert "the state has changed in the meantime: it is running. Run the task again" in refused["msg"]
    assert (domain.isActive(), lab.libvirt.calls["destroy"]) == (1, 0)


def test_a_guest_that_crashes_meanwhile_is_not_resumed(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    domain.running_state = 3
    lab.libvirt.at("state", 2, lambda: setattr(domain, "running_state", 6))
    assert DEAD in lab.vm_domain(state="running")["msg"]
    assert domain.running_state == 6


def test_a_transient_domain_is_refused_and_lives_on(lab: Lab) -> None:
    lab.domain("a", state="running")
    lab.libvirt.found["a"].undefineFlags(0)
    before = lab.texts()
    for refused in (lab.vm_domain(xml=XML), lab.vm_domain(state="absent"), lab.vm_interface(BRIDGE)):
        assert "this domain is transient" in refused["msg"]
    assert lab.texts() == before
    lab.domain("b")
    mac = "52:54:00:00:00:01"
    lab.libvirt.found["a"].attachDeviceFlags(f"<interface type='bridge'><mac address='{mac}'/></interface>", 1)
    assert "domain a already has this MAC" in lab.vm_interface({**BRIDGE, "mac": mac}, domain="b")["msg"]


def test_absent_takes_uefi_variables_and_a_managed_save_along(lab: Lab) -> None:
    uefi = XML.replace("</type></os>", "</type><loader>/code.fd</loader><nvram>/vars.fd</nvram></os>")
    four_runs(lab, xml=uefi)
    lab.libvirt.found["a"].managed_save = True
    assert four_runs(lab, state="absent", restart="allowed")["state"] == "absent"
    assert lab.libvirt.found == {}
    for flags, words in ((0, "nvram"), (FakeLibrary.VIR_DOMAIN_UNDEFINE_NVRAM, "managed save")):
        lab.vm_domain(xml=uefi)
        lab.libvirt.found["a"].managed_save = True
        with pytest.raises(FakeLibvirtError, match=words):
            lab.libvirt.found["a"].undefineFlags(flags)


@pytest.mark.parametrize("keep", [False, True])
def test_absent_keeps_the_state_of_the_firmware_if_that_is_asked_for(lab: Lab, keep: bool) -> None:
    xml_of = XML.replace("</type></os>", "</type><loader>/code.fd</loader><nvram>/vars.fd</nvram></os>").replace(
        "</devices>", "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm></devices>")
    uuid = four_runs(lab, xml=xml_of)["uuid"]
    state = f"{TPM_STATES}/{uuid}"
    for path in ("/vars.fd", state):
        lab.files.write(path, "state")
    lab.libvirt.version = 8_008_000
    refused = lab.vm_domain(state="absent", keep_firmware_state=True)
    assert "keep_firmware_state = True: libvirt can keep the TPM state only from version 8.9 on. Copy" in refused["msg"]
    assert list(lab.libvirt.found) == ["a"]
    lab.libvirt.version = 8_009_000 if keep else 8_008_000
    removed = four_runs(lab, state="absent", keep_firmware_state=keep)
    kept = ", keep its UEFI variables, keep its TPM state"
    assert removed["actions"] == [f"domain a: undefine{kept if keep else ''}"]
    assert [lab.host.exists(path) for path in ("/vars.fd", state)] == [keep, keep]


def test_there_is_nothing_to_keep(lab: Lab) -> None:
    lab.vm_domain(xml=XML)
    lab.libvirt.version = 8_008_000
    assert four_runs(lab, state="absent", keep_firmware_state=True)["actions"] == ["domain a: undefine"]


def test_a_guest_that_is_saved_meanwhile_stays(lab: Lab) -> None:
    """As by libvirt-guests, when the host shuts down."""
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    lab.libvirt.at("shutdown", 1, domain.save)
    failed = lab.vm_domain(state="absent")
    assert "Refusing to undefine while domain managed save image exists" in failed["msg"]
    assert (lab.vm_domain()["state"], domain.managed_save) == ("saved", True)


HOSTDEV = ("<hostdev{} type='pci'{}><source><address {}bus='0x83' slot='0x00' function='0x1'/></source></hostdev>"
           "</devices>")


@pytest.mark.parametrize("user", ["hostdev", "interface", "macvtap", "running"])
def test_a_device_that_another_domain_has_is_refused(lab: Lab, user: str) -> None:
    address = "domain='0x0000' bus='0x02' slot='0x10' function='0x0'"
    device = f"<hostdev mode='subsystem' type='pci'><source><address {address}/></source></hostdev>"
    clone = XML.replace("</devices>", f"{device}</devices>")
    first = clone.replace("<name>a</name>", "<name>first</name>")
    if user in ("interface", "macvtap"):
        lab.domain("first")
        lab.files.folder("/sys/bus/pci/devices/0000:02:10.0/net/enp2s0v0")
        lab.vm_interface({"type": "hostdev", "source": {"pci_address": "0000:02:10.0"}}, domain="first")
    if user == "macvtap":
        nic = lab.libvirt.found["first"].xml.find("devices/interface")
        nic.set("type", "direct")
        nic.replace(nic.find("source"), etree.Element("source", dev="enp2s0v0", mode="passthrough"))
    if user in ("hostdev", "running"):
        lab.vm_domain(name="first", xml=first, state="running" if user == "running" else "defined")
    before = lab.texts()
    for check_mode in (True, False):
        refused = lab.vm_domain(xml=clone, check_mode=check_mode)
        assert (refused["error"]["type"], refused["error"]["value"]) == ("InUse", "0000:02:10.0")
        words = "runs with" if user == "running" else "is defined with"
        assert f"domain first {words} this device" in refused["msg"]
    assert lab.texts() == before
    lab.vm_domain(name="first", state="absent")
    four_runs(lab, xml=clone, state="running")
    lab.libvirt.defineXML(first)
    assert not four_runs(lab, xml=clone)["changed"], "it had the device before"
    assert not four_runs(lab, xml=clone.replace("512", "640"))["failed"]
    assert not lab.vm_domain(state="absent", xml=clone)["failed"]


def test_the_pf_of_a_vf_that_it_starts_with_is_locked_at_its_start(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.domain()
    lab.vm_interface({"type": "hostdev", "source": {"pci_address": "0000:02:10.0"}})
    reads: list[str] = []
    definition = Domain.definition
    monkeypatch.setattr(Domain, "definition", lambda domain: reads.append(domain.name) or definition(domain))
    with lock.held(lab.host, ["PF 0000:02:00.0"], "a resize"):
        assert "PF 0000:02:00.0: another run is changing it (a resize" in lab.vm_domain(state="running")["msg"]
        assert lab.libvirt.found["a"].live is None
        clock = lab.host.now()
        assert not lab.vm_domain(state="defined", autostart=True)["failed"]
        reads.clear()
        assert not lab.vm_domain(state="shutdown", restart="allowed")["changed"]
        assert (reads, lab.host.now()) == (["a"], clock)
    reads.clear()
    assert lab.vm_domain(state="running")["changed"]
    assert reads == ["a"] * 3, "under the lock of the domain, under that of the PF as well, and to verify"


# (a text in XML, what it becomes, what is told of it)
NUMBERS: list[tuple[str, str, str]] = [
    ("512<", "²<", "<memory> = '²': this is not a size. Write a whole number with its unit, such as "
     "<memory unit='MiB'>512"),
    ("512<", "1GiB<", "<memory> = '1GiB': this is not a size"),
    ("512<", f"{'9' * 5000}<", "this is not a size"),
    ("<os>", "<currentMemory>-1</currentMemory><os>", "<currentMemory> = '-1': this is not a size"),
    ("<os>", "<maxMemory slots='2'/><os>", "<maxMemory> = '': this is not a size"),
    *(("<target dev='vda'/>", f"<target dev='vda'/><address type='pci' {place}/>", f"<address {told}")
      for place, told in (
          ("slot='zz'", "slot> = 'zz': it must be a number from 0 to 0x1f. Correct it in the XML"),
          ("slot='²'", "slot> = '²': it must be a number from 0 to 0x1f"),
          ("slot=''", "slot> = '': it must be a number from 0 to 0x1f"),
          ("slot='08'", "slot> = '08': it must be a number from 0 to 0x1f"),
          ("slot='-1'", "slot> = '-1': it must be a number from 0 to 0x1f"),
          ("slot='0x20'", "slot> = '0x20': it must be a number from 0 to 0x1f"),
          ("slot='3' bus='256'", "bus> = '256': it must be a number from 0 to 0xff"),
          ("slot='3' function='8'", "function> = '8': it must be a number from 0 to 0x7"),
          ("slot='3' domain='0x10000'", "domain> = '0x10000': it must be a number from 0 to 0xffff"))),
    ("</devices>", "<hostdev type='pci'><source><address bus='zz' slot='0x0'/></source></hostdev></devices>",
     "<address bus> = 'zz': it must be a number from 0 to 0xff"),
]


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(("right", "wrong", "told"), NUMBERS)
def test_a_text_instead_of_a_number_is_refused_by_its_element(
        lab: Lab, right: str, wrong: str, told: str, check_mode: bool, there: bool) -> None:
    if there:
        lab.vm_domain(xml=XML)
    before = lab.texts()
    refused = lab.vm_domain(xml=XML.replace(right, wrong), check_mode=check_mode)
    assert told in refused["msg"]
    assert lab.texts() == before


def test_numbers_are_read_as_libvirt_reads_them() -> None:
    for slot in ("0x1f", "0X1F", "31", "037", " 31"):
        assert xml.pci_address(xml.parse(f"<address type='pci' slot='{slot}'/>")) == "0000:00:1f.0"
    assert xml.pci_address(xml.parse("<address slot='0' bus='00' domain='0x0'/>")) == "0000:00:00.0"


def test_a_guest_is_restarted_where_that_is_allowed_and_needed(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    lab.libvirt.started = 0
    changed = four_runs(lab, xml=XML.replace("512", "640"), restart="allowed")
    assert changed["actions"][1:] == ["domain a: memory: 524288 → 655360", "domain a: restart"]
    assert (changed["state"], changed["needs_restart"], lab.libvirt.started) == ("running", False, 1)
    assert lab.libvirt.found["a"].live.findtext("memory") == "640"
    assert four_runs(lab, xml=XML)["needs_restart"]
    assert four_runs(lab, restart="allowed")["actions"] == ["domain a: restart"], "it waited since before"
    assert four_runs(lab, autostart=True, restart="allowed")["actions"] == ["domain a: autostart False → True"]
    assert four_runs(lab, xml=XML.replace("512", "640"), state="shutdown", restart="allowed")["actions"][2:] == [
        "domain a: shut down"]
    off = four_runs(lab, xml=XML, restart="allowed")
    assert "domain a: restart" not in off["actions"], "one that is off is not started"


def test_a_restart_that_the_guest_does_not_follow(lab: Lab) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    domain.obeys = False
    wanted = {"xml": XML.replace("512", "640"), "restart": "allowed"}
    refused = lab.vm_domain(timeout=30, **wanted)
    assert refused["error"]["type"] == "InUse"
    assert "did not shut down within 30 seconds and still runs" in refused["msg"]
    assert (domain.isActive(), domain.xml.findtext("memory")) == (1, "640")
    domain.obeys = True
    domain.suspend()
    assert "it is paused, so its guest cannot react" in lab.vm_domain(**wanted)["msg"]
    assert four_runs(lab, state="running", **wanted)["actions"] == ["domain a: resume", "domain a: restart"]
    lab.vm_domain(xml=XML)
    lab.libvirt.at("create", 1, lab.libvirt.fail)
    assert "is still off. Start it with nfv.kvm.vm_domain and state: running" in lab.vm_domain(restart="allowed")["msg"]
    assert not four_runs(lab, state="running")["needs_restart"]


@pytest.mark.parametrize("call", ["lookupByName", "isPersistent", "XMLDesc", "state", "autostart", "defineXML",
                                  "setAutostart", "shutdown", "isActive", "create"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("disaster", ["restart", "fail", "kill"])
def test_a_second_run_finishes_what_was_interrupted(lab: Lab, call: str, number: int, disaster: str) -> None:
    lab.vm_domain(xml=XML, state="running")
    domain = lab.libvirt.found["a"]
    wanted: Result = {"xml": XML.replace("512", "640"), "state": "running", "autostart": True, "restart": "allowed"}

    def kill() -> None:
        if domain.live is not None:
            domain.destroy()

    lab.libvirt.at(call, number, {"restart": lab.libvirt.restart, "fail": lab.libvirt.fail, "kill": kill}[disaster])
    first = lab.vm_domain(**wanted)
    lab.libvirt.planned.clear()
    assert not first["failed"] or first["error"]["type"] in ("CommandFailed", "VerificationFailed"), first
    assert not lab.vm_domain(**wanted)["failed"]
    assert not four_runs(lab, **wanted)["changed"]
    assert domain.live.findtext("memory") == "640"


def test_a_host_device_without_its_pci_domain(lab: Lab) -> None:
    """libvirt 11.3 was seen to write mode, managed and domain='0x0000'."""
    written = XML.replace("</devices>", HOSTDEV.format(" mode='subsystem'", " managed='no'", "domain='0x0000' "))
    lab.vm_domain(xml=written)
    for mode, managed in (("", ""), (" mode='subsystem'", " managed='no'")):
        assert not four_runs(lab, xml=XML.replace("</devices>", HOSTDEV.format(mode, managed, "")))["changed"]
    other = lab.vm_domain(xml=XML.replace("</devices>", HOSTDEV.format("", "", "domain='0x0001' ")))
    assert other["actions"] == ["domain a: devices/hostdev/source/address/@domain: 0x0 → 0x1"]


def test_white_space_around_the_name_is_not_defined(lab: Lab) -> None:
    four_runs(lab, xml=XML.replace("<name>a</name>", "<name>\n a </name>"))
    assert list(lab.libvirt.found) == ["a"]


QEMU = "xmlns:{0}='http://libvirt.org/schemas/domain/qemu/1.0'"
# Where a secret can be, and the path at which its change is told
SECRETS = {
    "devices/graphics/@passwd": ("</devices>", "<graphics type='vnc' passwd='{}'/></devices>"),
    "devices/graphics:1/@passwd": (
        "</devices>", "<graphics type='vnc'/><graphics type='spice' passwd='{}'/></devices>"),
    "devices/disk:vdb/source/cookies/cookie:1": (
        "</devices>", "<disk type='network'><source protocol='https' name='a.img'><cookies><cookie name='lang'>en"
        "</cookie><cookie name='session'>{}</cookie></cookies></source><target dev='vdb'/></disk></devices>"),
    "devices/disk:vdb/backingStore/source/cookies/cookie": (
        "</devices>", "<disk type='file'><source file='/b'/><backingStore type='network'><source protocol='http' "
        "name='a'><cookies><cookie name='s'>{}</cookie></cookies></source></backingStore><target dev='vdb'/></disk>"
        "</devices>"),
    "devices/disk:vdb/source/@query": (
        "</devices>", "<disk type='network'><source protocol='https' name='a.img' query='sig={}'/><target dev='vdb'/>"
        "</disk></devices>"),
    "qemu:commandline/qemu:arg:1/@value": (
        "</devices>", f"</devices><qemu:commandline {QEMU.format('qemu')}><qemu:arg value='-object'/>"
        "<qemu:arg value='secret,id=s0,data={}'/></qemu:commandline>"),
    "qemu:commandline/qemu:env/@value": (
        "</devices>",
        f"</devices><q:commandline {QEMU.format('q')}><q:env name='TOKEN' value='{{}}'/></q:commandline>"),
    "os/cmdline": ("</os>", "<kernel>/k</kernel><cmdline>console=ttyS0 key={} quiet</cmdline></os>"),
    "sysinfo/system/entry:serial": (
        "</os>", "</os><sysinfo type='smbios'><system><entry name='serial'>{}</entry></system></sysinfo>"),
    "sysinfo/oemStrings/entry:None": (
        "</os>", "</os><sysinfo type='smbios'><oemStrings><entry>io.systemd.credential:pw={}</entry></oemStrings>"
        "</sysinfo>"),
    "sysinfo/entry:opt/com.example/key": (
        "</os>", "</os><sysinfo type='fwcfg'><entry name='opt/com.example/key'>{}</entry></sysinfo>"),
}


@pytest.mark.parametrize("path", SECRETS)
def test_that_a_secret_changes_is_shown_and_its_value_is_not(lab: Lab, path: str) -> None:
    text, place = SECRETS[path]

    def written(value: str) -> str:
        return XML.replace(text, place.format(value))

    told = [four_runs(lab, xml=written("hunter2"), state="running"), four_runs(lab, xml=written("swordfish"))]
    change = told[1]
    assert change["actions"] == [f"domain a: {path}: changes"]
    assert (change["needs_restart"], change["changed"]) == (True, True)
    definition = [change["diff"][side]["definition"][path] for side in ("before", "after")]
    assert definition == ["(hidden, another value)", "(hidden)"]
    told += [lab.vm_domain(xml=written("hunter2"), check_mode=True), four_runs(lab, xml=XML, restart="allowed")]
    assert f"domain a: {path}: changes" in told[-1]["actions"], "it is removed"
    told += [four_runs(lab, xml=written("hunter2")), lab.vm_domain(xml=XML.replace("512", "640"), check_mode=True)]
    assert f"domain a: {path}: changes" in told[-1]["actions"]

    def quote() -> None:
        raise FakeLibvirtError("qemu: -x hunter2: 'hunter2' is not valid, data=hunter2,x sig=hunter2", 1)

    lab.vm_domain(state="shutdown")
    for call, memory in (("create", "768"), ("defineXML", "769")):
        lab.libvirt.at(call, 1, quote)
        failed = lab.vm_domain(xml=written("hunter2").replace("512", memory), state="running")
        assert "qemu: -x (hidden): '(hidden)' is not valid" in failed["msg"]
        told.append(failed)
    assert "hunter2" not in str(told)
    assert "swordfish" not in str(told)


def test_ansible_logs_no_password_and_the_diff_stays_whole(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logged: list[object] = []
    monkeypatch.setattr(AnsibleModule, "log", lambda _module, *told, **more: logged.append((told, more)))
    with_password = XML.replace("</devices>", "<graphics type='vnc' passwd='secret'/></devices>")
    with patch_module_args({"name": "a", "xml": with_password}), pytest.raises(SystemExit):
        vm_domain.main()
    told = capsys.readouterr().out
    assert "secret" not in told + str(logged)
    assert "name=a" in str(logged)
    diff = json.loads(told)["diff"]["after"]["definition"]
    assert (diff["devices/serial/@type"], diff["devices/graphics/@passwd"]) == ("pty", "(hidden)")


WRONG: list[tuple[Result, str]] = [
    ({"xml": "<domain"}, "xml: this is not valid XML"),
    ({"xml": ""}, "xml: this is not valid XML"),
    ({"xml": "hello"}, "xml: this is not valid XML"),
    ({"xml": "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domain><name>&e;</name></domain>"}, "DOCTYPE"),
    ({"xml": "<network><name>a</name></network>"}, "its root element is <network>"),
    ({"xml": "<domain><name>a</name></domain>"}, "<domain> has no type"),
    ({"xml": XML.replace("<name>a</name>", "<name>b</name>")}, "its <name> is 'b'"),
    ({"xml": XML.replace("<name>a</name>", "")}, "it has no <name>"),
    ({"xml": XML.replace("<serial type='pty'/>", "<interface type='user'/>")}, "nfv.kvm.vm_interface"),
    ({}, "no xml is given to define it"),
    ({"state": "running"}, "no xml is given to define it"),
    ({"name": "a/b", "xml": XML}, "name = 'a/b'"),
    ({"xml": XML, "timeout": -1}, "timeout = -1: it must be at least 1"),
    ({"xml": XML, "timeout": 0}, "timeout = 0: it must be at least 1"),
    ({"xml": XML, "restart": "allowed", "timeout": 0}, "timeout = 0: it must be at least 1"),
    ({"state": "absent", "autostart": True}, "autostart = True"),
]


@pytest.mark.parametrize(("params", "words"), WRONG, ids=[words for _params, words in WRONG])
def test_wrong_input_is_one_clear_error(lab: Lab, params: Result, words: str) -> None:
    refused = lab.vm_domain(**params)
    assert refused["failed"]
    assert words in refused["msg"]
    assert "defect" not in refused["msg"]
    assert lab.libvirt.found == {}


def test_another_uuid_is_refused(lab: Lab) -> None:
    lab.vm_domain(xml=XML)
    other = XML.replace("<memory", "<uuid>11111111-2222-3333-4444-555555555555</uuid><memory")
    assert "its <uuid> is" in lab.vm_domain(xml=other)["msg"]
