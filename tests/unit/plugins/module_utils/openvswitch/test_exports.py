# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ovs_flow_export on a database that keeps rows: end states, what check mode predicts, undoing, and refusals."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.openvswitch.fakevsctl import FakeVsctl, flow_export
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

SFLOW: Result = {"targets": ["192.0.2.9:6343"], "agent": "eth0", "header": 96, "sampling": 64, "polling": 10}
NETFLOW: Result = {
    "targets": ["192.0.2.9:2055", "[2001:DB8::9]:2055"], "active_timeout": 60, "engine_id": 7, "engine_type": 0,
    "add_id_to_interface": True,
}
IPFIX: Result = {
    "targets": ["192.0.2.10:4739"], "sampling": 1, "obs_domain_id": 2**32 - 1, "obs_point_id": 0,
    "cache_active_timeout": 60, "cache_max_flows": 4096, "stats_interval": 30, "template_interval": 30,
    "other_config": {"enable-input-sampling": True, "enable-output-sampling": "False",
                     "virtual_obs_id": 'a "b", c={d} \\ [e]:f é'},
}
KINDS = ("sflow", "netflow", "ipfix")

WANTED: list[Result] = [
    {"sflow": {"targets": ["192.0.2.9:6343"]}},
    {"netflow": {"targets": ["192.0.2.9:2055"]}},
    {"ipfix": {"targets": ["192.0.2.9:4739"]}},
    {"sflow": SFLOW, "netflow": NETFLOW, "ipfix": IPFIX},
    {"sflow": {"targets": ["[2001:db8::9]:6343", "192.0.2.9:6343", "192.0.2.9:6343"], "agent": "2001:DB8::1"}},
]
CHANGES: list[Result] = [
    {"sflow": {"sampling": 65}},
    {"sflow": {"targets": ["192.0.2.11:6343"], "agent": ""}},
    {"netflow": {"add_id_to_interface": False}, "ipfix": {"other_config": {"enable-tunnel-sampling": False}}},
    {"ipfix": {"other_config": {"virtual_obs_id": ""}}},
    {"ipfix": {"other_config": {"virtual_obs_id": "other"}}, "sflow": {}},
    {"netflow": {"engine_id": 8}, "state": "absent"},
    {"state": "absent"},
]


def four_runs(host: FakeVsctl, wanted: Result) -> Result:
    """What the first real run returned; the second run of each kind changes nothing."""
    before = copy.deepcopy(host.tables)
    predicted = flow_export(host, check_mode=True, **wanted)
    assert host.tables == before, "check mode changed the host"
    applied = flow_export(host, **wanted)
    assert not applied["failed"], applied
    assert applied["changed"]
    assert predicted == applied
    state = copy.deepcopy(host.tables)
    for check_mode in (True, False):
        again = flow_export(host, check_mode=check_mode, **wanted)
        assert not again["changed"], again["actions"]
        assert again["diff"]["before"] == again["diff"]["after"] == applied["diff"]["after"]
    assert host.tables == state
    return applied


@pytest.mark.parametrize("wanted", WANTED)
def test_check_apply_check_apply(host: FakeVsctl, wanted: Result) -> None:
    result = four_runs(host, wanted)
    assert [kind for kind in KINDS if result[kind]] == [kind for kind in KINDS if kind in wanted]
    assert host.bridge("flow1")["sflow"] is None


@pytest.mark.parametrize("wanted", CHANGES)
def test_changes_of_what_is_there(host: FakeVsctl, wanted: Result) -> None:
    flow_export(host, sflow=SFLOW, netflow=NETFLOW, ipfix=IPFIX)
    before = copy.deepcopy(host.tables)
    result = four_runs(host, wanted)
    untouched = [kind for kind in KINDS if kind not in wanted and set(wanted) != {"state"}]
    for kind in untouched:
        table = {"sflow": "sFlow", "netflow": "NetFlow", "ipfix": "IPFIX"}[kind]
        assert host.tables[table] == before[table]
    assert list(result["diff"]["after"]) == [kind for kind in KINDS if kind not in untouched]


def test_what_reaches_the_database(host: FakeVsctl) -> None:
    result = flow_export(host, sflow=SFLOW, netflow=NETFLOW, ipfix=IPFIX)
    assert host.export("flow0", "sflow") == {**SFLOW, "external_ids": {}}
    assert host.export("flow0", "netflow") == {
        **NETFLOW, "targets": ["192.0.2.9:2055", "[2001:db8::9]:2055"], "external_ids": {}}
    config = {**IPFIX["other_config"], "enable-input-sampling": "true", "enable-output-sampling": "false"}
    assert host.export("flow0", "ipfix") == {**IPFIX, "other_config": config, "external_ids": {}}
    assert result["bridge"] == "flow0"
    assert result["sflow"] == SFLOW
    assert result["ipfix"]["other_config"] == config
    assert result["actions"][:3] == [
        "flow0: sflow off → on", "flow0: sflow.targets unset → 192.0.2.9:6343", "flow0: sflow.agent unset → eth0"]
    assert "flow0: ipfix.other_config.enable-output-sampling unset → false" in result["actions"]


def test_processes(host: FakeVsctl) -> None:
    flow_export(host, sflow=SFLOW, netflow=NETFLOW, ipfix=IPFIX)
    assert len(host.processes) == 3, "read, change, read again"
    host.processes.clear()
    flow_export(host, sflow=SFLOW, netflow=NETFLOW, ipfix=IPFIX)
    assert len(host.processes) == 1


def test_what_is_not_given_stays(host: FakeVsctl) -> None:
    row = host.add("IPFIX", targets=["192.0.2.9:4739"], sampling=9, external_ids={"owner": "somebody"},
                   other_config={"key-of-later": "", "enable-tunnel-sampling": "false"})
    host.bridge("flow0")["ipfix"] = row
    result = flow_export(host, ipfix={"other_config": {"enable-tunnel-sampling": True}})
    assert result["actions"] == ["flow0: ipfix.other_config.enable-tunnel-sampling false → true"]
    assert host.tables["IPFIX"] == {row: {
        **dict.fromkeys(host.schema["IPFIX"]), "targets": ["192.0.2.9:4739"], "sampling": 9,
        "external_ids": {"owner": "somebody"}, "other_config": {"key-of-later": "", "enable-tunnel-sampling": "true"}}}


def test_targets_by_meaning(host: FakeVsctl) -> None:
    host.bridge("flow0")["sflow"] = host.add("sFlow", targets=["[2001:0db8::9]:6343", "192.0.2.9:6343"])
    assert not flow_export(host, sflow={"targets": ["192.0.2.9:6343", "[2001:db8::9]:6343"]})["changed"]


def test_targets_of_others_are_shown_as_they_are(host: FakeVsctl) -> None:
    host.bridge("flow0")["sflow"] = host.add("sFlow", targets=["collector.example"])
    assert flow_export(host, sflow={})["sflow"]["targets"] == ["collector.example"]


def test_empty_agent_leaves_it_to_open_vswitch(host: FakeVsctl) -> None:
    flow_export(host, sflow=SFLOW)
    assert flow_export(host, sflow={"agent": ""})["actions"] == ["flow0: sflow.agent eth0 → unset"]
    assert host.export("flow0", "sflow") == {**SFLOW, "agent": None, "external_ids": {}}


def test_absent_takes_the_given(host: FakeVsctl) -> None:
    flow_export(host, sflow=SFLOW, netflow=NETFLOW)
    result = flow_export(host, netflow={}, state="absent")
    assert result["actions"] == ["flow0: netflow on → off"]
    assert (result["sflow"], result["netflow"], host.tables["NetFlow"]) == (SFLOW, None, {})
    assert host.export("flow0", "sflow")


@pytest.fixture
def shared(host: FakeVsctl) -> str:
    """An IPFIX row that flow0, flow1 and a collector set have in common."""
    row = host.add("IPFIX", targets=["192.0.2.9:4739"], sampling=9, external_ids={"owner": "somebody"})
    for name in ("flow0", "flow1"):
        host.bridge(name)["ipfix"] = row
    host.add("Flow_Sample_Collector_Set", id=5, ipfix=row, bridge="-")
    return row


def test_a_shared_row_stays_that_of_the_others(host: FakeVsctl, shared: str) -> None:
    before = copy.deepcopy(host.tables["IPFIX"][shared])
    assert not flow_export(host, ipfix={"sampling": 9})["changed"]
    result = four_runs(host, {"ipfix": {"sampling": 1}})
    assert result["actions"] == [
        "flow0: ipfix gets its own row, and Flow_Sample_Collector_Set 5, bridge flow1 keeps the shared one",
        "flow0: ipfix.sampling 9 → 1"]
    assert host.bridge("flow1")["ipfix"] == shared
    assert host.tables["IPFIX"][shared] == before
    assert host.export("flow0", "ipfix") == {**before, "sampling": 1}


def test_a_shared_row_is_only_let_go(host: FakeVsctl, shared: str) -> None:
    four_runs(host, {"state": "absent"})
    assert host.bridge("flow0")["ipfix"] is None
    assert host.bridge("flow1")["ipfix"] == shared
    assert shared in host.tables["IPFIX"]


UNDONE: list[tuple[str, Result]] = [
    ("new", {"sflow": SFLOW, "netflow": NETFLOW}),
    ("there", {"sflow": {"agent": "lo", "sampling": 2}, "ipfix": {"other_config": {"virtual_obs_id": ""}}}),
    ("there", {"state": "absent"}),
    ("shared", {"ipfix": {"sampling": 1}}),
    ("shared", {"state": "absent"}),
]


@pytest.mark.parametrize(("before", "wanted"), UNDONE)
def test_undone_where_nobody_takes_it(request: pytest.FixtureRequest, host: FakeVsctl, before: str,
                                      wanted: Result) -> None:
    if before == "there":
        flow_export(host, sflow={"targets": ["192.0.2.9:6343"], "sampling": 4}, ipfix=IPFIX)
    if before == "shared":
        request.getfixturevalue("shared")
    seen = contents(host)
    host.vswitchd = False
    result = flow_export(host, **wanted)
    assert result["msg"] == (
        "Open vSwitch: ovs-vswitchd did not apply the change within 10 seconds. Run systemctl start "
        "openvswitch-switch, or openvswitch if no service has that name. The previous state was restored.")
    assert (result["failed"], result["changed"], result["actions"]) == (True, False, [])
    assert contents(host) == seen
    assert "--no-wait" in host.processes[-1]


def contents(host: FakeVsctl) -> list[t.Any]:
    """Every export of every bridge, and which bridges share one."""
    bridges = list(host.tables["Bridge"].values())
    return [[(bridge["name"], kind, host.export(bridge["name"], kind)) for bridge in bridges for kind in KINDS],
            [bridges[0][kind] == bridges[1][kind] for kind in KINDS],
            {table: len(rows) for table, rows in host.tables.items()}]


def test_refused_change_is_whole_and_needs_no_undoing(host: FakeVsctl) -> None:
    host.refusal = "constraint violation: of a schema of its own"
    result = flow_export(host, sflow=SFLOW)
    assert result["msg"] == ("Open vSwitch: ovs-vsctl failed: constraint violation: of a schema of its own. "
                             "The previous state was restored.")
    assert (len(host.processes), host.tables["sFlow"]) == (3, {})


def test_what_puts_it_back_is_told(host: FakeVsctl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "collect_garbage", lambda: host.bridge("flow0").update(sflow=None))
    result = flow_export(host, sflow={"targets": ["192.0.2.9:6343"]})
    assert "every step was applied, but the host still needs: flow0: sflow off → on" in result["msg"]
    assert "whether another program writes to its database" in result["msg"]


def test_no_program(host: FakeVsctl) -> None:
    host.installed = False
    assert flow_export(host, state="absent")["msg"] == (
        "ovs-vsctl: it is not installed on this host. Install the package openvswitch-switch, or "
        "openvswitch if no package has that name.")


def test_no_database(host: FakeVsctl) -> None:
    host.database = False
    result = flow_export(host, state="absent")
    assert "its database does not answer: unix:/var/run/openvswitch/db.sock: database conn" in result["msg"]
    assert "systemctl start openvswitch-switch" in result["msg"]


def test_open_vswitch_of_old(host: FakeVsctl) -> None:
    del host.schema["IPFIX"]["template_interval"]
    wanted: Result = {"targets": ["192.0.2.9:4739"], "sampling": 1}
    four_runs(host, {"ipfix": wanted})
    result = flow_export(host, ipfix={"template_interval": 30})
    assert result["error"]["type"] == "NotSupported"
    assert result["msg"].startswith("ipfix.template_interval = 30: the Open vSwitch of this host does not support it")


def test_names_that_ovs_vsctl_could_read_as_something_else(host: FakeVsctl) -> None:
    host.add("Bridge", name='--id=@x "a",[b]')
    result = flow_export(host, bridge='--id=@x "a",[b]', sflow={"targets": ["192.0.2.9:6343"]})
    assert not result["failed"], result
    assert host.export('--id=@x "a",[b]', "sflow")
    assert not [word for argv in host.processes for word in argv if "@x" in word]


def test_interfaces_of_link_local_collectors(host: FakeVsctl) -> None:
    four_runs(host, {"sflow": {"targets": ["[fe80::9%eth0]:6343"]}})
    result = flow_export(host, sflow={"targets": ["[fe80::9%eth9]:6343"]})
    assert result["msg"].startswith("sflow.targets = 'eth9': this host has no such network interface")
