# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Comparison by meaning, on XML that libvirt wrote of a user's XML."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.comparison import differences, waiting
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
