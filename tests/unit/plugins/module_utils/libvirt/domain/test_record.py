# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three-way comparison: the user's XML, libvirt's definition, and the record of what libvirt made of that XML."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import differences, normalised
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import (
    NAME,
    NAMESPACE,
    read_record,
    write_record,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.domain.recorded import rows, with_record

CASES = rows("cases")
# What a table would have to know of libvirt, and the record knows: what is asked for again without one
ASKED_AGAIN = {
    "devices/graphics/@xauth added", "devices/iommu/driver/@eim removed", "devices/memory/target/block added",
    "devices/memory/target/requested added", "devices/controller:usb,*/address/@slot added",
    "devices/channel/source/@host added", "devices/disk:*/target/@removable added", "vcpu/@placement changes",
    "devices/disk:*/source/seclabel/@labelskip added", "cpu/model added", "cpu/foo/@bar added",
}


@pytest.mark.parametrize("case", CASES, ids=[case["kind"] for case in CASES])
def test_a_second_run_has_nothing_to_do(case: dict[str, str]) -> None:
    wanted, definition = xml.parse(case["xml"]), xml.parse(case["definition"])
    assert differences(wanted, with_record(wanted, definition)) == []


def test_what_adoption_asks_for_again() -> None:
    found = {case["kind"] for case in CASES if differences(xml.parse(case["xml"]), xml.parse(case["definition"]))}
    assert found == ASKED_AGAIN


USER = ("<domain type='kvm'><name>a</name><memory unit='MiB'>512</memory><os><type machine='pc'>hvm</type>"
        "<init>/bin/sh</init></os><features><vmcoreinfo/></features><devices><disk type='file'><driver cache='none'/>"
        "<source file='/a.img'/><target dev='vda'/></disk><serial/><graphics type='vnc' passwd='hunter2'/>"
        "<video><model vram='9000'/></video><shiny old='1'/></devices></domain>")
MADE = ("<domain type='kvm'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid>"
        "<memory unit='KiB'>524288</memory><vcpu placement='static'>1</vcpu><os>"
        "<type arch='x86_64' machine='pc-i440fx-10.0'>hvm</type></os><features><vmcoreinfo state='on'/></features>"
        "<on_crash>destroy</on_crash><devices><emulator>/usr/bin/qemu</emulator><disk type='file' device='disk'>"
        "<driver name='qemu' type='raw' cache='none'/><source file='/a.img'/><target dev='vda' bus='virtio'/>"
        "<address type='pci' bus='0' slot='3' function='0'/></disk><serial type='pty'><target port='0'/></serial>"
        "<graphics type='vnc' port='-1' autoport='yes' passwd='hunter2'/><video>"
        "<model type='cirrus' vram='16384' heads='1'/></video><shiny new='7'/></devices></domain>")

# What changes, (text, replacement) in the user's XML or in libvirt's; the steps
CHANGES: list[tuple[str, tuple[str, str], list[str]]] = [
    ("user", ("512", "640"), ["currentMemory: 524288 → 655360", "memory: 524288 → 655360"]),
    ("user", (" cache='none'", ""), ["devices/disk:vda/driver/@cache: none → removed"]),
    ("user", ("<driver cache='none'/>", ""), ["devices/disk:vda/driver/@cache: none → removed"]),
    ("user", ("<serial/>", ""), ["devices/serial/@type: pty → removed", "devices/serial/target/@port: 0 → removed"]),
    ("user", ("<vmcoreinfo/>", ""), ["features/vmcoreinfo/@state: on → removed"]),
    ("user", ("vram='9000'", "vram='20000'"), ["devices/video/model/@vram: 16384 → 32768"]),
    ("user", ("<shiny old='1'/>", ""), ["devices/shiny/@new: 7 → removed"]),
    ("user", ("<shiny old='1'/>", "<shiny old='2'/>"), ["devices/shiny/@old: added 2"]),
    ("user", ("<devices>", "<on_crash>destroy</on_crash><devices>"), []),
    ("user", ("<devices>", "<on_crash>restart</on_crash><devices>"), ["on_crash: destroy → restart"]),
    ("user", ("'hunter2'", "'swordfi'"), ["devices/graphics/@passwd: changes"]),
    ("user", (" passwd='hunter2'", ""), ["devices/graphics/@passwd: changes"]),
    ("user", ("machine='pc'", "machine='pc-i440fx-10.0'"), []),
    ("libvirt", ("524288", "655360"), ["currentMemory: 655360 → 524288", "memory: 655360 → 524288"]),
    ("libvirt", ("<on_crash>destroy", "<on_crash>restart"), ["on_crash: restart → destroy"]),
    ("libvirt", ("<on_crash>destroy</on_crash>", ""), ["on_crash: added destroy"]),
    ("libvirt", ("'static'", "'auto'"), ["vcpu/@placement: auto → static"]),
    ("libvirt", ("type='cirrus'", "type='vga'"), ["devices/video/model/@type: vga → cirrus"]),
    ("libvirt", ("new='7'", "new='8'"), ["devices/shiny/@new: 8 → 7"]),
    ("libvirt", (" new='7'", ""), ["devices/shiny: removed", "devices/shiny/@new: added 7"]),
    ("libvirt", (" passwd='hunter2'", ""), ["devices/graphics/@passwd: changes"]),
    ("libvirt", ("</devices>", "<controller type='usb' index='1' model='nec-xhci'/></devices>"),
     ["devices/controller:usb,1/@index: 1 → removed", "devices/controller:usb,1/@model: nec-xhci → removed",
      "devices/controller:usb,1/@type: usb → removed"]),
    ("libvirt", ("</devices>", "<rng model='virtio'/></devices>"), ["devices/rng/@model: virtio → removed"]),
    # What others manage, what a new definition keeps, and what a newer libvirt fills in
    ("libvirt", ("slot='3'", "slot='4'"), []),
    ("libvirt", ("</devices>", "<controller type='pci' index='1' model='pci-bridge'/></devices>"), []),
    ("libvirt", ("</devices>", "<interface type='bridge'/></devices>"), []),
    ("libvirt", ("/usr/bin/qemu", "/opt/qemu"), []),
    ("libvirt", ("i440fx-10.0", "i440fx-9.2"), []),
    ("libvirt", ("<on_crash>", "<metadata><a:x xmlns:a='urn:x'/></metadata><on_crash>"), []),
    ("libvirt", ("<vcpu", "<on_reboot>restart</on_reboot><vcpu"), []),
    ("libvirt", ("heads='1'", "heads='1' primary='yes'"), []),
]


def _changed(text: str, change: tuple[str, str], made: bool) -> Element:
    assert not made or change[0] in text
    return xml.parse(text.replace(*change) if made else text)


@pytest.mark.parametrize(("whose", "change", "steps"), CHANGES, ids=[f"{row[0]} {row[1]}" for row in CHANGES])
def test_what_has_changed_since(whose: str, change: tuple[str, str], steps: list[str]) -> None:
    wanted = _changed(USER, change, made=whose == "user")
    # The record is of before.
    current = with_record(xml.parse(USER), xml.parse(MADE))
    record = current.find("metadata")
    current = _changed(MADE, change, made=whose == "libvirt")
    xml.child(current, "metadata").extend(record)
    assert [str(change) for change in differences(wanted, current)] == steps


def test_what_a_definition_without_a_record_is_asked_for() -> None:
    found = [str(change) for change in differences(xml.parse(USER), xml.parse(MADE))]
    assert found == ["devices/shiny/@new: 7 → removed", "devices/shiny/@old: added 1"]


def test_no_secret_is_in_the_record() -> None:
    entries = ("<system><entry name='serial'>swordfish</entry></system>", "<entry name='serial'>other</entry>")
    wanted = xml.parse(USER.replace("<devices>", f"<sysinfo type='smbios'>{entries[0]}</sysinfo><devices>"))
    for definition in (xml.parse(MADE), wanted):
        text = write_record(wanted, definition).text
        assert "hunter2" not in text
        assert "swordfish" not in text
        assert "devices/graphics/@passwd" not in text, "what is on both sides alike"
    record = json.loads(write_record(wanted, xml.parse(MADE)).text)
    assert record["sysinfo/system/entry:serial"] == ["(hidden)", None], "libvirt dropped it"


def test_a_secret_that_libvirt_drops_is_asked_for_once() -> None:
    user = USER.replace("<graphics type='vnc'", "<graphics type='sdl'")
    made = MADE.replace("<graphics type='vnc' port='-1' autoport='yes' passwd='hunter2'/>", "<graphics type='sdl'/>")
    current = with_record(xml.parse(user), xml.parse(made))
    assert differences(xml.parse(user), current) == []
    assert [change.path for change in normalised(xml.parse(user), current)
            if "graphics" in change.path] == ["devices/graphics/@passwd"]
    for graphics in current.findall("devices/graphics"):
        graphics.set("passwd", "somebody's")
    assert [str(change) for change in differences(xml.parse(user), current)] == ["devices/graphics/@passwd: changes"]


def test_a_secret_that_libvirt_changes_is_no_reason_to_fail() -> None:
    current = with_record(xml.parse(USER), xml.parse(MADE.replace("hunter2", "HUNTER2")))
    assert differences(xml.parse(USER), current) == []
    assert [str(change) for change in differences(xml.parse(USER.replace(" passwd='hunter2'", "")), current)] == [
        "devices/graphics/@passwd: changes"]


def test_what_libvirt_did_not_take_over() -> None:
    found = [str(change) for change in normalised(xml.parse(USER), xml.parse(MADE))]
    assert found == ["devices/shiny/@old: 1 → removed", "os/init: /bin/sh → removed"]


@pytest.mark.parametrize("text", ["", "{", "[]", "1", '{"a": 1}', '{"a": []}', '{"a": null}', '{"a": [1, 2]}'])
def test_a_record_that_somebody_has_edited_is_none(text: str) -> None:
    root = with_record(xml.parse(USER), xml.parse(MADE))
    record = root.find(f"metadata/{{{NAMESPACE}}}{NAME}")
    record.text = text
    assert read_record(root) is None
    record.text, form = '{"memory": "524288"}', record.attrib
    assert read_record(root) == {"memory": ("524288", "524288")}
    form["form"] = "0"
    assert read_record(root) is None, "of another version of this collection"


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
                min_size=1)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXTS, max_size=4), TEXTS)
def test_what_is_recorded_is_read(attributes: dict[str, str], text: str) -> None:
    wanted, definition = xml.parse(USER), xml.parse(MADE)
    for name, value in attributes.items():
        wanted.find("devices/disk/driver").set(name, value)
    wanted.find("os/type").text = text
    current = xml.parse(xml.serialise(with_record(wanted, definition)), notes=True)
    assert read_record(current) is not None
    assert differences(wanted, current) == []
