# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_domain and a libvirt that fills in, rewrites and drops: what is recorded, told and put right."""

from __future__ import annotations

import typing as t

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import NAME, NAMESPACE
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import Lab
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.domain.recorded import rows
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.domain.test_domain import XML, four_runs

CASES = rows("cases")
RECORD = f"metadata/{{{NAMESPACE}}}{NAME}"


def definition(lab: Lab) -> t.Any:
    """What libvirt has of the domain, to be changed behind the module's back."""
    return lab.libvirt.found["a"].xml


def rewriting(lab: Lab) -> None:
    """A libvirt that fills in, rewrites and drops."""

    def rewrite(root: t.Any) -> None:
        for disk in root.findall("devices/disk"):
            disk.find("target").set("bus", "sata")
            disk.attrib.pop("odd", None)
        for video in root.findall("devices/video"):
            video.set("size", "16")

    lab.libvirt.rewrites = rewrite
    lab.libvirt.adds = {"devices": "<shiny new='1'/>"}


ODD = XML.replace("<disk type='file'>", "<disk type='file' odd='1'>").replace(
    "</devices>", "<video size='9'/></devices>")


@pytest.mark.parametrize("case", CASES, ids=[case["kind"] for case in CASES])
def test_a_second_run_changes_nothing(lab: Lab, case: dict[str, str]) -> None:
    made = xml.parse(case["definition"])
    lab.libvirt.rewrites = lambda root: root.__setitem__(slice(None), [
        *(part for part in root if part.tag == "metadata"), *xml.parse(case["definition"])])
    first = lab.vm_domain(name="min", xml=case["xml"])
    assert (first["failed"], first["changed"], first["uuid"]) == (False, True, made.findtext("uuid")), first
    for check_mode in (False, True):
        second = lab.vm_domain(name="min", xml=case["xml"], check_mode=check_mode)
        assert (second["failed"], second["changed"], second.get("warnings")) == (False, False, None), second


def test_what_libvirt_did_not_take_over_is_told_once(lab: Lab) -> None:
    rewriting(lab)
    first = four_runs(lab, xml=ODD)
    assert first["warnings"] == [
        "domain a: xml has devices/disk:vda/@odd = 1, but libvirt dropped it",
        "domain a: xml has devices/video/@size = 9, but libvirt changed it to 16"]
    assert "warnings" not in lab.vm_domain(xml=ODD)
    changed = four_runs(lab, xml=ODD.replace("size='9'", "size='10'"))
    assert changed["actions"] == ["domain a: devices/video/@size: 16 → 10"]
    assert [text for text in changed["warnings"] if "@size = 10" in text]


def test_of_a_secret_only_its_place_is_told(lab: Lab) -> None:
    lab.libvirt.rewrites = lambda root: [one.attrib.pop("passwd", None) for one in root.findall("devices/graphics")]
    told = four_runs(lab, xml=XML.replace("</devices>", "<graphics type='sdl' passwd='hunter2'/></devices>"))
    assert told["warnings"] == ["domain a: xml has devices/graphics/@passwd, but libvirt dropped it"]
    assert "hunter2" not in str(told) + xml.serialise(definition(lab))


def test_a_password_is_in_no_record_and_its_change_is_noticed(lab: Lab) -> None:
    user = XML.replace("</devices>", "<graphics type='vnc' passwd='hunter2'/></devices>")
    told = [four_runs(lab, xml=user), four_runs(lab, xml=user.replace("hunter2", "swordfi"))]
    assert told[1]["actions"] == ["domain a: devices/graphics/@passwd: changes"]
    definition(lab).find("devices/graphics").set("passwd", "hunter2")
    told.append(four_runs(lab, xml=user.replace("hunter2", "swordfi")))
    assert told[2]["changed"]
    assert not [secret for secret in ("hunter2", "swordfi") if secret in str(told) + definition(lab).findtext(RECORD)]


def test_what_changes_behind_the_module_s_back_is_shown_and_put_right(lab: Lab) -> None:
    rewriting(lab)
    four_runs(lab, xml=ODD)
    root = definition(lab)
    root.find("memory").text = "1024"
    root.find("devices/disk/target").set("bus", "ide")
    root.find("devices/shiny").set("new", "2")
    etree.SubElement(root.find("devices"), "rng", model="virtio")
    found = four_runs(lab, xml=ODD)
    assert found["actions"] == [f"domain a: {line}" for line in (
        "currentMemory: 1048576 → 524288", "devices/disk:vda/target/@bus: ide → sata",
        "devices/rng/@model: virtio → removed", "devices/shiny/@new: 2 → 1", "memory: 1048576 → 524288")]
    before, after = (found["diff"][side]["definition"] for side in ("before", "after"))
    assert {path: (before.get(path), after.get(path)) for path in {*before, *after}
            if before.get(path) != after.get(path)} == {
        "currentMemory": ("1048576", "524288"), "memory": ("1048576", "524288"),
        "devices/disk:vda/target/@bus": ("ide", "sata"), "devices/rng/@model": ("virtio", None),
        "devices/shiny/@new": ("2", "1")}


def test_adoption_writes_nothing(lab: Lab) -> None:
    lab.libvirt.defineXML(XML.replace("512", "524288").replace("unit='MiB'", ""))
    before = lab.traces()
    assert not lab.vm_domain(xml=XML)["changed"]
    assert lab.traces()[:2] == before[:2]
    assert four_runs(lab, xml=XML.replace("512", "640"))["changed"]
    assert definition(lab).find(RECORD) is not None


@pytest.mark.parametrize("call", ["defineXML", "setMetadata", "XMLDesc"])
@pytest.mark.parametrize("disaster", ["fail", "restart"])
def test_a_run_that_ends_before_its_record(lab: Lab, call: str, disaster: str,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    rewriting(lab)
    wanted = ODD.replace("512", "640").replace("<serial", "<rng odd='1'><shiny/></rng><serial")
    for user in (ODD, wanted):  # a first definition, and a later one
        with monkeypatch.context() as patch:
            if call == "XMLDesc":  # the one after the definition
                patch.setattr(Domain, "definition", _after(lab, Domain.definition, disaster))
            else:
                lab.libvirt.at(call, 1, getattr(lab.libvirt, disaster))
            assert lab.vm_domain(xml=user)["error"]["type"] == "CommandFailed"
        lab.libvirt.planned.clear()
        assert not lab.vm_domain(xml=user)["failed"]
        assert not four_runs(lab, xml=user)["changed"]
    assert definition(lab).findtext("memory") == "640"
    assert not four_runs(lab, xml=ODD)["failed"]


def _after(lab: Lab, call: t.Callable[[Domain], t.Any], disaster: str) -> t.Callable[[Domain], t.Any]:
    before = lab.libvirt.defined

    def called(domain: Domain) -> t.Any:
        if lab.libvirt.defined > before:
            lab.libvirt.at("isPersistent", 1, getattr(lab.libvirt, disaster))
        return call(domain)

    return called


def test_metadata_of_the_user_of_others_and_of_this_module(lab: Lab) -> None:
    own = XML.replace("<memory", "<metadata><none/><u:own xmlns:u='urn:u'>1</u:own><u:more xmlns:u='urn:u'/></metadata>"
                                 "<memory", 1)
    first = four_runs(lab, xml=own)
    assert [text.split(",")[0] for text in first["warnings"]] == [
        "domain a: xml has metadata/none", "domain a: xml has metadata/{urn:u}more"]
    etree.SubElement(definition(lab).find("metadata"), "{urn:o}other").text = "keep me"
    four_runs(lab, xml=own.replace(">1<", ">2<"))
    found = definition(lab).find("metadata")
    assert (found.findtext("{urn:u}own"), found.findtext("{urn:o}other"), len(found)) == ("2", "keep me", 3)
    assert not four_runs(lab, xml=XML)["changed"], "metadata stays"


def test_the_domain_s_own_dump_is_no_change_and_brings_no_record(lab: Lab) -> None:
    rewriting(lab)
    four_runs(lab, xml=ODD, state="running")
    for dump in (lab.libvirt.found["a"].shown(inactive=True), lab.libvirt.found["a"].shown(inactive=False)):
        assert not four_runs(lab, xml=dump)["changed"]
        other = dump.replace("<name>a</name>", "<name>b</name>").replace(definition(lab).findtext("uuid"), "")
        note = "<m:move xmlns:m='https://github.com/nfv-kvm/nfv.kvm/move' stage='left'/></metadata>"
        root = xml.parse(other.replace("</metadata>", note))
        xml.remove(root, "uuid")
        assert four_runs(lab, name="b", xml=xml.serialise(root))["changed"]
        assert len(lab.libvirt.found["b"].xml.find("metadata")) == 1
        four_runs(lab, name="b", state="absent")


def test_a_start_that_resolves_something_is_no_reason_for_a_restart(lab: Lab) -> None:
    four_runs(lab, xml=XML, state="running")
    live = lab.libvirt.found["a"].live
    live.find("devices/disk").set("resolved", "yes")
    etree.SubElement(live.find("devices/serial"), "source", path="/dev/pts/7")
    etree.SubElement(etree.SubElement(live, "cpu", mode="custom", check="full"), "model").text = "Nehalem"
    for params in ({}, {"xml": XML}, {"restart": "allowed"}, {"xml": XML, "restart": "allowed"}):
        assert not four_runs(lab, **params)["needs_restart"]
    changed = four_runs(lab, xml=XML.replace("</os>", "</os><cpu mode='maximum'/>"))
    assert changed["needs_restart"], "what cannot be seen in the running domain is in its record"
    assert lab.vm_domain()["needs_restart"]
    done = four_runs(lab, restart="allowed")
    assert (done["actions"], done["needs_restart"]) == (["domain a: restart"], False)
