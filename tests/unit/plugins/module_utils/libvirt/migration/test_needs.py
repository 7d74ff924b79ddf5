# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain needs of another host, what that lacks, and which of its VFs it gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import KvmError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    DISK,
    KERNEL,
    MEDIUM,
    READY,
    TEAM,
    VF,
    VF_MAC,
    Pair,
    killed,
)

LAN = "<interface type='network'><mac address='52:54:00:00:00:03'/><source network='lan' portgroup='red'/></interface>"
MACVTAP = ("<interface type='direct'><mac address='52:54:00:00:00:04'/><source dev='enp2s0v1' mode='passthrough'/>"
           "</interface>")
POOL = "<interface type='network'><mac address='52:54:00:00:00:05'/><source network='pool'/></interface>"


def refused(pair: Pair, nics: str = BRIDGE) -> str:
    """What kvm2 says to a domain of kvm1 that is off."""
    pair.domain(nics, state="off")
    needs = pair.info("kvm1")["needs"]
    before = pair.all()
    with pytest.raises(KvmError) as told:
        pair.info("kvm2", needs)
    assert pair.all() == before
    assert told.value.remedy
    return str(told.value)


def test_what_it_needs(pair: Pair) -> None:
    pair.domain()
    found = pair.info("kvm1")
    assert (found["host"], found["state"], found["pfs"]) == ("kvm1", "running", [])
    needs = found["needs"]
    assert (needs["live"], needs["unfinished"], needs["vfs"]) == (True, None, [])
    assert needs["machine"] == {"type": "kvm", "arch": "x86_64", "machine": "pc", "emulator": "/usr/bin/qemu"}
    assert [(file["path"], file["checksum"] is None) for file in needs["files"]] == [
        (DISK, True), (MEDIUM, False), (KERNEL, False), (READY, False)]
    there = pair.info("kvm2", needs)
    assert there == {"host": "kvm2", "state": "absent", "needs": None, "pfs": [], "vfs": [], "settings": [],
                     "placement": None}


def test_nothing_where_it_is_not_or_is_no_more(pair: Pair) -> None:
    assert pair.info("kvm1")["needs"] is None
    pair.domain()
    needs = pair.info("kvm1")["needs"]
    assert not pair.move()["failed"]
    assert pair.info("kvm1")["needs"] is None
    assert pair.info("kvm2", {**needs, "interfaces": [LAN.replace("lan", "none")]})["state"] == "running"


def test_a_vf_of_the_same_pf_with_what_it_had(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    needs = pair.info("kvm1")["needs"]
    assert needs["vfs"] == [{"mac": VF_MAC, "pf": "enp2s0", "index": 1, "dev": None, "trust": True, "spoofchk": True,
                             "min_tx_rate": 0, "max_tx_rate": 100}]
    there = pair.info("kvm2", needs)
    assert there["pfs"] == ["enp2s0"]
    assert there["vfs"] == [{"mac": VF_MAC, "pci_address": "0000:02:10.2"}]
    assert there["settings"] == [{"pf": "enp2s0", "vfs": [
        {"index": 1, "trust": True, "spoofchk": True, "min_tx_rate": 0, "max_tx_rate": 100}]}]


def test_another_vf_where_that_is_taken(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    needs = pair.info("kvm1")["needs"]
    target = pair.hosts["kvm2"]
    target.domain("b")
    target.libvirt.found["b"].xml.find("devices").append(
        pair.hosts["kvm1"].libvirt.found["a"].xml.find("devices/interface[@type='hostdev']"))
    assert pair.info("kvm2", needs)["vfs"] == [{"mac": VF_MAC, "pci_address": "0000:02:10.0"}]
    target.files.folder("/sys/bus/pci/devices/0000:02:10.0/net/enp2s0v0/upper_bond0")
    target.files.link("/sys/class/net/enp2s0v0", "/sys/bus/pci/devices/0000:02:10.0/net/enp2s0v0")
    assert pair.info("kvm2", needs)["vfs"] == [{"mac": VF_MAC, "pci_address": "0000:02:10.4"}]


def test_a_macvtap_on_a_vf_keeps_what_the_vf_had(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.files.netdev("0000:02:10.2", "enp2s0v1")
    pair.domain(MACVTAP)
    needs = pair.info("kvm1")["needs"]
    assert (needs["live"], needs["vfs"][0]["dev"], needs["vfs"][0]["trust"]) == (True, "enp2s0v1", True)
    there = pair.info("kvm2", needs)
    assert (there["pfs"], there["vfs"]) == ([], [])
    assert there["settings"][0]["vfs"][0]["index"] == 1


def test_the_pfs_of_a_pool(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.network("pool", "<forward mode='hostdev'><pf dev='enp2s0'/></forward>")
    pair.domain(POOL, state="off")
    needs = pair.info("kvm1")["needs"]
    assert not needs["live"]
    assert pair.info("kvm2", needs)["pfs"] == ["enp2s0"]


def test_a_pool_of_single_vfs(pair: Pair) -> None:
    one = "<forward mode='hostdev'><address type='pci' domain='0' bus='2' slot='16' function='4'/></forward>"
    for lab in pair.hosts.values():
        lab.network("pool", one)
    pair.domain(POOL, state="off")
    needs = pair.info("kvm1")["needs"]
    assert pair.info("kvm2", needs)["pfs"] == ["enp2s0"]
    second = POOL.replace("00:05", "00:06")
    with pytest.raises(KvmError, match=r"NIC 52:54:00:00:00:06\.source\.network = 'pool': the domain needs 2 of its "
                       r"devices, and 1 of 1 are free\."):
        pair.info("kvm2", {**needs, "interfaces": [*needs["interfaces"], second]})


@pytest.mark.parametrize(("page", "size"), [("", 2048), ("<page size='1048576' unit='KiB'/>", 1 << 20)])
def test_huge_pages(pair: Pair, page: str, size: int) -> None:
    definition = pair.domain(state="off").xml
    definition.insert(1, xml.parse("<memory unit='KiB'>2097152</memory>"))
    definition.insert(2, xml.parse(f"<memoryBacking><hugepages>{page}</hugepages></memoryBacking>"))
    needs = pair.info("kvm1")["needs"]
    files, free = pair.hosts["kvm2"].files, f"/sys/kernel/mm/hugepages/hugepages-{size}kB/free_hugepages"
    files.write("/proc/meminfo", "MemTotal:  8000000 kB\nHugepagesize:       2048 kB\n")
    told = rf"memory = '2048 MiB': the domain needs it in huge pages of {size} KiB, of which 0 MiB are free"
    with pytest.raises(KvmError, match=told):
        pair.info("kvm2", needs)
    files.write(free, str((2097152 // size) - 1))
    with pytest.raises(KvmError, match=f"of which {2048 - size // 1024} MiB are free on this host"):
        pair.info("kvm2", needs)
    files.write(free, str(2097152 // size))
    assert pair.info("kvm2", needs)["state"] == "absent"


def test_a_team(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.network("pool", "<forward mode='hostdev'><pf dev='enp2s0'/><address type='pci' domain='0' bus='2' "
                            "slot='16' function='4'/></forward>")
    pair.domain(TEAM)
    needs = pair.info("kvm1")["needs"]
    assert needs["live"]
    there = pair.info("kvm2", needs)
    assert (there["pfs"], there["vfs"], there["settings"]) == (["enp2s0"], [], [])
    del pair.hosts["kvm2"].libvirt.networks["pool"]
    with pytest.raises(KvmError, match=r"source\.network = 'pool': libvirt has no such network"):
        pair.info("kvm2", needs)


def test_vfs_of_an_interrupted_move_are_those_of_its_note(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The source was restarted, and has no VFs now."""
    pair.domain(BRIDGE + VF)
    needs = pair.info("kvm1")["needs"]
    assert killed(pair, 6, monkeypatch, vfs=[{"mac": VF_MAC, "pci_address": "0000:02:10.2"}])
    pair.hosts["kvm1"].files.remove("/sys/bus/pci/devices/0000:02:10.2")
    again = pair.info("kvm1")["needs"]
    assert again["vfs"] == needs["vfs"]
    assert again["unfinished"] == "kvm2"
    assert pair.info("kvm2", again)["vfs"] == [{"mac": VF_MAC, "pci_address": "0000:02:10.2"}]


def test_a_vf_that_the_source_does_not_have_now(pair: Pair) -> None:
    pair.domain(BRIDGE + VF, state="off")
    pair.hosts["kvm1"].files.remove("/sys/bus/pci/devices/0000:02:10.2")
    with pytest.raises(KvmError, match="this host does not have this VF, so its PF is unknown"):
        pair.info("kvm1")


def test_no_bridge(pair: Pair) -> None:
    pair.hosts["kvm2"].files.remove("/sys/class/net/br0")
    assert "source.bridge = 'br0': this host has no such bridge" in refused(pair)


def test_no_network_no_portgroup_and_one_that_is_not_started(pair: Pair) -> None:
    del pair.hosts["kvm2"].libvirt.networks["lan"]
    assert "source.network = 'lan': libvirt has no such network" in refused(pair, LAN)
    pair.hosts["kvm2"].network("lan", "<portgroup name='blue'/>")
    assert "source.portgroup = 'red': network lan does not have this port group. Use one" in refused(pair, LAN)
    pair.hosts["kvm2"].network("lan", "<portgroup name='red'/>", active=False)
    assert "source.network = 'lan': this network is not started" in refused(pair, LAN)


def test_nothing_below_a_macvtap(pair: Pair) -> None:
    pair.hosts["kvm1"].files.netdev("0000:02:10.2", "enp2s0v1")
    assert "source.dev = 'enp2s0v1': this host has no such network interface" in refused(pair, MACVTAP)


def test_no_pf(pair: Pair) -> None:
    pair.hosts["kvm2"].files.remove("/sys/class/net/enp2s0")
    assert "pf = 'enp2s0': this host has no such network interface" in refused(pair, VF)


def test_a_pf_that_is_down(pair: Pair) -> None:
    pair.hosts["kvm2"].files.write("/sys/bus/pci/devices/0000:02:00.0/net/enp2s0/flags", "0x1002")
    assert "its PF enp2s0 is down" in refused(pair, VF)


def test_no_vf(pair: Pair) -> None:
    pair.hosts["kvm2"].files.write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "0")
    assert f"PF enp2s0: none of its 0 VFs is free for the NIC {VF_MAC}. Create more VFs" in refused(pair, VF)


def test_no_vf_in_the_pool_of_a_team(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.network("pool", "<forward mode='hostdev'><pf dev='enp2s0'/></forward>")
    pair.hosts["kvm2"].files.write("/sys/bus/pci/devices/0000:02:00.0/sriov_numvfs", "1")
    told = ("NIC 52:54:00:00:00:02.source.network = 'pool': the domain needs 1 of its devices, and 0 of 1 are free "
            "(VF 0 of enp2s0 by another NIC of the domain). Create more VFs with")
    assert told in refused(pair, VF + TEAM)


def test_another_machine(pair: Pair) -> None:
    pair.domain(state="off").xml.find("os/type").set("machine", "pc-i440fx-99.0")
    with pytest.raises(KvmError, match=r"machine 'pc-i440fx-99.0' is not supported .*Install the QEMU release"):
        pair.info("kvm2", pair.info("kvm1")["needs"])


@pytest.mark.parametrize(("cpu", "state", "here", "there", "fits"), [
    ("<cpu mode='host-passthrough'/>", "running", "EPYC", "EPYC", True),
    ("<cpu mode='host-passthrough'/>", "running", "EPYC", "Haswell", False),
    ("<cpu mode='maximum'/>", "running", "EPYC", "Haswell", False),
    ("<cpu mode='host-passthrough'/>", "off", "EPYC", "Haswell", True),
    ("<cpu mode='custom'><model>EPYC</model></cpu>", "running", "EPYC", "Haswell", True),
    ("<cpu mode='host-passthrough'/>", "running", "", "Haswell", True),
    ("<cpu mode='host-passthrough'/>", "running", "EPYC", "", True),
])
def test_another_cpu(pair: Pair, cpu: str, state: str, here: str, there: str, fits: bool) -> None:
    for name, model in (("kvm1", here), ("kvm2", there)):
        pair.hosts[name].libvirt.cpu = model
    domain = pair.domain(state="off")
    domain.xml.append(xml.parse(cpu))
    if state == "running":
        domain.create()
    needs = pair.info("kvm1")["needs"]
    if fits:
        assert pair.info("kvm2", needs)["state"] == "absent"
        return
    with pytest.raises(KvmError, match=r"cpu = 'EPYC': the guest uses the CPU of its host unchanged.*Shut"):
        pair.info("kvm2", needs)


def test_files_that_are_there(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    target = pair.hosts["kvm2"]
    target.files.write(KERNEL, "another")
    assert f"file {KERNEL}: this host already has it, but not from this move. Remove it" in refused(pair)
    Path(target.host.path(KERNEL)).write_bytes(b"kernel")
    needs = pair.info("kvm1")["needs"]
    assert pair.info("kvm2", needs)["state"] == "absent"
    target.files.write(DISK, "somebody's")
    assert f"file {DISK}: this host already has it" in refused(pair)
    target.files.remove(DISK)
    assert killed(pair, 5, monkeypatch)
    assert pair.info("kvm2", pair.info("kvm1")["needs"])["state"] == "absent"


@pytest.mark.parametrize(("there", "told"), [
    (b"boot order", ""), (None, ""), (b"others", "/vars.fd: this host already has it, but not from this move")])
def test_uefi_variables_beside_shared_disks(pair: Pair, there: bytes | None, told: str) -> None:
    """Whether they are one file or two that are the same, the move itself sees."""
    pair.domain(state="off", more="<nvram>/vars.fd</nvram>")
    pair.write("/vars.fd", b"boot order")
    if there is not None:
        pair.write("/vars.fd", there, at="kvm2")
    needs = pair.info("kvm1", shared_storage=True)["needs"]
    assert [file["path"] for file in needs["files"]] == [MEDIUM, KERNEL, "/vars.fd", READY]
    if not told:
        assert pair.info("kvm2", needs)["state"] == "absent"
        return
    with pytest.raises(KvmError, match=told):
        pair.info("kvm2", needs)


def test_no_room(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.domain(state="off")
    needs = pair.info("kvm1")["needs"]
    room = os.statvfs("/")
    needs["files"][0]["size"] = (room.f_blocks + 1) * room.f_frsize
    with pytest.raises(KvmError, match=r"the files of the domain need \d+ MiB on this host, and \d+ MiB are free"):
        pair.info("kvm2", needs)
