# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what is known not to work with 802.1Qbh: who is warned, what a host says in its place, how it breaks."""

from __future__ import annotations

import json
import typing as t
from dataclasses import asdict
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex import Adapter, Use, judge, uses_of, warnings_of
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex_table import FORMS, NO_VF, OVERRIDES, TABLE, read_table
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES, FakeHost

PF, VF = "0000:0a:00.0", "0000:0a:00.1"
GOOD = Adapter("eno5", "other", "1137:02dc", 22)
WITHOUT_VM_FEX = ("1240", "1280", "1225", "1225T", "1227", "1227T", "1340", "1380", "1385", "1387", "1440", "1480",
                  "1455", "1457")

# (the topology, the PF, words of each warning)
JUDGED: list[tuple[str, Adapter | None, list[str]]] = [
    ("hostdev", GOOD, []),
    ("passthrough", GOOD, []),
    ("private", GOOD, ["nic (mode private): UCS does not support MacVTap direct (private) since release 2.1."]),
    ("vepa", GOOD, ["nic (mode vepa): VM-FEX supports macvtaps in mode passthrough only."]),
    ("bridge", GOOD, ["nic (mode bridge): VM-FEX supports macvtaps in mode passthrough only."]),
    ("passthrough", None, ["nic (mode passthrough): Linux 5.4 and later sets port profiles on VFs only"]),
    ("private", None, ["since release 2.1; Linux 5.4 and later"]),
    ("hostdev", Adapter("eno5", "enic", "1137:02dc", 1), ["driver enic of PF eno5: it requires a profile name of 40"]),
    ("hostdev", Adapter("eno5", None, "1137:02dc", 1), []),
    ("hostdev", Adapter("eno5", "other", "1137:012c", 1), ["PF eno5 belongs to a VIC 1340, for which Cisco"]),
    ("hostdev", Adapter("eno5", "other", "8086:012c", 1), []),
    ("hostdev", Adapter("eno5", "other", "1137:02dc", 1, "1137"), []),
    ("hostdev", Adapter("eno5", "igb", "1137:02dc", 1, "8086"), ["PF eno5 has PCI vendor 8086, and only NICs of 1137"]),
    ("hostdev", Adapter("eno5", "other", "1137:02dc", 23), ["has 23 VFs, of which hosts can use 22 to 32"]),
    ("hostdev", Adapter("eno5", "other", "1137:02dc", 32), ["has 32 VFs, of which hosts can use 22 to 32"]),
    ("hostdev", Adapter("eno5", "other", "1137:02dc", 33), ["has 33 VFs, of which hosts can use at most 32."]),
    ("private", Adapter("eno5", "enic", "1137:0139", 64), ["(mode private)", "enic", "VIC 1227T", "64 VFs"]),
]

# (what the host has in the file, a PF, words of each warning)
OVERRIDDEN: list[tuple[dict[str, t.Any], Adapter, list[str]]] = [
    ({}, Adapter("eno5", "enic", "1137:012c", 33), ["enic", "VIC 1340", "33 VFs"]),
    ({"unsupported_drivers": {}, "unsupported_adapters": {}, "vf_limits": []}, Adapter("eno5", "enic", "1137:012c", 33),
     []),
    ({"unsupported_drivers": {"igb": "it has none"}}, Adapter("eno5", "igb", "1137:012c", 1),
     ["driver igb of PF eno5: it has none. If it does, change unsupported_drivers in /etc", "VIC 1340"]),
    ({"unsupported_adapters": {"1137:0084": "VIC 1240"}}, Adapter("eno5", "other", "1137:012c", 1), []),
    ({"adapter_vendors": []}, Adapter("eno5", "igb", "8086:0001", 1, "8086"), []),
    ({"adapter_vendors": ["1137", "8086"]}, Adapter("eno5", "igb", "8086:0001", 1, "8086"), []),
    ({"vf_limits": [64, 64]}, Adapter("eno5", "other", "1137:02dc", 64), []),
    ({"fabric_interconnect": "6454"}, GOOD, ["fabric interconnect 6454 supports neither VM-FEX nor port profiles"]),
    ({"fabric_interconnect": "64108"}, GOOD, ["fabric interconnect 64108 supports neither VM-FEX nor port profiles"]),
    ({"fabric_interconnect": "UCS-FI-6536"}, GOOD, ["UCS-FI-6536"]),
    ({"fabric_interconnect": "6332"}, GOOD, []),
    ({"fabric_interconnect": "6536", "unsupported_fabric_interconnects": ["6454"]}, GOOD, []),
    ({"fabric_interconnect": "6454", "unsupported_fabric_interconnects": []}, GOOD, []),
    ({"fabric_interconnect": "64108", "unsupported_fabric_interconnects": ["6454", "64108"]}, GOOD, ["64108"]),
]

# (the text of the file, words of the error)
BROKEN = [
    ("{", f"{OVERRIDES}: it is not valid JSON: "),
    ("", f"{OVERRIDES}: it is not valid JSON: "),
    ("[]", f"{OVERRIDES} = []: it must be a JSON object."),
    ('{"adapters": {}}', f"{OVERRIDES}: adapters = {{}}: there is no such key."),
    ('{"unsupported_drivers": ["enic"]}', f"{OVERRIDES}: unsupported_drivers = ['enic']: its format is not valid."),
    ('{"unsupported_drivers": {"enic": 1}}', "unsupported_drivers = {'enic': 1}: its format is not valid."),
    ('{"unsupported_adapters": {"VIC 1340": "VIC 1340"}}', "by the PCI subsystem ID that lspci -nnv shows."),
    ('{"unsupported_adapters": {"1137:012C": "VIC 1340"}}', "by the PCI subsystem ID that lspci -nnv shows."),
    ('{"unsupported_adapters": null}', "unsupported_adapters: its format is not valid."),
    ('{"adapter_vendors": "1137"}', 'Give a list of PCI vendor IDs such as ["1137"], or an empty one.'),
    ('{"adapter_vendors": ["0x1137"]}', "adapter_vendors = ['0x1137']: its format is not valid."),
    ('{"vf_limits": 22}', "vf_limits = 22: its format is not valid. Give a list of two numbers that ascend"),
    ('{"vf_limits": [22]}', "vf_limits = [22]: "),
    ('{"vf_limits": [32, 22]}', "vf_limits = [32, 22]: "),
    ('{"vf_limits": ["22", "32"]}', "vf_limits = ['22', '32']: "),
    ('{"vf_limits": [true, true]}', "vf_limits = [True, True]: "),
    ('{"fabric_interconnect": 6454}', 'fabric_interconnect = 6454: its format is not valid. Give a string such as '
     '"6454".'),
    ('{"unsupported_fabric_interconnects": "6454"}', 'Give a list of strings such as ["6454"].'),
    ('{"unsupported_fabric_interconnects": [6454]}', 'Give a list of strings such as ["6454"].'),
    ('{"unsupported_topologies": {"Private": "gone"}}', f"Give an object with some of private, vepa, bridge, {NO_VF}"),
]


@pytest.fixture
def files(tmp_path: Path) -> FakeHost:
    """A host with a VIC: a PF with a VF, and a NIC without."""
    made = FakeHost(tmp_path)
    made.nic(PF, "eno5", totalvfs=64, driver="enic")
    made.vf(PF, 0, VF, "eno5v0")
    made.write(f"{PCI_DEVICES}/{PF}/sriov_numvfs", "40")
    made.write(f"{PCI_DEVICES}/{PF}/subsystem_vendor", "0x1137")
    made.write(f"{PCI_DEVICES}/{PF}/subsystem_device", "0x012c")
    made.nic("0000:0b:00.0", "eno6")
    made.folder("/sys/class/net/bond0")
    return made


def matches(found: t.Sequence[str], told: t.Sequence[str]) -> bool:
    """Whether there is one warning for each of the words, in their order."""
    return len(found) == len(told) and all(words in warning for words, warning in zip(told, found))


@pytest.mark.parametrize(("topology", "pf", "told"), JUDGED)
def test_who_is_warned(topology: str, pf: Adapter | None, told: list[str]) -> None:
    assert matches(judge(TABLE, [Use("nic", topology, pf)]), told)


def test_a_pf_is_told_of_once() -> None:
    pf = Adapter("eno5", "enic", "1137:02dc", 1)
    assert len(judge(TABLE, [Use(f"interfaces[{number}]", "hostdev", pf) for number in range(3)])) == 1


def test_the_table_has_the_adapters_and_is_right_itself() -> None:
    assert sorted(TABLE.unsupported_adapters.values()) == sorted(f"VIC {model}" for model in WITHOUT_VM_FEX)
    table = asdict(TABLE)
    assert table.keys() == FORMS.keys()
    assert json.loads(json.dumps(table)) == table
    assert [key for key, (_form, fits) in FORMS.items() if not fits(table[key])] == ["unsupported_fabric_interconnects"]


@pytest.mark.parametrize(("overrides", "pf", "told"), OVERRIDDEN)
def test_the_host_has_the_last_word(files: FakeHost, overrides: t.Any, pf: Adapter, told: list[str]) -> None:
    files.write(OVERRIDES, json.dumps(overrides))
    assert matches(warnings_of(files.host, [Use("nic", "hostdev", pf)]), told)


@pytest.mark.parametrize("topology", TABLE.unsupported_topologies)
def test_topologies_can_be_emptied(files: FakeHost, topology: str) -> None:
    files.write(OVERRIDES, '{"unsupported_topologies": {}}')
    assert not warnings_of(files.host, [Use("nic", topology, None)])


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_broken_overrides(files: FakeHost, text: str, told: str) -> None:
    files.write(OVERRIDES, text)
    with pytest.raises(ValidationError) as raised:
        read_table(files.host)
    assert told in str(raised.value)
    assert OVERRIDES in raised.value.subject
    assert raised.value.remedy


def test_overrides_that_cannot_be_read(files: FakeHost) -> None:
    files.folder(OVERRIDES)
    with pytest.raises(ValidationError, match="the file exists but cannot be read"):
        read_table(files.host)


def test_what_the_host_has(files: FakeHost) -> None:
    vic = Adapter("eno5", "enic", "1137:012c", 40)
    found = uses_of(files.host, "nic", "passthrough", [PF, "eno5", "eno9", "0000:0a:00.7"],
                    [VF, VF.upper(), "eno5v0", "eno6", "bond0", "eno9", "0000:0a:00.7"])
    assert [use.pf for use in found] == [vic] * 5 + [None] * 2


def test_a_driver_from_elsewhere_and_no_netdev(files: FakeHost) -> None:
    files.write("/sys/module/enic/taint", "OE")
    files.remove(f"{PCI_DEVICES}/{PF}/net")
    files.remove(f"{PCI_DEVICES}/{PF}/subsystem_vendor")
    assert uses_of(files.host, "nic", "hostdev", [PF]) == [Use("nic", "hostdev", Adapter(PF, None, ":012c", 40))]
