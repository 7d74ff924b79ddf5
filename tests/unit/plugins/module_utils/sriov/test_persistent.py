# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that bring VFs back after a reboot: texts, what is kept of several tasks, and hosts that cannot do it."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, KvmError, NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Completed, Host
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.persistent import (
    KeepFiles,
    check_host,
    kept_by,
    read_files,
    wanted_files,
)
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.persistent import read as read_kept
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.fakekernel import FakeKernel, sriov_vf

PF = "0000:01:00.0"
LINK = f"/etc/systemd/network/10-nfv-kvm-{PF}.link"
RULES = f"/etc/udev/rules.d/70-nfv-kvm-{PF}.rules"
READY = "/etc/systemd/system/nfv-kvm-0000-01-00.0.service"
RATES = "/etc/systemd/system/nfv-kvm-0000-01-00.0-rates.service"
WANTS = "/etc/systemd/system/multi-user.target.d/nfv-kvm-0000-01-00.0.conf"
NOW = Pf("enp1s0", PF, numvfs=4, future_addresses=("0000:01:10.0", "0000:01:10.2", "0000:01:10.4", "0000:01:10.6"))


def task(persistent: bool = True, vfs: dict[int, dict[str, t.Any]] | None = None, **of_pf: t.Any) -> Pf:
    """What a task asks for; ``driver`` is among the settings of a VF."""
    wanted = {
        index: Vf(index, VfSettings(**{name: value for name, value in vf.items() if name != "driver"}),
                  driver=vf.get("driver"))
        for index, vf in (vfs or {}).items()
    }
    return Pf("enp1s0", persistent=persistent, vfs=wanted, **of_pf)


def after(*tasks: Pf, now: Pf = NOW) -> Pf:
    """The state after some tasks."""
    for wanted in tasks:
        now = replace(now, files=wanted_files(wanted, now))
    return now


def vf_sections(text: str) -> dict[int, list[str]]:
    """The lines of each [SR-IOV] section by VF."""
    sections = [section.split("\n") for section in text.rstrip().split("\n\n[SR-IOV]\nVirtualFunction=")[1:]]
    return {int(first): rest for first, *rest in sections}


def test_only_numvfs() -> None:
    files = after(task(numvfs=4)).files
    assert set(files) == {LINK, RULES, READY, WANTS}
    assert files[LINK] == f"""\
# Written by nfv.kvm.sriov_vf for enp1s0 ({PF}); persistent: false takes it away.
# kept: {{"numvfs": 4, "vfs": {{}}}}
[Match]
Property=NFV_KVM_PF={PF}

[Link]
NamePolicy=keep kernel database onboard slot path
AlternativeNamesPolicy=database onboard slot path mac
MACAddressPolicy=persistent
SR-IOVVirtualFunctions=4
"""
    assert files[RULES] == f"""\
# Written by nfv.kvm.sriov_vf for enp1s0 ({PF}); persistent: false takes it away.
SUBSYSTEM!="net|pci", GOTO="end"
TEST!="{READY}", GOTO="end"
ACTION!="remove", SUBSYSTEM=="net", KERNELS=="{PF}", ENV{{NFV_KVM_PF}}="{PF}"
ACTION!="add", GOTO="end"
SUBSYSTEM!="pci", GOTO="end"
LABEL="end"
"""
    assert "Before=libvirtd.service virtqemud.service\n" in files[READY]
    assert "/sbin/ip" not in files[READY]
    assert files[WANTS].endswith("[Unit]\nWants=nfv-kvm-0000-01-00.0.service\n")


@pytest.mark.parametrize(("settings", "lines"), [
    ({"mac": "52:54:00:aa:00:01"}, ["MACAddress=52:54:00:aa:00:01"]),
    ({"vlan": 100}, ["VLANId=100", "QualityOfService=0", "VLANProtocol=802.1Q"]),
    ({"vlan": 5, "qos": 3, "vlan_protocol": "802.1ad"}, ["VLANId=5", "QualityOfService=3", "VLANProtocol=802.1ad"]),
    ({"vlan": 0, "trust": True}, ["Trust=yes"]),
    ({"spoofchk": False, "query_rss": True}, ["MACSpoofCheck=no", "QueryReceiveSideScaling=yes"]),
    ({"link_state": "auto"}, ["LinkState=auto"]),
    ({"link_state": "enable"}, ["LinkState=yes"]),
    ({"link_state": "disable"}, ["LinkState=no"]),
])
def test_settings_of_a_vf(settings: dict[str, t.Any], lines: list[str]) -> None:
    assert vf_sections(after(task(vfs={2: settings})).files[LINK]) == {2: lines}


@pytest.mark.parametrize("settings", [{"vlan": 0}, {"max_tx_rate": 9}, {"driver": "vfio-pci"}, {}])
def test_no_section_without_a_line(settings: dict[str, t.Any]) -> None:
    assert vf_sections(after(task(vfs={2: settings})).files[LINK]) == {}


def test_pf_and_rates() -> None:
    files = after(task(mtu=9000, up=True, vfs={0: {"max_tx_rate": 200}, 1: {"min_tx_rate": 5, "max_tx_rate": 0}})).files
    assert "\nMTUBytes=9000\n" in files[LINK]
    assert files[READY].endswith("ExecStart=/sbin/ip link set dev enp1s0 up\n")
    assert re.findall("^ExecStart=(.*)", files[RATES], re.MULTILINE) == [
        "/sbin/ip link set dev enp1s0 vf 0 max_tx_rate 200", "/sbin/ip link set dev enp1s0 vf 1 min_tx_rate 5",
    ]
    assert "Restart=on-failure\n" in files[RATES]
    assert files[WANTS].endswith("Wants=nfv-kvm-0000-01-00.0.service nfv-kvm-0000-01-00.0-rates.service\n")


def test_a_name_with_a_dash_is_escaped_for_systemd() -> None:
    files = after(task(up=True), now=replace(NOW, name="wan-1.é")).files
    assert "After=sys-subsystem-net-devices-wan\\x2d1.\\xc3\\xa9.device\n" in files[READY]


@pytest.mark.parametrize(("wanted", "drivers"), [
    (task(vfs={1: {"driver": "vfio-pci"}, 2: {"driver": "none"}}),
     {"0000:01:10.2": "vfio-pci", "0000:01:10.4": "none"}),
    (task(vfs={1: {"driver": "default"}}), {}),
    (task(drivers_autoprobe=True), {}),
    (task(drivers_autoprobe=False, vfs={1: {"driver": "default"}, 3: {"driver": "igbvf"}}),
     {"0000:01:10.0": "none", "0000:01:10.2": "$result{1}", "0000:01:10.4": "none", "0000:01:10.6": "igbvf"}),
])
def test_drivers(wanted: Pf, drivers: dict[str, str]) -> None:
    rules = after(wanted).files[RULES]
    overrides = re.findall(r'^KERNEL!="(\S+)", .*\n.*\n.*ATTR{driver_override}="(\S+)"$', rules, re.MULTILINE)
    assert dict(overrides) == drivers
    autoprobe = re.findall(r'^KERNEL=="(\S+)", ATTR{sriov_drivers_autoprobe}="(.)"$', rules, re.MULTILINE)
    asked = wanted.drivers_autoprobe
    assert autoprobe == ([] if asked is None else [(PF, str(int(asked)))])
    assert set(re.findall('GOTO="(.*)"', rules)) == set(re.findall('LABEL="(.*)"', rules))


@pytest.mark.parametrize(("driver", "kept"), [
    ("vfio-pci", True), ("mlx5_vfio_pci", True), ("nvgrace-gpu-vfio-pci", True), ("igb_uio", True),
    ("uio_pci_generic", True), ("igbvf", False), ("mlx5_core", False), ("pci-stub", False),
])
def test_a_later_event_leaves_alone_what_a_guest_or_process_may_have(driver: str, kept: bool) -> None:
    rules = after(task(vfs={1: {"driver": "default"}, 2: {"driver": "none"}})).files[RULES]
    guards = re.findall(r'^ENV{SYNTH_UUID}=="\?\*", ATTR{driver}=="(.*)", GOTO="end"$', rules, re.MULTILINE)
    assert [any(fnmatchcase(driver, pattern) for pattern in guard.split("|")) for guard in guards] == [kept]


def test_the_address_that_a_vf_has_goes_before_the_one_that_is_reckoned() -> None:
    now = replace(NOW, vfs={1: Vf(1, pci_address="0000:02:00.1")})
    assert 'KERNEL!="0000:02:00.1"' in after(task(vfs={1: {"driver": "none"}}), now=now).files[RULES]


def test_a_driver_without_an_address_is_refused() -> None:
    with pytest.raises(NotSupported, match="VF 1 of enp1s0 = 'vfio-pci'"):
        after(task(vfs={1: {"driver": "vfio-pci"}}), now=replace(NOW, future_addresses=()))


def test_what_is_on_the_host_is_not_kept() -> None:
    found = {0: Vf(0, VfSettings(mac="52:54:00:00:00:01", vlan=7, trust=True), driver="vfio-pci")}
    now = replace(NOW, vfs=found, mtu=9000, up=True, drivers_autoprobe=False)
    assert after(task(vfs={1: {"trust": True}}), now=now).files == after(task(vfs={1: {"trust": True}})).files


def test_tasks_add_up_and_the_later_one_wins() -> None:
    first = task(mtu=9000, up=True, vfs={0: {"vlan": 7, "qos": 3, "trust": True}, 1: {"driver": "vfio-pci"}})
    second = task(mtu=1500, vfs={0: {"vlan": 8}, 1: {"max_tx_rate": 9}})
    one = task(mtu=1500, up=True, vfs={0: {"vlan": 8, "trust": True}, 1: {"driver": "vfio-pci", "max_tx_rate": 9}})
    assert after(first, second).files == after(one).files
    assert after(one, one).files == after(one).files


def test_vfs_that_go_are_forgotten() -> None:
    many = after(task(vfs={0: {"trust": True}, 3: {"trust": True, "driver": "none", "max_tx_rate": 9}}))
    few = after(task(numvfs=2), now=replace(many, numvfs=2))
    assert few.files == after(task(vfs={0: {"trust": True}}), now=replace(NOW, numvfs=2)).files
    assert after(task(numvfs=4), now=replace(few, numvfs=4)).files == after(task(vfs={0: {"trust": True}})).files


def test_persistent_false_keeps_nothing() -> None:
    assert after(task(numvfs=4, up=True), task(persistent=False, numvfs=4)).files == {}


@pytest.mark.parametrize("record", [
    "", "# kept: \n", "# kept: {\n", "# kept: []\n", "# kept: {}\n", '# kept: {"vfs": {"0": {"vlan": "7"}}}\n',
    '# kept: {"vfs": {"x": {}}}\n', '# kept: {"vfs": {"0": []}}\n', '# kept: {"mtu": true, "vfs": {}}\n',
    '# kept: {"vfs": {"0": {"driver": "a\\" b"}}}\n', '# kept: {"vfs": {"0": {"link_state": "on"}}}\n',
    '# kept: {"color": 1, "vfs": {}}\n', '# kept: {"name": "x", "vfs": {}}\n',
])
def test_a_broken_record_counts_as_none(record: str) -> None:
    broken = replace(NOW, files={LINK: f"{record}[Match]\nPath=x\n"})
    assert kept_by(broken) == {}
    assert after(task(numvfs=4), now=broken).files == after(task(numvfs=4)).files


@pytest.mark.parametrize(("wanted", "kept"), [
    (task(), {"numvfs": LINK}),
    (task(mtu=9000, up=True, drivers_autoprobe=True),
     {"numvfs": LINK, "mtu": LINK, "up": READY, "drivers_autoprobe": RULES}),
    (task(up=False), {"numvfs": LINK, "up": LINK}),
    (task(vfs={0: {"mac": "52:54:00:aa:00:01", "max_tx_rate": 9}, 1: {"driver": "none"}}),
     {"numvfs": LINK, "mac": LINK, "max_tx_rate": RATES, "driver": RULES}),
    (task(vfs={0: {"max_tx_rate": 0, "driver": "default"}}), {"numvfs": LINK, "max_tx_rate": LINK, "driver": RULES}),
    (task(persistent=False, up=True), {}),
])
def test_kept_by(wanted: Pf, kept: dict[str, str]) -> None:
    assert kept_by(after(wanted)) == kept


class SystemdHost(Host):
    """Answers udevadm and systemctl."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.version = "257"
        self.properties = {"ID_NET_LINK_FILE": "/usr/lib/systemd/network/99-default.link"}
        self.commands: list[str] = []
        self.refused = ""

    def run(self, argv: list[str], stdin: str = "", timeout: float = 60) -> Completed:
        self.commands.append(" ".join(argv))
        if argv == ["udevadm", "--version"]:
            return Completed(0, f"{self.version}\n")
        if argv[1] == "info":
            return Completed(0, "".join(f"{name}={value}\n" for name, value in self.properties.items()))
        return Completed(1, stderr="Access denied\n") if argv[0] == self.refused else Completed(0)


@pytest.fixture
def host(tmp_path: Path) -> SystemdHost:
    folder = FakeHost(tmp_path)
    folder.folder("/run/systemd/system")
    folder.nic(PF, "enp1s0", totalvfs=7)
    return SystemdHost(tmp_path)


@pytest.mark.parametrize(("version", "properties"), [
    ("257", {}), ("251", {}), ("252 (252-32.el9)", {}),
    ("257", {"ID_NET_LINK_FILE": "/lib/systemd/network/99-default.link"}),
    ("257", {"ID_NET_LINK_FILE": ""}),
    ("257", {"ID_NET_LINK_FILE": LINK}),
])
def test_hosts_that_can_do_it(host: SystemdHost, version: str, properties: dict[str, str]) -> None:
    host.version = version
    host.properties.update(properties)
    check_host(host, NOW)


@pytest.mark.parametrize(("version", "properties", "told"), [
    ("250", {}, "this host has systemd 250"),
    ("eudev", {}, "this host does not run systemd"),
    ("257", {"ID_NET_LINK_FILE": "/etc/systemd/network/10-wan.link"}, "/etc/systemd/network/10-wan.link applies to"),
    ("257", {"ID_NET_LINK_FILE": "/run/systemd/network/10-netplan-a.link"}, "10-netplan-a.link applies to enp1s0"),
    ("257", {"ID_NET_LINK_FILE": "/etc/systemd/network/99-default.link"}, "99-default.link applies to enp1s0"),
    ("257", {"ID_NET_LINK_FILE_DROPINS": "/usr/lib/systemd/network/99-default.link.d/a.conf:/etc/systemd/b.conf"},
     "/etc/systemd/b.conf applies to enp1s0"),
])
def test_hosts_that_cannot(host: SystemdHost, version: str, properties: dict[str, str], told: str) -> None:
    host.version = version
    host.properties.update(properties)
    with pytest.raises(NotSupported, match=re.escape(told)):
        check_host(host, NOW)


MAC = "52:54:00:00:00:01"
KNOWN = {"ID_PATH": f"pci-{PF}", "ID_NET_NAME_MAC": "enx525400000002"}


@pytest.mark.parametrize("match", [
    f"MACAddress={MAC.upper()}", f"PermanentMACAddress=02:00:00:00:00:09 {MAC}",
    "PermanentMACAddress=52:54:00:00:00:02", f"Path=pci-{PF}", "Path=pci-0000:01:*", "Driver=ig*",
    "OriginalName=enp1s0", "OriginalName=*", "OriginalName=!enp2s0",
    f"Type=ether\nPath=pci-{PF}", "# a\nDriver=e1000e\nDriver=\nOriginalName=enp1s0", f"Property=ID_PATH=pci-{PF}",
    f"MACAddress={MAC}\nHost=this", "OriginalName=*\nKind=!*", "OriginalName=*\nKind=!bond bridge", "Kind=!*",
])
@pytest.mark.parametrize("path", ["/etc/systemd/network/05-wan.link", "/run/systemd/network/99-wan.link"])
def test_a_link_file_that_was_not_yet_applied_is_found(host: SystemdHost, match: str, path: str) -> None:
    folder = FakeHost(Path(host.root))
    folder.write("/sys/class/net/enp1s0/address", MAC)
    host.properties.update(KNOWN)
    folder.write(path, f"[Link]\nName=wan0\n[Match]\n{match}\n[Link]\nMTUBytes=1400")
    found = read_kept(host, replace(NOW, driver="igb"), True)
    with pytest.raises(NotSupported, match=re.escape(f"persistent = True: {path} matches enp1s0, and systemd applies")):
        wanted_files(task(numvfs=4), found)


@pytest.mark.parametrize(("path", "wins"), [
    ("/etc/systemd/network/05-wan.link", True), ("/run/systemd/network/05-wan.link", True),
    ("/usr/local/lib/systemd/network/10-netplan-a.link", True), ("/etc/systemd/network/10-A.link", True),
    ("/etc/systemd/network/10-wan.link", False), ("/etc/systemd/network/99-wan.link", False),
    (LINK.replace("/etc", "/run"), False),
])
def test_a_link_file_beside_ours_stands_in_the_way_of_changes_if_it_wins(
    kernel: FakeKernel, path: str, wins: bool
) -> None:
    kernel.folder.folder("/run/systemd/system")
    assert not sriov_vf(kernel, **KEPT)["failed"]
    kernel.folder.write(path, "[Match]\nOriginalName=enp1s0")
    before = read_files(kernel, NOW)
    for check_mode in (True, False):
        again = sriov_vf(kernel, check_mode=check_mode, **KEPT)
        assert (again["failed"], again["changed"]) == (False, False)
    for check_mode in (True, False):
        other = sriov_vf(kernel, check_mode=check_mode, persistent=True, mtu=9000)
        assert other["failed"] == wins
        assert (f"{path} matches enp1s0" in other.get("msg", "")) == wins
        assert (kernel.link_state["mtu"], read_files(kernel, NOW) == before) == (
            (1500, True) if wins or check_mode else (9000, False))
    assert not sriov_vf(kernel, persistent=False)["failed"], "what was written can always be removed"
    assert read_files(kernel, NOW) == {}


@pytest.mark.parametrize("text", [
    "[Match]\nMACAddress=52:54:00:00:00:09", "[Match]\nPath=pci-0000:02:00.0", "[Match]\nDriver=e1000e",
    "[Match]\nOriginalName=enp2s0 eth*", "[Match]\nOriginalName=!enp1s0", f"[Match]\nPath=pci-{PF}\nType=wlan",
    "[Match]\nKind=bridge\nOriginalName=*", "[Match]\nKind=*\nOriginalName=*", "[Link]\nOriginalName=enp1s0", "",
    "[Match]\n#Path=*",
    "[Match]\nOriginalName=enp1s0\nDriver=e1000e",
])
def test_other_link_files_do_not_matter(host: SystemdHost, text: str) -> None:
    folder = FakeHost(Path(host.root))
    host.properties.update(KNOWN)
    folder.write("/etc/systemd/network/05-wan.link", text)
    folder.write("/etc/systemd/network/05-wan.network", "[Match]\nName=enp1s0")
    folder.write("/usr/lib/systemd/network/99-default.link", "[Match]\nOriginalName=*")
    assert read_kept(host, replace(NOW, driver="igb"), True).rivals == ()


def test_a_hidden_link_file_does_not_matter(host: SystemdHost) -> None:
    folder = FakeHost(Path(host.root))
    folder.write("/etc/systemd/network/70-wan.link", "")
    folder.write("/run/systemd/network/70-wan.link", "[Match]\nOriginalName=*")
    assert read_kept(host, NOW, True).rivals == ()


@pytest.mark.parametrize("path", [LINK, RULES, READY, RATES, WANTS])
@pytest.mark.parametrize("text", ["", "[Unit]\nDescription=mine"])
@pytest.mark.parametrize("persistent", [True, False])
def test_a_file_of_the_user_is_neither_changed_nor_removed(
    host: SystemdHost, path: str, text: str, persistent: bool
) -> None:
    FakeHost(Path(host.root)).write(path, text)
    with pytest.raises(NotSupported, match=re.escape(f"{path}: nfv.kvm.sriov_vf needs this path")):
        read_kept(host, NOW, persistent)


# It needs all five files.
KEPT = {"persistent": True, "numvfs": 4, "up": True, "vfs": [{"index": 0, "driver": "vfio-pci", "max_tx_rate": 9}]}


def test_a_conflict_is_found_before_anything_is_changed(kernel: FakeKernel) -> None:
    kernel.folder.folder("/run/systemd/system")
    kernel.folder.write("/etc/systemd/network/05-wan.link", "[Match]\nOriginalName=enp1s0")
    for check_mode in (True, False):
        refused = sriov_vf(kernel, check_mode=check_mode, **KEPT)
        assert "/etc/systemd/network/05-wan.link matches enp1s0" in refused["msg"]
        assert (kernel.vfs, kernel.batches, read_files(kernel, NOW)) == ([], [], {})


@pytest.mark.parametrize("path", [LINK, RULES, READY, RATES, WANTS])
@pytest.mark.parametrize("full", [True, False])
def test_a_file_that_cannot_be_written_leaves_none_behind(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch, path: str, full: bool
) -> None:
    kernel.folder.folder("/run/systemd/system")
    replaced = kernel.replace

    def replace_file(file: str, text: str, mode: int) -> None:
        if file == path and full:
            raise OSError(28, "No space left on device", path)
        replaced(file, text, mode)

    monkeypatch.setattr(kernel, "replace", replace_file)
    if not full:
        kernel.folder.write(path.rsplit("/", maxsplit=1)[0])  # in place of the folder
    failed = sriov_vf(kernel, **KEPT)
    assert (failed["failed"], failed["changed"], failed["actions"]) == (True, False, [])
    assert failed["msg"].endswith("The previous state was restored."), failed["msg"]
    assert (kernel.vfs, read_files(kernel, NOW)) == ([], {})


def test_a_host_without_systemd(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="does not run systemd"):
        check_host(SystemdHost(tmp_path), NOW)


def test_a_function_with_two_ports(host: SystemdHost) -> None:
    FakeHost(Path(host.root)).folder(f"/sys/bus/pci/devices/{PF}/net/enp1s0d1")
    with pytest.raises(NotSupported, match=re.escape("several network interfaces (enp1s0, enp1s0d1)")):
        check_host(host, NOW)


def test_files_are_written_changed_removed_and_put_back(host: SystemdHost) -> None:
    assert read_files(host, NOW) == {}
    first = after(task(numvfs=4, vfs={0: {"driver": "none"}})).files
    KeepFiles({}, first).apply(host)
    assert read_files(host, NOW) == first
    assert Path(host.path(LINK)).stat().st_mode & 0o777 == 0o644
    assert host.names("/etc/systemd/network") == [LINK.rsplit("/", maxsplit=1)[-1]], "a temporary file is left"
    second = after(task(numvfs=4, up=True)).files
    step = KeepFiles(first, second)
    assert step.describe() == [f"{LINK}: change", f"{READY}: change", f"{RULES}: change"]
    assert KeepFiles({}, first).describe()[0] == f"{LINK}: write"
    step.apply(host)
    assert read_files(host, NOW) == second
    step.undo(host)
    assert read_files(host, NOW) == first
    KeepFiles(first, {}).apply(host)
    assert read_files(host, NOW) == {}


@pytest.mark.parametrize(("before", "wanted", "commands"), [
    (task(), task(mtu=9000), ["systemctl daemon-reload", "udevadm control --reload"]),
    (task(), task(up=True), ["systemctl daemon-reload", "udevadm control --reload"]),
    (task(), task(), []),
])
def test_who_is_told(host: SystemdHost, before: Pf, wanted: Pf, commands: list[str]) -> None:
    KeepFiles(after(before).files, after(wanted).files).apply(host)
    assert host.commands == commands


def test_a_reload_that_is_refused_can_be_undone(host: SystemdHost) -> None:
    host.refused = "systemctl"
    step = KeepFiles({}, after(task(up=True)).files)
    with pytest.raises(CommandFailed, match="systemctl daemon-reload: Access denied"):
        step.apply(host)
    with pytest.raises(KvmError):
        step.undo(host)
    assert read_files(host, NOW) == {}


def test_replace_leaves_the_old_file_where_it_fails(host: SystemdHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.replace("/etc/x", "old", 0o644)

    def full(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        host.replace("/etc/x", "new", 0o644)
    assert host.read("/etc/x") == "old"
    assert host.names("/etc") == ["x"]
    host.remove("/etc/x")
    host.remove("/etc/x")
    assert host.names("/etc") == []
