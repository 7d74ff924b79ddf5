# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves between two hosts: end states, what they keep, where they may be interrupted, and what they refuse."""

from __future__ import annotations

import os
import threading
import typing as t
from pathlib import Path

import pytest
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import domain_resource
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import read_record
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.migration import storage
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibvirtError
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakemigration import qcow2
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    DISK,
    FOLDER,
    KERNEL,
    MEDIUM,
    POOL,
    READY,
    TEAM,
    VF,
    VF_MAC,
    Pair,
    killed,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

HERE = (True, True, None)
VFS = [{"mac": VF_MAC, "pci_address": "0000:02:10.4"}]


def four_runs(pair: Pair, **given: t.Any) -> Result:
    """Check, apply, check, apply: the first two agree, the last two change nothing."""
    before = pair.all()
    foretold = pair.move(check_mode=True, **given)
    assert pair.all() == before, "check mode changed the hosts"
    done = pair.move(**given)
    assert not done["failed"], done
    assert done == foretold
    after = pair.all()
    for check_mode in (True, False):
        again = pair.move(check_mode=check_mode, **given)
        assert (again["failed"], again["changed"], again["method"]) == (False, False, None)
    assert pair.all() == after
    assert [lab.libvirt.pools for lab in pair.hosts.values()] == [[], []]
    return done


def test_live(pair: Pair) -> None:
    before = pair.domain().UUIDString()
    done = four_runs(pair)
    assert (done["method"], done["state"], done["uuid"]) == ("live", "running", before)
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)
    assert (pair.files("kvm1"), pair.files("kvm2")) == ([], [DISK, MEDIUM, READY])
    assert not pair.hosts["kvm1"].host.exists(FOLDER)
    assert [pair.hosts[at].host.exists(KERNEL) for at in pair.hosts] == [True, True], "a kernel is nobody's own"
    [(uri, sent, _flags)] = pair.hosts["kvm2"].libvirt.migrated
    assert uri == "qemu+ssh://root@kvm2/system?no_tty=1"
    assert sent == {"migrate_uri": "tcp://kvm2", "migrate_disks": ["vda"]}
    assert done["actions"] == [
        "domain a: record that it moves to kvm2",
        "domain a: autostart True → False",
        f"{DISK} on kvm2: create it",
        f"{MEDIUM} on kvm2: copy it, if it does not exist",
        f"{KERNEL} on kvm2: copy it, if it does not exist",
        f"{READY} on kvm2: copy it, if it does not exist",
        "domain a: move it live to kvm2",
        "domain a: record that it is handed over to kvm2",
        f"{DISK}: remove",
        f"{MEDIUM}: remove",
        f"{READY}: remove",
        "domain a: undefine",
        "domain a on kvm2: autostart False → True",
        "domain a on kvm2: record that it has arrived",
    ]


def test_there_and_back(pair: Pair) -> None:
    pair.domain()
    assert not pair.move()["failed"]
    assert pair.move("kvm2", "kvm1", address="fe80::1")["method"] == "live"
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)
    assert (pair.files("kvm1"), pair.files("kvm2")) == ([DISK, MEDIUM, READY], [])
    assert pair.hosts["kvm1"].libvirt.migrated[0][1]["migrate_uri"] == "tcp://[fe80::1]"


def test_live_with_a_team(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.network("pool", "<forward mode='hostdev'><address type='pci' domain='0' bus='2' slot='16' function='4'/>"
                            "</forward>")
    pair.domain(TEAM)
    assert four_runs(pair)["method"] == "live"


def test_a_vf_of_its_own_goes_as_a_copy(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    done = four_runs(pair, vfs=VFS)
    assert (done["method"], done["state"]) == ("cold", "running")
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)
    nic = pair.hosts["kvm2"].libvirt.found["a"].xml.find("devices/interface[@type='hostdev']")
    assert nic.find("source/address").attrib == {
        "type": "pci", "domain": "0x0000", "bus": "0x02", "slot": "0x10", "function": "0x4"}
    assert (nic.find("mac").get("address"), nic.find("vlan/tag").get("id")) == (VF_MAC, "100")
    disk = Path(pair.hosts["kvm2"].host.path(DISK))
    assert disk.read_bytes() == qcow2(1 << 20) + b"data"


def test_a_vf_needs_another_one(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    before = pair.all()
    refused = pair.move()
    told = refused["msg"]
    assert f"vfs: NIC {VF_MAC} has a VF of the source, and vfs contains no VF of the target for it" in told
    assert pair.all() == before


def test_a_pool_without_a_team_goes_as_a_copy(pair: Pair) -> None:
    for lab in pair.hosts.values():
        lab.network("pool", "<forward mode='hostdev'/>")
    pair.domain(BRIDGE + POOL.replace("<teaming type='transient' persistent='ua-backup'/>", ""), state="off")
    pair.hosts["kvm1"].libvirt.found["a"].starts_with_host = 0
    assert four_runs(pair)["method"] == "cold"


@pytest.mark.parametrize(("nics", "given"), [(BRIDGE, {}), (VF, {"vfs": VFS})])
def test_the_record_of_its_definition_goes_along(pair: Pair, nics: str, given: Result) -> None:
    domain = pair.domain(nics, state="defined")
    wanted = xml.parse(domain.shown(inactive=True))
    xml.remove(wanted.find("devices"), "interface")
    etree.SubElement(wanted, "description").text = "an appliance"
    asked = {"name": "a", "xml": xml.serialise(wanted), "state": "running", "autostart": True, "restart": "allowed",
             "timeout": 120, "uri": "qemu:///system"}
    assert run(domain_resource, asked, pair.hosts["kvm1"].host)["changed"]
    record = read_record(domain.xml)
    assert record is not None
    assert not pair.move(**given)["failed"]
    assert read_record(pair.hosts["kvm2"].libvirt.found["a"].xml) == record
    pair.at = "kvm2"
    again = run(domain_resource, asked, pair.hosts["kvm2"].host)
    assert (again["failed"], again["changed"], again["needs_restart"]) == (False, False, False)


def test_what_is_off_stays_off(pair: Pair) -> None:
    pair.domain(state="off")
    done = four_runs(pair)
    assert (done["method"], done["state"], pair.copy("kvm2")) == ("cold", "shutdown", (False, True, None))
    assert pair.copy("kvm1") is None


@pytest.mark.parametrize("nics", [BRIDGE, BRIDGE + VF])
def test_shared_storage_is_left_alone(pair: Pair, nics: str) -> None:
    pair.domain(nics)
    pair.share(FOLDER)
    done = four_runs(pair, shared_storage=True, vfs=VFS)
    assert [line for line in done["actions"] if "/" in line] == [f"{KERNEL} on kvm2: copy it, if it does not exist"]
    assert [pair.files(at) for at in pair.hosts] == [[DISK, MEDIUM, READY]] * 2
    assert not pair.move("kvm2", "kvm1", vfs=VFS, shared_storage=True)["failed"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)


@pytest.mark.parametrize("nics", [BRIDGE, BRIDGE + VF])
def test_of_what_only_one_reaches_the_rest_is_copied(pair: Pair, nics: str) -> None:
    """The disk is shared, and its media are not."""
    domain = pair.domain(nics)
    disk = "/srv/shared/disk.qcow2"
    pair.write(disk, qcow2(1 << 20))
    pair.share("/srv/shared")
    for root in (domain.xml, domain.live):
        root.find("devices/disk/source").set("file", disk)
    done = four_runs(pair, shared_storage=True, vfs=VFS)
    assert f"{MEDIUM} on kvm2: copy it, if it does not exist" in done["actions"]
    assert f"{READY}: remove" in done["actions"]
    assert pair.files("kvm2") == [MEDIUM, READY]
    assert [lab.host.exists(disk) for lab in pair.hosts.values()] == [True, True]
    sent = [given for _uri, given, _flags in pair.hosts["kvm2"].libvirt.migrated]
    assert sent == ([{"migrate_uri": "tcp://kvm2"}] if nics == BRIDGE else [])


NVRAM = "/var/lib/libvirt/qemu/nvram/a.fd"
OLD, NEW = f"<nvram>{NVRAM}</nvram>", f"<nvram type='file'><source file='{NVRAM}'/></nvram>"


@pytest.mark.parametrize("shared_disks", [False, True])
@pytest.mark.parametrize(("nics", "state", "variables"), [
    (BRIDGE, "off", OLD), (BRIDGE, "off", NEW), (BRIDGE + VF, "running", OLD), (BRIDGE, "running", OLD)])
def test_uefi_variables_of_one_host_go_along(
        pair: Pair, nics: str, state: str, variables: str, shared_disks: bool) -> None:
    pair.domain(nics, state, more=variables)
    pair.write(NVRAM, b"boot order")
    if shared_disks:
        pair.share(FOLDER)
    done = four_runs(pair, shared_storage=shared_disks, vfs=VFS)
    live = (nics, state) == (BRIDGE, "running")
    assert [line for line in done["actions"] if NVRAM in line] == (
        [] if live else [f"{NVRAM} on kvm2: create it", f"{NVRAM} on kvm2: copy it"])
    assert pair.hosts["kvm2"].host.read(NVRAM) == (None if live else "boot order"), "live, QEMU brings them"
    assert not pair.hosts["kvm1"].host.exists(NVRAM)


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(("nics", "state"), [(BRIDGE, "running"), (BRIDGE + VF, "running"), (BRIDGE, "off")])
@pytest.mark.parametrize("number", [0, 2, 4, 5, 6, 7, 8, 9, 10, 99])
def test_uefi_variables_of_both_hosts_stay(pair: Pair, monkeypatch: pytest.MonkeyPatch, nics: str, state: str,
                                           number: int, back: bool) -> None:
    """However often it is interrupted, nobody takes them from who has the domain."""
    pair.domain(nics, state, more=OLD)
    pair.write(NVRAM, b"boot order")
    for path in (FOLDER, os.path.dirname(NVRAM)):
        pair.share(path)
    killed(pair, number, monkeypatch, vfs=VFS, shared_storage=True)
    source, target = ("kvm2", "kvm1") if back else ("kvm1", "kvm2")
    done = pair.move(source, target, vfs=VFS, shared_storage=True)
    assert not done["failed"]
    assert not [line for line in done["actions"] if NVRAM in line]
    assert (pair.copy(source) is None, pair.copy(target) is None) == (True, False)
    assert [lab.host.read(NVRAM) for lab in pair.hosts.values()] == ["boot order"] * 2
    assert [pair.files(at) for at in pair.hosts] == [[DISK, MEDIUM, READY]] * 2


@pytest.mark.parametrize("call", ["create", "defineXML"])
def test_uefi_variables_of_both_hosts_stay_when_a_move_is_undone(pair: Pair, call: str) -> None:
    pair.domain(BRIDGE + VF, more=OLD)
    pair.write(NVRAM, b"boot order")
    for path in (FOLDER, os.path.dirname(NVRAM)):
        pair.share(path)
    libvirt = pair.hosts["kvm2"].libvirt
    libvirt.at(call, 1, libvirt.fail)
    assert "The previous state was restored." in pair.move(vfs=VFS, shared_storage=True)["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)
    assert pair.hosts["kvm1"].host.read(NVRAM) == "boot order"


@pytest.mark.parametrize("more", [{}, {"shared_storage": True}])
def test_other_uefi_variables_are_not_overwritten(pair: Pair, more: Result) -> None:
    """Those of another domain, or of this one as it was there long ago."""
    pair.domain(state="off", more=OLD)
    pair.write(NVRAM, b"boot order")
    pair.write(NVRAM, b"boot order", at="kvm2")
    if more:
        pair.share(FOLDER)
    before = pair.all()
    assert f"file {NVRAM}: kvm2 already has it, but not from this move. Remove it there" in pair.move(**more)["msg"]
    assert pair.all() == before


def test_a_file_that_changes_all_the_time(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.domain(state="off", more=OLD)
    pair.write(NVRAM, b"")
    pair.share(os.path.dirname(NVRAM))
    numbers = iter(range(99))
    monkeypatch.setattr(storage, "_last_change", lambda host, path: (0, next(numbers)))
    refused = pair.move()
    assert f"file {NVRAM}: it is being written, so it is unknown" in refused["msg"]
    assert pair.hosts["kvm1"].host.exists(NVRAM)


BASE = "/var/lib/libvirt/bases/base.qcow2"
# How an image may name it
BASES = [BASE, "../../bases/base.qcow2", f"file:{BASE}", f"file://{BASE}", "link.qcow2",
         f'json:{{"driver":"qcow2","file":{{"driver":"file","filename":"{BASE}"}}}}',
         f'json:{{"driver":"qcow2","file.driver":"file","file.filename":"{BASE}"}}',
         f'json:{{"driver":"quorum","children":[{{"driver":"file","filename":"{BASE}"}}]}}']


@pytest.mark.parametrize("nics", [BRIDGE, BRIDGE + VF])
@pytest.mark.parametrize("name", BASES)
def test_what_a_shared_disk_is_based_on_has_to_be_there(pair: Pair, nics: str, name: str) -> None:
    domain = pair.domain(nics)
    pair.write(BASE, qcow2(1 << 20))
    pair.write(DISK, qcow2(1 << 20, name))
    Path(pair.hosts["kvm1"].host.path(FOLDER), "link.qcow2").symlink_to("../../bases/base.qcow2")
    pair.share(FOLDER)
    before = pair.all()
    refused = pair.move(shared_storage=True, vfs=VFS)
    missing = f"{FOLDER}/link.qcow2" if name == "link.qcow2" else BASE
    assert (f"shared_storage = True: kvm2 does not have {missing}, which is a disk or the base image of a disk. Mount "
            "the storage on kvm2") in refused["msg"]
    assert (domain.isActive(), pair.all()) == (1, before)


def test_a_shared_disk_has_to_be_there(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    before = pair.all()
    assert f"kvm2 does not have {DISK}, which" in pair.move(shared_storage=True, vfs=VFS)["msg"]
    assert pair.all() == before


@pytest.mark.parametrize("name", [*BASES, "nbd://10.0.0.1/base", 'json:{"driver":"nbd","host":"10.0.0.1"}'])
def test_a_shared_disk_with_its_base(pair: Pair, name: str) -> None:
    pair.domain(BRIDGE + VF)
    pair.write(BASE, qcow2(1 << 20))
    pair.write(DISK, qcow2(1 << 20, name))
    pair.share(FOLDER)
    pair.share(os.path.dirname(BASE))
    pair.write(f"{FOLDER}/link.qcow2", b"")
    assert not pair.move(shared_storage=True, vfs=VFS)["failed"]
    assert [lab.host.exists(BASE) for lab in pair.hosts.values()] == [True, True]


def test_a_base_whose_name_cannot_be_read(pair: Pair) -> None:
    pair.domain(BRIDGE + VF)
    pair.write(DISK, qcow2(1 << 20, "json:{"))
    pair.share(FOLDER)
    before = pair.all()
    refused = pair.move(shared_storage=True, vfs=VFS)
    assert f"disk image {DISK} = 'json:{{': it is based on a file whose name cannot be read" in refused["msg"]
    assert pair.all() == before


def test_another_domain_with_its_uuid(pair: Pair) -> None:
    uuid = pair.domain(BRIDGE + VF).UUIDString()
    pair.hosts["kvm2"].libvirt.defineXML(
        f"<domain type='kvm'><name>clone</name><uuid>{uuid}</uuid><os><type>hvm</type></os><devices/></domain>")
    before = pair.all()
    for check_mode in (True, False):
        refused = pair.move(vfs=VFS, check_mode=check_mode)
        assert f"name = 'a': kvm2 has another domain with its UUID {uuid}: clone. Remove clone there" in refused["msg"]
    assert (pair.copy("kvm1"), pair.all()) == (HERE, before)


def test_a_file_that_another_domain_has_stays(pair: Pair) -> None:
    pair.domain()
    pair.hosts["kvm1"].libvirt.defineXML(
        f"<domain type='kvm'><name>b</name><os><type>hvm</type></os><devices><disk type='file' device='cdrom'><source "
        f"file='{MEDIUM}'/><target dev='hda'/></disk></devices></domain>")
    assert not pair.move()["failed"]
    assert pair.files("kvm1") == [MEDIUM]


@pytest.mark.parametrize("base", [
    DISK, "../a/disk.qcow2", f"file:{DISK}", "link.qcow2", f'json:{{"driver":"qcow2","file.filename":"{DISK}"}}',
    f'json:{{"driver":"qcow2","file":{{"driver":"file","filename":"{DISK}"}}}}'])
def test_a_disk_that_another_one_is_based_on_stays(pair: Pair, base: str) -> None:
    pair.domain()
    lab = pair.hosts["kvm1"]
    middle, clone = (f"/var/lib/libvirt/images/b/{name}" for name in ("middle.qcow2", "clone.qcow2"))
    for path, below in ((middle, base), (clone, middle)):
        lab.files.write(path)
        Path(lab.host.path(path)).write_bytes(qcow2(1 << 20, below))
    Path(lab.host.path(middle)).with_name("link.qcow2").symlink_to("../a/disk.qcow2")
    lab.libvirt.defineXML(
        f"<domain type='kvm'><name>b</name><os><type>hvm</type></os><devices><disk type='file' device='disk'><driver "
        f"type='qcow2'/><source file='{clone}'/><target dev='vda'/></disk></devices></domain>")
    assert not pair.move()["failed"]
    assert pair.files("kvm1") == [DISK]


@pytest.mark.parametrize("source", ["file='/srv/link.qcow2'", "pool='p' volume='disk.qcow2'"])
def test_a_disk_that_another_domain_has_by_another_name_stays(pair: Pair, source: str) -> None:
    pair.domain()
    lab = pair.hosts["kvm1"]
    lab.files.link("/srv/link.qcow2", DISK)
    lab.libvirt.storagePoolCreateXML(f"<pool type='dir'><name>p</name><target><path>{FOLDER}</path></target></pool>", 0)
    for name, given in (("b", source), ("c", "pool='gone' volume='x'")):
        lab.libvirt.defineXML(
            f"<domain type='kvm'><name>{name}</name><os><type>hvm</type></os><devices><disk device='disk'>"
            f"<source {given}/><target dev='vda'/></disk></devices></domain>")
    assert not pair.move()["failed"]
    assert pair.files("kvm1") == [DISK]


def test_a_medium_in_a_folder_for_all_stays(pair: Pair) -> None:
    domain = pair.domain()
    disk, medium = (f"/var/lib/libvirt/images/{name}" for name in ("disk.qcow2", "day0.iso"))
    for root in (domain.xml, domain.live):
        for source, path in zip(root.iterfind("devices/disk/source"), (disk, medium)):
            source.set("file", path)
    host = pair.hosts["kvm1"].host
    for old, path in ((DISK, disk), (MEDIUM, medium)):
        os.rename(host.path(old), host.path(path))
    assert not pair.move()["failed"]
    assert (host.exists(disk), host.exists(medium)) == (False, True)


def test_a_pool_that_is_there_is_used_and_stays_as_it_is(pair: Pair) -> None:
    pair.domain()
    target = pair.hosts["kvm2"]
    target.files.folder(FOLDER)
    pool = target.libvirt.storagePoolCreateXML(f"<pool type='dir'><name>p</name><target><path>{FOLDER}/</path></target>"
                                               "</pool>", 0)
    pool.persistent = True
    for active in (True, False):
        pool.active = active
        assert pair.move(check_mode=not active)["failed"] is False
    assert (target.libvirt.pools, pool.active) == ([pool], False)


def test_uefi_variables_are_copied_but_for_a_live_move(pair: Pair) -> None:
    nvram = "/var/lib/libvirt/qemu/nvram/a.fd"
    pair.domain(more=f"<nvram>{nvram}</nvram>", state="off")
    pair.hosts["kvm1"].files.write(nvram, "boot order")
    assert not pair.move()["failed"]
    assert pair.hosts["kvm2"].host.read(nvram) == "boot order"
    pair.hosts["kvm2"].libvirt.found["a"].create()
    foretold = pair.move("kvm2", "kvm1", check_mode=True)
    assert not [line for line in foretold["actions"] if nvram in line]


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize(("nics", "state"), [(BRIDGE, "running"), (BRIDGE + VF, "running"), (BRIDGE, "off")])
@pytest.mark.parametrize("number", range(13))
def test_killed_before_each_step(pair: Pair, monkeypatch: pytest.MonkeyPatch, nics: str, state: str, number: int,
                                 back: bool) -> None:
    """Run again, it ends; run with the hosts exchanged, it is taken back. Never two run, and at the end one has it."""
    pair.domain(nics, state)
    if not killed(pair, number, monkeypatch, vfs=VFS):
        assert number > 7
    source, target = ("kvm2", "kvm1") if back else ("kvm1", "kvm2")
    between = pair.all()
    assert not pair.move(source, target, check_mode=True, vfs=VFS)["failed"]
    assert pair.all() == between
    assert not killed(pair, 99, monkeypatch, source=source, target=target, vfs=VFS)
    pair.count()
    assert pair.copy(source) is None
    assert pair.copy(target) == (state == "running", True, None)
    assert (pair.files(source), pair.files(target)) == ([], [DISK, MEDIUM, READY])
    assert pair.most == (state == "running")
    assert not pair.move(source, target)["changed"]


CALLS = [(nics, at, call) for nics in (BRIDGE, BRIDGE + VF) for at, call in (
    ("kvm1", "setMetadata"), ("kvm1", "setAutostart"), ("kvm2", "createXML"), ("kvm2", "storagePoolCreateXML"))] + [
    (BRIDGE, "kvm1", "migrateToURI3"), (BRIDGE + VF, "kvm1", "shutdown"), (BRIDGE + VF, "kvm2", "defineXML"),
    (BRIDGE + VF, "kvm2", "create")]


@pytest.mark.parametrize(("nics", "at", "call"), CALLS)
def test_what_fails_on_the_way_is_undone(pair: Pair, nics: str, at: str, call: str) -> None:
    pair.domain(nics)
    libvirt = pair.hosts[at].libvirt
    # Two folders were looked for before, and found to be none.
    libvirt.at(call, 3 if call == "storagePoolCreateXML" else 1, libvirt.fail)
    failed = pair.move(vfs=VFS)
    assert failed["failed"]
    assert "as planned" in failed["msg"]
    assert "The previous state was restored." in failed["msg"]
    assert failed["error"]["remedy"] or call != "migrateToURI3"
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)
    assert (pair.files("kvm1"), pair.files("kvm2")) == ([DISK, MEDIUM, READY], [])
    assert not pair.move(vfs=VFS)["failed"]


@pytest.mark.parametrize(("at", "call"), [("kvm1", "undefineFlags"), ("kvm2", "setMetadata"), ("kvm2", "setAutostart")])
def test_what_fails_once_it_has_gone_is_left_for_the_next_run(pair: Pair, at: str, call: str) -> None:
    pair.domain()
    pair.hosts[at].libvirt.at(call, 1, pair.hosts[at].libvirt.fail)
    failed = pair.move()
    assert failed["failed"]
    assert failed["changed"]
    assert pair.copy("kvm2") is not None
    assert not pair.move()["failed"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)


@pytest.mark.parametrize("at", ["kvm1", "kvm2"])
def test_a_libvirt_that_restarts_leaves_a_note_for_the_next_run(pair: Pair, at: str) -> None:
    pair.domain()
    libvirt = pair.hosts["kvm1"].libvirt
    libvirt.at("migrateToURI3", 1, pair.hosts[at].libvirt.restart)
    if at == "kvm2":
        libvirt.at("migrateToURI3", 1, lambda: (pair.hosts["kvm2"].libvirt.restart(), libvirt.fail()))
    failed = pair.move()
    assert "Restoring the previous state also failed" in failed["msg"]
    for lab in pair.hosts.values():
        lab.libvirt.connection()
    assert pair.copy("kvm1") == (True, False, "leaving")
    assert not pair.move()["failed"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)


@pytest.mark.parametrize("given", [{"autostart": True}, {"state": "running"}])
def test_nobody_else_touches_a_domain_on_its_way(pair: Pair, monkeypatch: pytest.MonkeyPatch, given: Result) -> None:
    pair.domain(VF)
    assert killed(pair, 6, monkeypatch, vfs=VFS)
    pair.at, before = "kvm1", pair.all()
    params = {"name": "a", "xml": None, "state": "defined", "autostart": None, "restart": "never", "timeout": 1,
              "uri": "qemu:///system"}
    told = run(domain_resource, {**params, **given}, pair.hosts["kvm1"].host)
    assert "its move from kvm1 to kvm2 is not complete. Run the move again" in told["msg"]
    assert (told["changed"], pair.all()) == (False, before)


def under_way(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """A live migration whose run was killed, while libvirt goes on with it."""
    domain = pair.domain()
    assert killed(pair, 4, monkeypatch)
    domain.incoming(pair.hosts["kvm2"].libvirt)
    domain.job = True


def test_a_migration_that_goes_on_without_its_run_is_ended_and_begun_anew(
        pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way(pair, monkeypatch)
    done = four_runs(pair)
    assert done["actions"][:2] == ["domain a: abort the running migration",
                                   "domain a on kvm2: remove the remains of an unfinished move"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)


def test_a_migration_that_goes_on_without_its_run_is_taken_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way(pair, monkeypatch)
    done = four_runs(pair, source="kvm2", target="kvm1")
    assert done["actions"][:2] == ["domain a: abort the running migration",
                                   "domain a: stop the paused copy that its migration has left"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)
    assert (pair.files("kvm1"), pair.files("kvm2")) == ([DISK, MEDIUM, READY], [])


def come_to_its_end(pair: Pair) -> None:
    """What libvirt does when the other host has everything."""
    here, there = (pair.hosts[name].libvirt.found["a"] for name in ("kvm1", "kvm2"))
    there.persistent, there.running_state, there.reason = 1, 1, 0
    here.live, here.job = None, False


@pytest.mark.parametrize(("source", "target", "method"), [("kvm1", "kvm2", None), ("kvm2", "kvm1", "live")])
def test_a_migration_that_is_just_about_to_end_is_waited_for(
        pair: Pair, monkeypatch: pytest.MonkeyPatch, source: str, target: str, method: str | None) -> None:
    under_way(pair, monkeypatch)
    domain = pair.hosts["kvm1"].libvirt.found["a"]
    domain.running_state, domain.reason = 3, 2
    monkeypatch.setattr(pair.hosts[source].host, "sleep", lambda seconds: come_to_its_end(pair))
    done = pair.move(source, target)
    assert (done["failed"], done["method"]) == (False, method)
    assert "domain a: abort the running migration" not in done["actions"]
    assert (pair.copy(source), pair.copy(target)) == (None, HERE)


@pytest.mark.parametrize(("source", "target"), [("kvm1", "kvm2"), ("kvm2", "kvm1")])
def test_a_migration_that_ends_before_it_is_ended_loses_nothing(
        pair: Pair, monkeypatch: pytest.MonkeyPatch, source: str, target: str) -> None:
    under_way(pair, monkeypatch)
    pair.hosts["kvm1"].libvirt.at("abortJob", 1, lambda: come_to_its_end(pair))
    failed = pair.move(source, target)
    assert "its migration finished before it could be aborted. Run the task again" in failed["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == ((False, False, "leaving"), (True, False, "leaving"))
    assert not pair.move(source, target)["failed"]
    assert (pair.copy(source), pair.copy(target)) == (None, HERE)


def test_a_migration_that_does_not_end(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    under_way(pair, monkeypatch)
    pair.hosts["kvm1"].libvirt.at("abortJob", 1, lambda: None)
    monkeypatch.setattr(type(pair.hosts["kvm1"].libvirt.found["a"]), "abortJob", lambda self: None)
    assert "its migration did not finish within 5 seconds" in pair.move()["msg"]


def test_a_job_of_others_is_waited_for(pair: Pair) -> None:
    pair.domain().job = True
    before = pair.all()
    assert "another job of libvirt for it runs on this host. Wait until the job" in pair.move()["msg"]
    assert pair.all() == before


@pytest.mark.parametrize("other", ["none", "off", "running"])
def test_paused_with_an_unknown_end(pair: Pair, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    """libvirt was restarted when all was sent: the source is paused, and the target may or may not run."""
    domain = pair.domain()
    assert killed(pair, 4, monkeypatch)
    domain.running_state, domain.reason = 3, 2
    if other != "none":
        there = domain.incoming(pair.hosts["kvm2"].libvirt)
        there.persistent, there.reason, there.running_state = 1, 0, 1
        if other == "off":
            there.live = None
    done = four_runs(pair)
    assert (done["method"] == "live") == (other == "none")
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)


def test_a_live_move_that_takes_too_long_is_ended(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = pair.domain()
    ended = threading.Event()

    def slow(uri: str, given: Result, flags: int) -> None:
        pair.hosts["kvm1"].host.clock += 61
        assert ended.wait(10)
        raise FakeLibvirtError("operation aborted: migration out: canceled by client", 78)

    monkeypatch.setattr(domain, "migrateToURI3", slow)
    monkeypatch.setattr(domain, "abortJob", ended.set)
    failed = pair.move(live_timeout=60)
    assert "it was not moved within 60 seconds, and stays on this host. Raise live_timeout" in failed["msg"]
    assert "The previous state was restored." in failed["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)


def test_a_guest_that_does_not_shut_down_stays(pair: Pair) -> None:
    pair.domain(BRIDGE + VF).obeys = False
    failed = pair.move(vfs=VFS, timeout=30)
    assert "it did not shut down within 30 seconds and still runs" in failed["msg"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (HERE, None)


def test_a_start_that_cannot_be_told_from_a_failure_starts_no_second_one(pair: Pair) -> None:
    """The connection is lost as the target starts: nobody may start the source then."""
    pair.domain(BRIDGE + VF)
    libvirt = pair.hosts["kvm2"].libvirt
    libvirt.at("create", 1, libvirt.restart)
    failed = pair.move(vfs=VFS)
    assert "Restoring the previous state also failed" in failed["msg"]
    assert pair.copy("kvm1") == (False, False, "left")
    libvirt.connection()
    assert not pair.move(vfs=VFS)["failed"]
    assert (pair.copy("kvm1"), pair.copy("kvm2")) == (None, HERE)


def test_a_file_that_is_there_is_not_overwritten(pair: Pair) -> None:
    pair.domain()
    pair.hosts["kvm2"].files.write(DISK, "somebody's")
    before = pair.all()
    refused = pair.move()
    assert f"file {DISK}: kvm2 already has it, but not from this move. Remove it there" in refused["msg"]
    assert pair.all() == before


@pytest.mark.parametrize(("data", "told"), [(b"kernel", ""), (b"KERNEL", f"file {KERNEL}: kvm2 already has it")])
def test_a_medium_that_is_there_is_taken_if_it_is_the_same(pair: Pair, data: bytes, told: str) -> None:
    pair.domain()
    Path(pair.hosts["kvm2"].host.path("/boot")).mkdir()
    Path(pair.hosts["kvm2"].host.path(KERNEL)).write_bytes(data)
    moved = pair.move()
    assert moved["failed"] == bool(told)
    assert told in moved.get("msg", "")
    assert Path(pair.hosts["kvm2"].host.path(KERNEL)).read_bytes() == data


REFUSED = [
    ("snapshots", 2, "it has snapshots, which libvirt cannot move to another host. Delete them"),
    ("checkpoints", 1, "it has checkpoints, which libvirt cannot move to another host. Delete them"),
    ("managed_save", True, "it has a saved state, which libvirt cannot move to another host. Start the domain (virsh"),
    ("running_state", 7, "it is pmsuspended, so its guest cannot be moved. Wake it up first"),
    ("running_state", 3, "it is paused, so its guest cannot be moved. Resume it first"),
    ("running_state", 6, "it is crashed, so its guest cannot be moved. Run nfv.kvm.vm_domain with"),
    ("persistent", 0, "on kvm1 this domain is transient"),
]


@pytest.mark.parametrize(("attribute", "value", "told"), REFUSED)
def test_what_cannot_go(pair: Pair, attribute: str, value: object, told: str) -> None:
    setattr(pair.domain(), attribute, value)
    before = pair.all()
    refused = pair.move()
    assert told in refused["msg"]
    assert not refused["changed"]
    assert pair.all() == before


def test_a_saved_domain_does_not_go_without_its_memory(pair: Pair) -> None:
    domain = pair.domain()
    domain.save()
    before = pair.all()
    for check_mode in (True, False):
        told = pair.move(check_mode=check_mode)["msg"]
        assert "it has a saved state, which libvirt cannot move to another host" in told
    assert (pair.all(), domain.managed_save) == (before, True)


def test_a_blocked_guest_goes_as_one_that_runs(pair: Pair) -> None:
    pair.domain().running_state = 2
    assert pair.move()["method"] == "live"


DEVICES = [
    ("<hostdev mode='subsystem' type='usb'><source/></hostdev>", "running", "<hostdev type='usb'>"),
    ("<hostdev mode='subsystem' type='pci'><source/></hostdev>", "off", "<hostdev type='pci'>"),
    ("<tpm><backend type='passthrough'/></tpm>", "running", "TPM of domain a = 'passthrough': its state is not copied"),
    ("<tpm><backend type='emulator'/></tpm>", "off", "is not copied, except by a live migration"),
    ("<disk type='block' device='disk'><source dev='/dev/sdb'/><target dev='vdb'/></disk>", "off",
     "type of disk vdb = 'block': only disks that are files"),
    ("<disk type='file' device='disk'><driver type='vmdk'/><source file='/boot/vmlinuz'/><target dev='vdb'/></disk>",
     "off", "format of disk vdb = 'vmdk': /boot/vmlinuz has a format that cannot be copied"),
    ("<disk type='file' device='disk'><driver type='qcow2'/><source file='/boot/vmlinuz'/><target dev='vdb'/></disk>",
     "off", "disk vdb = '/boot/vmlinuz': this file is not a qcow2 image"),
    ("<disk type='file' device='disk'><source file='/none.img'/><target dev='vdb'/></disk>", "off",
     "'/none.img': this host does not have a file"),
]


@pytest.mark.parametrize(("device", "state", "told"), DEVICES)
def test_devices_that_cannot_go(pair: Pair, device: str, state: str, told: str) -> None:
    pair.domain(devices=device, state=state)
    before = pair.all()
    assert told in pair.move()["msg"]
    assert pair.all() == before


def test_an_emulated_tpm_goes_live(pair: Pair) -> None:
    pair.domain(devices="<tpm><backend type='emulator'/></tpm>")
    assert pair.move()["method"] == "live"


@pytest.mark.parametrize(("backing", "data", "told"), [
    ("base.qcow2", None, "it has a backing file"), ('json:{"driver":"nbd"}', None, "it has a backing file"),
    ("", "disk.raw", "it has an external data file"), ("", "", "it has an external data file")])
@pytest.mark.parametrize("read_only", [False, True])
def test_what_a_disk_is_based_on_does_not_go(
        pair: Pair, backing: str, data: str | None, told: str, read_only: bool) -> None:
    domain = pair.domain(BRIDGE + VF)
    for root in (domain.xml, domain.live):
        etree.SubElement(root.find("devices/disk"), "readonly" if read_only else "shareable")
    pair.write(DISK, qcow2(1 << 20, backing, data))
    before = pair.all()
    assert f"disk vda = '{DISK}': {told}" in pair.move(vfs=VFS)["msg"]
    assert pair.all() == before


def test_raw_disks_and_those_of_the_network(pair: Pair) -> None:
    raw = "/srv/raw.img"
    pair.domain(devices=f"<disk type='file' device='disk'><source file='{raw}'/><target dev='vdb'/></disk><disk "
                        "type='network' device='disk'><source protocol='rbd' name='p/i'/><target dev='vdc'/></disk>")
    Path(pair.hosts["kvm1"].host.path("/srv")).mkdir()
    with Path(pair.hosts["kvm1"].host.path(raw)).open("wb") as file:
        file.truncate(1 << 20)
    assert not pair.move()["failed"]
    assert pair.hosts["kvm2"].libvirt.migrated[0][1]["migrate_disks"] == ["vda", "vdb"]
    assert Path(pair.hosts["kvm2"].host.path(raw)).stat().st_size == 1 << 20
