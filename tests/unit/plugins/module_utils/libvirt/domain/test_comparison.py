# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparison by meaning, on XML that libvirt wrote of a user's XML."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import differences, waiting
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import read_record
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.domain.recorded import rows, with_record
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import RECORDED, recorded

DOMAINS = sorted(path.name.replace(".user.xml", "") for path in RECORDED.glob("*.user.xml"))


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_libvirt_fills_in_is_no_change(domain: str) -> None:
    assert differences(xml.parse(recorded(f"{domain}.user")), xml.parse(recorded(f"{domain}.libvirt"))) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_libvirt_wrote_means_itself(domain: str) -> None:
    definition = xml.parse(recorded(f"{domain}.libvirt"))
    assert differences(definition, definition) == []


def test_a_running_domain_waits_for_nothing() -> None:
    inactive, live = xml.parse(recorded("q35-running.inactive")), xml.parse(recorded("q35-running.live"))
    assert waiting(inactive, live) == []
    inactive.find("memory").text = "1048576"
    assert [difference.path for difference in waiting(inactive, live)] == ["memory"]


RUNNING = rows("running")


@pytest.mark.parametrize("row", RUNNING, ids=[row["kind"] for row in RUNNING])
@pytest.mark.parametrize("recorded_too", [True, False])
def test_what_a_start_resolves_waits_for_nothing(row: dict[str, str], recorded_too: bool) -> None:
    definition, live = xml.parse(row["definition"]), xml.parse(row["live"])
    assert None not in (read_record(definition), read_record(live))
    for root in () if recorded_too else (definition, live):
        xml.remove(root, "metadata")
    assert waiting(definition, live) == []
    if not recorded_too:  # who adopts it may ask for what virsh dumpxml shows of it
        assert differences(live, definition) == []


# What a new definition says otherwise than the one that a domain was started with: (text, replacement) in it, and what
# then waits, with a record of what it was started with and without one
LATER: list[tuple[str, str, str, list[str], bool]] = [
    ("qcow2", "cache='none'", "", ["devices/disk:vda/driver/@cache: none → removed"], True),
    ("qcow2", "cache='none'", "cache='none' io='native'", ["devices/disk:vda/driver/@io: added native"], True),
    ("qcow2", "<serial type='pty'>", "<serial type='file'>", ["devices/serial/@type: pty → file"], True),
    ("vnc", "passwd='hunter22'", "", ["devices/graphics/@passwd: changes"], True),
    ("vnc", "</devices>", "<rng model='virtio'/></devices>", ["devices/rng/@model: added virtio"], True),
    ("scsi", "<on_crash>destroy", "<on_crash>preserve", ["on_crash: destroy → preserve"], True),
    ("scsi", "<name>", "<title>new</title><name>", [], True),
    ("max", "mode='host-model'", "mode='host-passthrough'", ["cpu/@mode: custom → host-passthrough"], False),
]


@pytest.mark.parametrize(("kind", "text", "replacement", "waits", "always"), LATER)
def test_what_waits_for_a_restart(kind: str, text: str, replacement: str, waits: list[str], always: bool) -> None:
    row = next(row for row in RUNNING if row["kind"] == kind)
    assert text in row["definition"]
    live, before = xml.parse(row["live"]), xml.parse(row["definition"])
    later = xml.parse(row["definition"].replace(text, replacement))
    xml.remove(later, "metadata")
    assert [str(change) for change in waiting(with_record(later, later), live)] == waits
    changes = differences(later, before)
    if changes:  # as it is planned
        planned = [change.path for change in waiting(before, live, changes)]
        assert planned == [line.split(": ")[0] for line in waits]
    xml.remove(live, "metadata")
    assert [str(change) for change in waiting(later, live)] == (waits if always else [])


def test_what_a_running_tcp_serial_says_more_waits_for_nothing() -> None:
    source = "<source mode='bind' host='127.0.0.1' service='8601'{}/>"
    written = f"<domain><devices><serial type='tcp'>{source}</serial></devices></domain>"
    assert waiting(xml.parse(written.format("")), xml.parse(written.format(" tls='no'"))) == []
    assert waiting(xml.parse(written.format("")), xml.parse(written.format(" tls='yes'"))) != []


# (domain, text in the user's XML, its replacement)
SAME = [
    ("pc-small", "<memory unit='MiB'>512</memory>", "<memory>524288</memory>"),
    ("pc-small", "<memory unit='MiB'>512</memory>", "<memory unit='bytes'>536870912</memory>"),
    ("pc-small", "machine='pc'", "machine='pc-i440fx-10.0'"),
    ("pc-small", "arch='x86_64' machine='pc'", "machine='pc' arch='x86_64'"),
    ("pc-small", "<serial type='pty'/>", "<console type='pty'/>"),
    ("pc-small", "<serial type='pty'/>", "<serial type='pty'><target port='0'/></serial> <!-- x --> "),
    ("pc-small", " machine='pc'", ""),
    ("q35-router", "bus='1' slot='0' function='0'", "bus='0x01' slot='0x00' function='0x0'"),
    ("q35-router", "<metadata><a:x xmlns:a=\"urn:x\">1</a:x></metadata>", ""),
    ("q35-router", "<vcpu placement='static' cpuset='0-1'>", "<vcpu cpuset='0-1'>"),
]


@pytest.mark.parametrize(("domain", "text", "replacement"), SAME)
def test_another_way_to_say_it_is_no_change(domain: str, text: str, replacement: str) -> None:
    user = recorded(f"{domain}.user")
    assert text in user
    assert differences(xml.parse(user.replace(text, replacement)), xml.parse(recorded(f"{domain}.libvirt"))) == []


MACHINES = [("virt", "virt-10.0", True), ("pseries", "pseries-rhel9.6.0", True), ("q35", "pc-q35-rhel9.6.0", True),
            ("s390-ccw-virtio", "s390-ccw-virtio-9.1", True), ("virt-9.0", "virt-10.0", False),
            ("pc", "pc-q35-9", False), ("virt", "virtio", False), (None, "anything", True)]


@pytest.mark.parametrize(("wanted", "found", "met"), MACHINES)
def test_a_machine_without_a_version_is_any_version_of_it(wanted: str | None, found: str, met: bool) -> None:
    written = "<domain><os><type{}>hvm</type></os></domain>"
    user = xml.parse(written.format("" if wanted is None else f" machine='{wanted}'"))
    assert (differences(user, xml.parse(written.format(f" machine='{found}'"))) == []) is met


OTHER = [
    ("pc-small", "<memory unit='MiB'>512", "<memory unit='MiB'>513", "memory: 524288 → 525312"),
    ("pc-small", " cache='unsafe'", "", "devices/disk:vda/driver/@cache: unsafe → removed"),
    ("pc-small", "<serial type='pty'/>", "", "devices/serial/@type: pty → removed"),
    ("pc-small", "machine='pc'", "machine='q35'", "os/type/@machine: pc-i440fx-10.0 → q35"),
    ("pc-small", "<cpu mode='host-passthrough'/>", "", "cpu/@mode: host-passthrough → removed"),
    ("pc-small", "<apic/>", "", "features/apic: removed"),
    ("pc-small", "<vcpu>1</vcpu>", "<vcpu>2</vcpu>", "vcpu: 1 → 2"),
    ("pc-small", "<serial type='pty'/>", "<serial type='pty'/><rng model='virtio'><backend model='random'/></rng>",
     "devices/rng/@model: added virtio"),
    ("q35-router", "<on_crash>restart</on_crash>", "", "on_crash: restart → removed"),
    ("q35-router", "<description>an appliance</description>", "", "description: an appliance → removed"),
    ("q35-router", "<currentMemory unit='MiB'>768</currentMemory>", "", "currentMemory: 786432 → 1048576"),
    ("q35-router", "<nosharepages/>", "", "memoryBacking/nosharepages: removed"),
    ("q35-router", "<rng model='virtio'>", "<rng model='virtio-transitional'>",
     "devices/rng/@model: virtio → virtio-transitional"),
    ("q35-router", "passwd='secret'", "", "devices/graphics/@passwd: changes"),
    ("q35-router", "<controller type='scsi' model='virtio-scsi'/>", "",
     "devices/controller:scsi,0/@model: virtio-scsi → removed"),
    ("q35-router", "<watchdog model='i6300esb'/>", "", "devices/watchdog/@model: i6300esb → removed"),
    ("q35-router", "tickpolicy='delay'", "tickpolicy='discard'", "clock/timer:pit/@tickpolicy: delay → discard"),
    ("q35-router", "<features>", "<features><pmu state='off'/>", "features/pmu/@state: added off"),
    ("pc-old", "<boot order='1'/>", "", "devices/disk:sda/boot/@order: 1 → removed"),
    ("pc-old", "<uuid>1", "<uuid>2",
     "uuid: 11111111-2222-3333-4444-555555555555 → 21111111-2222-3333-4444-555555555555"),
]


@pytest.mark.parametrize(("domain", "text", "replacement", "line"), OTHER)
def test_another_meaning_is_a_change(domain: str, text: str, replacement: str, line: str) -> None:
    user = recorded(f"{domain}.user")
    assert text in user
    found = differences(xml.parse(user.replace(text, replacement)), xml.parse(recorded(f"{domain}.libvirt")))
    assert line in [str(difference) for difference in found]


# What a definition without a record has, below <domain> or <devices>, and the user's XML has not
MEANT = [
    ("features", "<vmcoreinfo state='on'/>"), ("features", "<pmu state='on'/>"),
    ("cpu", "<model>Nehalem</model>"), ("seclabel", "<label>+0:+0</label>"),
    ("devices", "<hostdev type='pci'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>"),
    ("devices", "<serial type='pty'/>"), ("devices", "<tpm model='tpm-tis'/>"),
    ("devices", "<video><model type='qxl'/></video>"), ("devices", "<memballoon model='none'/>"),
    ("devices", "<controller type='usb' index='0' model='none'/>"),
    ("devices", "<controller type='usb' index='0' model='ich9-uhci1'/>"),
    ("devices", "<controller type='scsi' index='0' model='virtio-scsi'/>"),
    ("devices", "<audio id='1' type='alsa'/>"), ("devices", "<iommu model='intel'/>"),
    ("devices", "<watchdog model='i6300esb' action='reset'/>"), ("iothreads", "2"), ("on_crash", "restart"),
]


@pytest.mark.parametrize(("parent", "part"), MEANT)
def test_what_the_user_does_not_have_is_removed_without_a_record_too(parent: str, part: str) -> None:
    kind = " type='static'" if parent == "seclabel" else ""
    assert differences(xml.parse("<domain/>"), xml.parse(f"<domain><{parent}{kind}>{part}</{parent}></domain>")) != []


def test_what_an_older_version_of_this_module_defined_can_be_removed() -> None:
    disk = ("<domain><devices><disk type='file'>{}<source file='/a'/><target dev='vda' bus='virtio'/>{}</disk>"
            "</devices></domain>")
    made = xml.parse(disk.format("<driver name='qemu' type='qcow2' cache='none'/>", "<readonly/>"))
    found = differences(xml.parse(disk.format("<driver type='qcow2'/>", "")), made)
    assert [str(change) for change in found] == ["devices/disk:vda/driver/@cache: none → removed",
                                                 "devices/disk:vda/readonly: removed"]


def test_a_removed_disk_is_a_change() -> None:
    wanted = xml.parse(recorded("q35-router.user"))
    devices = wanted.find("devices")
    devices.remove(devices.findall("disk")[0])
    found = differences(wanted, xml.parse(recorded("q35-router.libvirt")))
    assert {difference.path.split("/")[1] for difference in found} == {"disk:vdb"}
    assert all(difference.after is None for difference in found)


def test_the_order_of_devices_does_not_matter() -> None:
    wanted = xml.parse(recorded("q35-router.user"))
    devices = wanted.find("devices")
    for disk in reversed(devices.findall("disk")):
        devices.append(disk)
    assert differences(wanted, xml.parse(recorded("q35-router.libvirt"))) == []
