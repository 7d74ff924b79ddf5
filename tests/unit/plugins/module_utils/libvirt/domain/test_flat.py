# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to write the same that have one table, and what is not the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.canonical import canonical
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import members, value

UUID = "53764d0e-85a0-42b4-af5c-2046b460b1dc"
NUMA = "<cpu><numa><cell memory='1' unit='MiB'/><cell id='1' memory='1024'/></numa></cpu>"
USB = "<controller type='usb' {}/>"
# (one way, another way) of what is below <domain>, or below <devices>
SAME = {
    "sets": ("<vcpu cpuset='0-3,^1'>2</vcpu>", "<vcpu cpuset='3,0,2'>2</vcpu>"),
    "nodes": ("<numatune><memory mode='strict' nodeset='0,1'/></numatune>",
              "<numatune><memory mode='strict' nodeset='0-1'/></numatune>"),
    "threads": ("<cputune><vcpusched vcpus='2-3' scheduler='rr' priority='1'/><vcpusched vcpus='0' scheduler='batch'/>"
                "</cputune>", "<cputune><vcpusched vcpus='0' scheduler='batch'/><vcpusched vcpus='2' scheduler='rr' "
                "priority='1'/><vcpusched vcpus='3' scheduler='rr' priority='1'/></cputune>"),
    "i/o threads": ("<iothreads>3</iothreads><iothreadids><iothread id='2'/></iothreadids>",
                    "<iothreads>3</iothreads><iothreadids><iothread id='1'/><iothread id='2'/><iothread id='3'/>"
                    "</iothreadids>"),
    "uuid": (f"<uuid>{UUID}</uuid>", f"<uuid>{UUID.replace('-', '').upper()}</uuid>"),
    "uuid of SMBIOS": (f"<sysinfo type='smbios'><system><entry name='uuid'>{UUID}</entry></system></sysinfo>",
                       f"<sysinfo type='smbios'><system><entry name='uuid'>{UUID.upper()}</entry></system></sysinfo>"),
    "uuid of a mediated device": (
        f"<hostdev type='mdev'><source><address uuid='{UUID}'/></source></hostdev>",
        f"<hostdev type='mdev'><source><address uuid='{UUID.upper()}'/></source></hostdev>"),
    "memory": ("<memory unit='gib'>1</memory>",
               "<memory>1048576</memory><currentMemory unit='MiB'>1024</currentMemory>"),
    "more than it has": ("<memory>1024</memory><currentMemory>4096</currentMemory>", "<memory>1024</memory>"),
    "memory of cells": (f"{NUMA}<memory>7</memory>", f"{NUMA}<memory unit='KiB'>2048</memory>"),
    "memory of cells alone": (NUMA, f"<memory unit='MiB'>2</memory>{NUMA}"),
    "order of cells": ("<cpu><numa><cell id='1' cpus='1'/><cell id='0' cpus='0'/></numa></cpu>",
                       "<cpu><numa><cell id='0' cpus='0'/><cell id='1' cpus='1'/></numa></cpu>"),
    "distances": (
        "<cpu><numa><cell><distances><sibling id='1' value='21'/></distances></cell><cell/></numa></cpu>",
        "<cpu><numa><cell><distances><sibling id='0' value='10'/><sibling id='1' value='21'/></distances></cell><cell>"
        "<distances><sibling id='0' value='21'/><sibling id='1' value='10'/></distances></cell></numa></cpu>"),
    "no limit": ("<memtune><hard_limit unit='KiB'>9007199254740991</hard_limit></memtune>", ""),
    "unit of SMM": ("<features><smm><tseg>48</tseg></smm></features>",
                    "<features><smm><tseg unit='MiB'>48</tseg></smm></features>"),
    "unit of shared memory": ("<shmem name='s'><size>4</size></shmem>",
                              "<shmem name='s'><size unit='M'>4</size></shmem>"),
    "unit of a cache": (
        "<disk><driver><metadata_cache><max_size>1024</max_size></metadata_cache></driver></disk>",
        "<disk><driver><metadata_cache><max_size unit='KiB'>1</max_size></metadata_cache></driver></disk>"),
    "unit of a module": ("<memory model='dimm'><target><size>1024</size></target></memory>",
                         "<memory model='dimm'><target><size unit='MiB'>1</size></target></memory>"),
    "nothing": ("<title/><os><type>hvm</type><cmdline/><initrd/><kernel> </kernel></os><cpu><blah/></cpu>"
                "<sysinfo type='smbios'><bios/><system><entry name='sku'/></system></sysinfo>",
                "<os><type>hvm</type></os><sysinfo type='smbios'/>"),
    "no serial number": ("<disk><target dev='vda'/><serial/></disk>", "<disk><target dev='vda'/></disk>"),
    "init of a guest": (
        "<os><type>hvm</type><init>/bin/sh</init><initarg>x</initarg><initenv name='a'>b</initenv></os>",
        "<os><type>hvm</type></os>"),
    "a menu that is off": ("<os><bootmenu timeout='3000'/></os>", ""),
    "another driver's": ("<x:state xmlns:x='urn:x'>5</x:state>", ""),
    "another tool's": ("<os x:kept='yes' xmlns:x='urn:x'><type>hvm</type><x:note>1</x:note></os>",
                       "<os><type>hvm</type></os>"),
    "huge pages of node 0": (
        "<memoryBacking><hugepages><page size='2' unit='M' nodeset='0'/></hugepages></memoryBacking>",
        "<memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>"),
    "metadata": ("<metadata><none/><a:x xmlns:a='urn:a'>1</a:x><a:y xmlns:a='urn:a'>2</a:y></metadata>",
                 "<metadata><b:x xmlns:b='urn:a'>1</b:x></metadata>"),
    "model of a host's CPU": ("<cpu mode='host-model'><model fallback='forbid'/></cpu>", "<cpu mode='host-model'/>"),
    "aliases": ("<disk><target dev='vda'/><alias name='virtio-disk0'/></disk>", "<disk><target dev='vda'/></disk>"),
    "numbers of sources": ("<disk><source file='/a' index='1'/><backingStore index='2' type='file'/></disk>",
                           "<disk><source file='/a'/><backingStore type='file'/></disk>"),
    "a run": ("<channel><target type='virtio' state='connected'/></channel>",
              "<channel><target type='virtio'/></channel>"),
    "labels": ("<seclabel type='dynamic' model='selinux' relabel='yes'><label>l</label><imagelabel>i</imagelabel>"
               "</seclabel>", ""),
    "terminal": ("<serial type='pty'><source path='/dev/pts/3'/></serial>", "<serial type='pty'/>"),
    "socket of a channel": (
        "<channel type='unix'><source mode='bind' path='/run/libvirt/qemu/channel/7-a/org.qemu.guest_agent.0'/>"
        "<target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"),
    "directions": (
        "<channel type='udp'><source service='1'/><source mode='bind' service='2'/></channel>",
        "<channel type='udp'><source mode='bind' service='2'/><source mode='connect' service='1'/></channel>"),
    "a drive without a medium": ("<disk type='block' device='cdrom'><source file=''/><target dev='hdc'/></disk>",
                                 "<disk type='file' device='cdrom'><target dev='hdc'/><readonly/></disk>"),
    "another type's source": ("<disk type='block'><source dev='/dev/a' name='a'/></disk>",
                              "<disk type='block'><source dev='/dev/a'/></disk>"),
    "LUN": ("<disk type='network'><source protocol='iscsi' name='iqn.1'/></disk>",
            "<disk type='network'><source protocol='iscsi' name='iqn.1/0'/></disk>"),
    "listen": ("<graphics type='vnc' listen='::1'/>", "<graphics type='vnc' port='-1' autoport='yes' listen='::1'>"
                                                      "<listen type='address' address='::1'/></graphics>"),
    "socket": ("<graphics type='vnc' socket='/a'><listen type='address'/></graphics>",
               "<graphics type='vnc' socket='/a'><listen type='socket' socket='/a'/></graphics>"),
    "a port of the run": ("<graphics type='spice' port='5900' tlsPort='5901' autoport='yes'/>",
                          "<graphics type='spice' autoport='yes'/>"),
    "no port": ("<graphics type='spice' autoport='no'/>", "<graphics type='spice'><listen type='none'/></graphics>"),
    "order of channels": (
        "<graphics type='spice' port='1'><channel name='b' mode='secure'/><channel name='a' mode='any'/></graphics>",
        "<graphics type='spice' port='1'><channel name='a' mode='any'/><channel name='b' mode='secure'/></graphics>"),
    "companions": (
        "".join(USB.format(f"model='ich9-{model}'") for model in ("ehci1", "uhci1", "uhci2")),
        "".join(USB.format(f"index='0' model='ich9-{model}'") for model in ("ehci1", "uhci2", "uhci1"))),
    "companions first": (USB.format("model='ich9-uhci1'") + USB.format("model='ich9-ehci1'"),
                         USB.format("index='0' model='ich9-ehci1'") + USB.format("index='0' model='ich9-uhci1'")),
    "two USB controllers": (USB.format("index='1' model='x'") + USB.format("model='y'"),
                            USB.format("index='0' model='y'") + USB.format("index='1' model='x'")),
    "primary": ("<video><model type='a'/></video><video><model type='b' primary='yes'/></video>",
                "<video><model type='b' primary='yes'/></video><video><model type='a'/></video>"),
    "video memory": ("<video><model vram='18432'/></video>", "<video><model vram='32768'/></video>"),
    "no address": ("<controller type='usb'><address type='pci' bus='0x00' function='0x2'/></controller>",
                   "<controller type='usb'/>"),
    "breaks": ("<os><type>hvm</type><cmdline>a&#13;&#10;b\tc</cmdline></os><sysinfo type='a&#10;b&#9;c'/>",
               "<os><type>hvm</type><cmdline>a\nb\tc</cmdline></os><sysinfo type='a b c'/>"),
    "octal": ("<filesystem fmode='644'/>", "<filesystem fmode='0644'/>"),
    "version of USB": ("<redirfilter><usbdev version='9.4'/></redirfilter>",
                       "<redirfilter><usbdev version='9.40'/></redirfilter>"),
}


DEVICES = ("<disk", "<controller", "<channel", "<serial", "<graphics", "<video", "<hostdev", "<shmem", "<filesystem",
           "<redirfilter", "<memory model")


def _flat(text: str) -> dict[str, str]:
    return flatten(xml.parse(f"<domain>{f'<devices>{text}</devices>' if text.startswith(DEVICES) else text}</domain>"))


@pytest.mark.parametrize("what", SAME)
def test_another_way_to_write_it(what: str) -> None:
    one, other = SAME[what]
    assert {path: said for path, said in _flat(one).items() if said} == {
        path: said for path, said in _flat(other).items() if said}


OTHER = {
    "sets": ("<vcpu cpuset='0-3'>2</vcpu>", "<vcpu cpuset='0-2'>2</vcpu>"),
    "threads": ("<cputune><vcpusched vcpus='0' scheduler='rr'/></cputune>",
                "<cputune><vcpusched vcpus='0' scheduler='fifo'/></cputune>"),
    "units": ("<memory unit='MB'>1</memory>", "<memory unit='MiB'>1</memory>"),
    "initrd": ("<os><type>hvm</type><initrd>/a</initrd></os>", "<os><type>hvm</type></os>"),
    "init": ("<os><type>exe</type><init>/a</init></os>", "<os><type>exe</type></os>"),
    "apic": ("<features><apic/></features>", "<features/>"),
    "genid": ("<cpu/><genid/>", "<cpu/>"),
    "readonly": ("<disk><target dev='vda'/><readonly/></disk>", "<disk><target dev='vda'/></disk>"),
    "a name of the user": ("<disk><alias name='ua-a'/></disk>", "<disk/>"),
    "a label of the user": ("<seclabel type='static'><label>l</label></seclabel>", ""),
    "a socket of the user": ("<channel type='unix'><source mode='bind' path='/a'/></channel>",
                             "<channel type='unix'/>"),
    "a port": ("<graphics type='vnc' port='5900'/>", "<graphics type='vnc'/>"),
    "an address": ("<graphics type='vnc' listen='0.0.0.0'/>", "<graphics type='vnc'/>"),
    "a password": ("<graphics type='vnc' passwd=''/>", "<graphics type='vnc'/>"),
    "a size in bytes": ("<disk><driver><metadata_cache><max_size>1</max_size></metadata_cache></driver></disk>",
                        "<disk><driver><metadata_cache><max_size>2</max_size></metadata_cache></driver></disk>"),
    "QEMU's own": ("<x:commandline xmlns:x='http://libvirt.org/schemas/domain/qemu/1.0'><x:arg value='a'/>"
                   "</x:commandline>", ""),
    "vendor of a host's CPU": ("<cpu mode='host-model'><model vendor_id='A'/></cpu>", "<cpu mode='host-model'/>"),
}


@pytest.mark.parametrize("what", OTHER)
def test_what_is_not_the_same(what: str) -> None:
    one, other = OTHER[what]
    assert _flat(one) != _flat(other)


def test_what_libvirt_does_not_read_is_there_to_tell_of_it() -> None:
    root = xml.parse("<domain><os><type>hvm</type><init>/a</init></os><x:y xmlns:x='urn:x'>1</x:y></domain>")
    assert flatten(root, unread=True) == {**flatten(root), "os/init": "/a", "{urn:x}y": "1"}


def test_the_xml_stays_as_it_is() -> None:
    for pair in SAME.values():
        root = xml.parse(f"<domain><devices>{pair[0]}</devices></domain>")
        before = xml.serialise(root)
        canonical(root)
        assert xml.serialise(root) == before


@given(st.sets(st.integers(0, 300), min_size=1), st.sets(st.integers(0, 300)))
def test_sets_are_what_they_have(wanted: set[int], other: set[int]) -> None:
    text = ",".join([*(str(number) for number in other - wanted), *(str(number) for number in wanted),
                     *(f"^{number}" for number in other - wanted)])
    assert members(text) == sorted(wanted)
    short = value(text, "cpuset", "vcpu")
    assert members(short) == sorted(wanted)
    assert len(short) <= len(text)


@pytest.mark.parametrize("text", ["", "a", "1-", "0-99999", "1,,2", "-1", "^", "²"])
def test_what_is_no_set_stays_for_libvirt_to_refuse(text: str) -> None:
    assert members(text) is None
    assert value(text, "cpuset", "vcpu") == text
