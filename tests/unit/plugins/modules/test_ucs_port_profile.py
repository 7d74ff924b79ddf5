# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ucs_port_profile against a UCS Manager: four runs, each property alone, children, other writers, wrong input."""

from __future__ import annotations

import itertools
import typing as t

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.modules import ucs_port_profile as module
from ansible_collections.nfv.kvm.tests.ucs_manager.sample import HOST_UUID, PROFILES, VM_UUID, add_vm
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager
from ansible_collections.nfv.kvm.tests.ucs_manager.tree import Tree
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result
from ansible_collections.nfv.kvm.tests.unit.runucs import PASSWORD, Ucs

FINANCE = f"{PROFILES}/vnic-finance"
DEFAULT = {"name": "default", "datacenter": ".*", "folder": ".*", "switch": "default$"}
WHOLE: Result = {
    "name": "finance", "descr": "Finance (all)", "qos_policy": "gold", "network_control_policy": "cdp-on",
    "pin_group": "uplink-a", "max_ports": 128, "host_network_io_performance": "none",
    "vlans": [{"name": "web", "native": True}, {"name": "db", "native": False}], "clients": [DEFAULT],
}


def children(ucs: Ucs, profile: str = FINANCE) -> list[str]:
    """The names of what is below a profile."""
    return sorted(mo.rn for mo in ucs.server.tree.children(profile))


@pytest.mark.parametrize("wanted", [
    {"name": "finance"}, WHOLE, {"name": "finance", "vlans": [], "clients": []},
    {"name": "f" * 31, "vlans": [{"name": "db"}]}, {"name": "-.:_a", "descr": "", "qos_policy": "", "max_ports": 4096},
    {"name": "1", "clients": [{"name": "all", "switch": ".*"}, {"name": "c" * 16, "datacenter": "a b", "folder": ""}]},
])
def test_check_apply_check_apply(ucs: Ucs, wanted: Result) -> None:
    result = ucs.four_runs(module, **wanted)
    assert {key: result["profile"][key] for key in wanted if key not in ("vlans", "clients")} == {
        key: value for key, value in wanted.items() if key not in ("vlans", "clients")}
    assert result["actions"][0] == f"port profile {wanted['name']}: created"
    assert result["consumers"] == []
    assert result["diff"]["before"] == {"state": "absent"}


def test_what_reaches_ucs_manager(ucs: Ucs) -> None:
    result = ucs.four_runs(module, **WHOLE)
    values = ucs.server.tree.objects[FINANCE].values
    assert {key: values[key] for key in ("descr", "qosPolicyName", "nwCtrlPolicyName", "pinToGroupName", "maxPorts",
                                         "hostNwIOPerf")} == {
        "descr": "Finance (all)", "qosPolicyName": "gold", "nwCtrlPolicyName": "cdp-on", "pinToGroupName": "uplink-a",
        "maxPorts": "128", "hostNwIOPerf": "none"}
    assert children(ucs) == ["cl-default", "if-db", "if-web"]
    assert ucs.server.tree.objects[f"{FINANCE}/if-web"].values["defaultNet"] == "yes"
    assert ucs.server.tree.objects[f"{FINANCE}/cl-default"].values["swName"] == "default$"
    assert result["profile"] == {**WHOLE, "vlans": sorted(WHOLE["vlans"], key=lambda vlan: vlan["name"])}
    assert result["actions"] == [
        "port profile finance: created", "port profile finance: descr none → Finance (all)",
        "port profile finance: qos_policy none → gold", "port profile finance: network_control_policy none → cdp-on",
        "port profile finance: pin_group none → uplink-a", "port profile finance: max_ports none → 128",
        "port profile finance: vlans none → db, web (native)",
        "port profile finance: clients none → default (.*, .*, default$)"]
    assert result["release"] == "4.2(3d)"
    assert result["interconnects"][1] == {"fabric": "B", "model": "UCS-FI-6248UP", "serial": "SSI0000000B",
                                          "supported": True, "reason": None}


CHANGES: list[tuple[Result, str]] = [
    ({"descr": "other"}, "descr Finance (all) → other"),
    ({"descr": ""}, "descr Finance (all) → none"),
    ({"qos_policy": ""}, "qos_policy gold → none"),
    ({"network_control_policy": "default"}, "network_control_policy cdp-on → default"),
    ({"pin_group": ""}, "pin_group uplink-a → none"),
    ({"max_ports": 1}, "max_ports 128 → 1"),
    ({"host_network_io_performance": "high-perf-reqd"}, "host_network_io_performance none → high-perf-reqd"),
    ({"vlans": [{"name": "db"}]}, "vlans db, web (native) → db"),
    ({"vlans": []}, "vlans db, web (native) → none"),
    ({"vlans": [{"name": "db", "native": True}, {"name": "web"}]}, "vlans db, web (native) → db (native), web"),
    ({"vlans": [{"name": "db"}, {"name": "web", "native": True}, {"name": "mgmt"}]},
     "vlans db, web (native) → db, mgmt, web (native)"),
    ({"clients": []}, "clients default (.*, .*, default$) → none"),
    ({"clients": [{"name": "default", "switch": "^default$"}]},
     "clients default (.*, .*, default$) → default (.*, .*, ^default$)"),
    ({"clients": [{"name": "default", "datacenter": "dc1"}]},
     "clients default (.*, .*, default$) → default (dc1, .*, default$)"),
    ({"clients": [{"name": "default", "folder": "f1"}]},
     "clients default (.*, .*, default$) → default (.*, f1, default$)"),
    ({"clients": [{"name": "kvm"}, DEFAULT]},
     "clients default (.*, .*, default$) → default (.*, .*, default$), kvm (.*, .*, default$)"),
]


@pytest.mark.parametrize(("change", "told"), CHANGES)
def test_each_property_alone(ucs: Ucs, change: Result, told: str) -> None:
    ucs.run(module, **WHOLE)
    before = ucs.content()
    result = ucs.four_runs(module, name="finance", **change)
    assert result["actions"] == [f"port profile finance: {told}"]
    option = next(iter(change))
    assert set(result["diff"]["after"]) == {"state", "consumers", "clients", option}
    own = {"vlans": f"{FINANCE}/if-", "clients": f"{FINANCE}/cl-"}.get(option, FINANCE)
    # What follows the number of ports and the description in the cluster changes with them.
    assert {dn: values for dn, values in ucs.content().items() if not dn.startswith(own) and "vnic-prof-" not in dn} \
        == {dn: values for dn, values in before.items() if not dn.startswith(own) and "vnic-prof-" not in dn}
    assert result["profile"] == {**WHOLE, "vlans": sorted(WHOLE["vlans"], key=lambda vlan: vlan["name"]), **{
        key: ([{**DEFAULT, **each} for each in value] if key == "clients" else
              [{"native": False, **each} for each in value] if key == "vlans" else value)
        for key, value in ({option: sorted(change[option], key=lambda each: each["name"])}
                           if isinstance(change[option], list) else change).items()}}


def test_children_that_are_not_wanted_any_more(ucs: Ucs) -> None:
    ucs.run(module, **WHOLE)
    ucs.server.requests.clear()
    ucs.run(module, name="finance", vlans=[{"name": "mgmt"}], clients=[{"name": "kvm"}])
    assert children(ucs) == ["cl-kvm", "if-mgmt"]
    assert ucs.server.requests.count("configConfMos") == 1
    ucs.run(module, name="finance", descr="untouched children")
    assert children(ucs) == ["cl-kvm", "if-mgmt"]


def test_values_that_ucsmsdk_does_not_know_are_no_obstacle(ucs: Ucs) -> None:
    """A later release of UCS Manager may take what this ucsmsdk does not."""
    ucs.run(module, **WHOLE)
    ucs.server.tree.set(f"{FINANCE}/cl-default", swName="<défaut>")
    ucs.server.tree.set(FINANCE, descr="<défaut>", newProperty="1")
    assert ucs.run(module, name="finance", max_ports=7)["changed"]
    assert ucs.run(module, name="finance", clients=[{"name": "kvm"}])["profile"]["descr"] == "<défaut>"
    assert children(ucs) == ["cl-kvm", "if-db", "if-web"]


def test_removal(ucs: Ucs) -> None:
    ucs.run(module, **WHOLE)
    result = ucs.four_runs(module, name="finance", state="absent")
    assert result["actions"] == ["port profile finance: removed"]
    assert result["profile"] is None
    assert result["diff"]["after"] == {"state": "absent"}
    assert not [dn for dn in ucs.server.tree.objects if dn.startswith(FINANCE)]


def test_consumers(ucs: Ucs) -> None:
    result = ucs.four_runs(module, name="web", vlans=[{"name": "db", "native": True}])
    assert result["consumers"] == [{
        "vm": "vm1", "uuid": VM_UUID, "nic": "1", "mac": "52:54:00:00:a1:01", "host": HOST_UUID,
        "service_profile": "org-root/ls-kvm1", "server": "", "cluster": "default", "status": "online",
        "vifs": ["A/1001: active"]}]
    shown = ["NIC 1 of VM vm1 (52:54:00:00:a1:01, online)"]
    assert result["diff"]["before"]["consumers"] == result["diff"]["after"]["consumers"] == shown


@pytest.mark.parametrize("check_mode", [True, False])
def test_removal_in_use(ucs: Ucs, check_mode: bool) -> None:
    add_vm(ucs.server.tree, VM_UUID[:-1] + "2", "vm2", "web", "web", status="offline")
    result = ucs.refused(module, "port profile web: VM interfaces use it: NIC 1 of VM vm1 (52:54:00:00:a1:01, online); "
                         "NIC 1 of VM vm2 (52:54:00:00:a2:01, offline); NIC 2 of VM vm2 (52:54:00:00:a2:02, offline)",
                         check_mode, name="web", state="absent")
    assert "in_use: allow" in result["msg"]
    assert result["error"]["type"] == "InUse"
    result = ucs.refused(module, "clients: the remaining clients of the profile do not match the cluster of NIC 1",
                         check_mode, name="web", clients=[{"name": "other", "switch": "other"}])
    assert result["error"]["type"] == "InUse"


def test_consumers_of_a_long_name(ucs: Ucs) -> None:
    """UCS Manager may report 16 characters of a profile's name."""
    for name in ("finance-departme", "finance-department", "finance-dep", "finance-departing"):
        assert ucs.run(module, name=name)["changed"]
    add_vm(ucs.server.tree, VM_UUID[:-1] + "2", "vm2", "finance-departme", "finance-dep")
    for name, nics in (("finance-departme", ["1"]), ("finance-department", ["1"]), ("finance-dep", ["2"]),
                       ("finance-departing", [])):
        assert [consumer["nic"] for consumer in ucs.run(module, name=name)["consumers"]] == nics
    ucs.refused(module, "VM interfaces use it: NIC 1 of VM vm2", name="finance-department", state="absent")


def test_removal_in_use_that_is_allowed(ucs: Ucs) -> None:
    for mo in ucs.server.tree.of_kind("vmNic"):
        mo.values["vStatus"] = "offline"
    assert ucs.run(module, name="web", clients=[], in_use="allow")["changed"]
    result = ucs.run(module, name="web", state="absent", in_use="allow")
    assert result["changed"]
    assert [consumer["vm"] for consumer in result["consumers"]] == ["vm1"]


def test_ucs_manager_refuses_to_remove_what_is_online(ucs: Ucs) -> None:
    ucs.refused(module, "it refused to change port profile web: Cannot delete", name="web", state="absent",
                in_use="allow")


@pytest.mark.parametrize(("clients", "warned"), [
    ([], True), ([{"name": "x", "switch": "dvs7"}], True), ([{"name": "x", "switch": ".*"}], False),
    ([{"name": "x", "switch": "(["}], False), (None, False)])
def test_warns_of_a_profile_that_no_kvm_host_can_use(ucs: Ucs, clients: t.Any, warned: bool) -> None:
    result = ucs.run(module, name="finance", clients=clients)
    assert bool(result.get("warnings")) is warned
    if warned:
        assert "No client of port profile finance matches the cluster 'default'" in str(result["warnings"])


@pytest.mark.parametrize(("model", "refused"), [
    ("UCS-FI-6454", True), ("UCS-FI-64108", True), ("UCS-FI-6536", True), ("UCS-FI-6664", True),
    ("UCSX-S9108-100G", True), ("UCS-FI-6332-16UP", False), ("UCS-FI-M-6324", False), ("UCS-FI-6296UP", False),
    ("N10-S6100", False), ("", False)])
def test_fabric_interconnects(monkeypatch: pytest.MonkeyPatch, model: str, refused: bool) -> None:
    with UcsManager(model, password=PASSWORD) as server:
        monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
        ucs = Ucs(server)
        if refused:
            result = ucs.refused(module, f"fabric interconnect A = '{model}': UCS 6454 and later fabric interconnects "
                                 "support neither VM-FEX nor port profiles", name="finance")
            assert result["error"]["type"] == "NotSupported"
        else:
            assert ucs.run(module, name="finance")["changed"]
        assert not ucs.run(module, name="nonesuch", state="absent")["changed"]


def second_writer(ucs: Ucs, write: t.Callable[[Tree], object], **params: t.Any) -> Result:
    """The result of a run amid which another administrator writes."""
    ucs.run(module, **WHOLE)
    ucs.server.failures.second_writer = write
    return ucs.run(module, name="finance", **params)


@pytest.mark.parametrize(("write", "params", "told"), [
    (lambda tree: tree.set(FINANCE, descr="theirs"), {"descr": "mine"}, "descr theirs → mine"),
    (lambda tree: tree.set(FINANCE, maxPorts="9"), {"max_ports": 10}, "max_ports 9 → 10"),
    (lambda tree: tree.add("vnicEtherIf", f"{FINANCE}/if-mgmt", name="mgmt", defaultNet="no"),
     {"vlans": [{"name": "db"}]}, "vlans db, mgmt → db"),
    (lambda tree: tree.remove(f"{FINANCE}/cl-kvm"), {"clients": [{"name": "kvm"}]},
     "clients none → kvm (.*, .*, default$)"),
    (lambda tree: tree.remove(FINANCE), {"descr": "mine"}, "port profile finance: created"),
])
def test_second_writer(ucs: Ucs, monkeypatch: pytest.MonkeyPatch, write: t.Callable[[Tree], object], params: Result,
                       told: str) -> None:
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0.3)
    result = second_writer(ucs, write, **params)
    assert result["failed"]
    assert result["error"]["type"] == "VerificationFailed"
    assert result["changed"]
    assert result["actions"]
    assert told in result["msg"]
    assert "but UCS Manager 127.0.0.1 still needs: " in result["msg"]
    assert "audit log of UCS Manager" in result["msg"]
    assert not len(ucs.server.sessions)


def test_second_writer_of_something_else(ucs: Ucs) -> None:
    assert second_writer(ucs, lambda tree: tree.set(FINANCE, descr="theirs"), max_ports=7)["changed"]


@pytest.mark.parametrize(("first", "other", "told"), [
    (False, lambda tree: tree.add("vnicProfile", FINANCE, name="finance", maxPorts="1"),
     "another writer has created the object in the meantime"),
    (True, lambda tree: tree.remove(FINANCE), "an object no longer exists, another writer may have removed it"),
])
def test_another_writer_between_reading_and_commit(
    ucs: Ucs, monkeypatch: pytest.MonkeyPatch, first: bool, other: t.Callable[[Tree], object], told: str
) -> None:
    if first:
        ucs.run(module, **WHOLE)
    commit = ucs.server.api.configure_all

    def late(request: t.Any, answer: t.Any) -> None:
        other(ucs.server.tree)
        commit(request, answer)

    monkeypatch.setitem(ucs.server.api.methods, "configConfMos", late)
    result = ucs.run(module, name="finance", descr="mine")
    assert result["failed"]
    assert told in result["msg"]
    assert not result["changed"]


def test_documented_examples(ucs: Ucs) -> None:
    for name in ("finance", "backup", "finance-new"):
        ucs.server.tree.add("fabricVlan", f"fabric/lan/net-{name}", name=name, id="7")
    ucs.run(module, name="finance-old")
    tasks = [task["nfv.kvm.ucs_port_profile"] for task in yaml.safe_load(module.EXAMPLES)
             if "nfv.kvm.ucs_port_profile" in task]
    assert len(tasks) == 3
    for task in tasks:
        assert ucs.run(module, **{**task, **ucs.connection})["changed"], task
    assert children(ucs) == ["cl-default", "if-finance-new"]


def test_environment(ucs: Ucs, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {**ucs.connection, "secure": "true", "validate_certs": "yes"}.items():
        monkeypatch.setenv(f"UCS_{key.upper()}", str(value))
    result = ucs.run(module, **dict.fromkeys(ucs.connection), name="finance")
    assert result["changed"]
    monkeypatch.delenv("UCS_PASSWORD")
    result = ucs.run(module, **dict.fromkeys(ucs.connection), name="finance")
    assert "missing required arguments: password" in result["msg"]


NAMES = "it must have 1 to 31 characters of letters, digits and - . : _"
CLIENT_NAMES = "it must have 1 to 16 characters of letters, digits and - . : _"
POLICIES = "it must have 0 to 16 characters of letters, digits and - . : _"


def vlan(**options: t.Any) -> Result:
    return {"vlans": [options]}


def client(**options: t.Any) -> Result:
    return {"clients": [{"name": "c", **options}]}


WRONG: list[tuple[Result, str]] = [
    # names
    ({"name": None}, "missing required arguments: name"),
    *(({"name": name}, f"name = {name!r}: {NAMES}") for name in (
        "", "n" * 32, "a b", "a/b", "é", "gold\n", "a&b", "../x", "vnic-[x]", "٣")),
    ({"name": "web\0"}, "it has the character U+0000"),
    ({"name": "n" * 32, "state": "absent"}, NAMES),
    # properties
    ({"descr": "d" * 257}, "it must have 0 to 256 characters of letters, digits, spaces and ! # $ %"),
    ({"descr": "a\nb"}, "descr = 'a\\nb': it must have"),
    ({"descr": "é"}, "descr = 'é'"),
    ({"descr": "a^b"}, "descr = 'a^b'"),
    ({"descr": '"'}, "descr = '\"'"),
    *(({key: name}, f"{key} = '{name}': {POLICIES}") for name in ("p" * 17, "a b")
      for key in ("qos_policy", "network_control_policy", "pin_group")),
    ({"qos_policy": "silver"}, "qos_policy = 'silver': UCS Manager has no QoS policy of this name. It has gold"),
    ({"network_control_policy": "x"}, "UCS Manager has no network control policy of this name. It has cdp-on, default"),
    ({"pin_group": "uplink-b"}, "UCS Manager has no LAN pin group of this name. It has uplink-a"),
    ({"max_ports": 0}, "max_ports = 0: it must be from 1 to 4096"),
    ({"max_ports": -1}, "max_ports = -1: it must be from 1 to 4096"),
    ({"max_ports": 4097}, "max_ports = 4097: it must be from 1 to 4096"),
    ({"max_ports": 10**30}, "it must be from 1 to 4096"),
    ({"max_ports": True}, "max_ports = True: it must be an integer"),
    ({"max_ports": "many"}, "unable to convert to int"),
    ({"host_network_io_performance": "yes"}, "value of host_network_io_performance must be one of: none, high-perf"),
    ({"host_nw_io_perf": "none"}, "Unsupported parameters"),
    # VLANs
    (vlan(name="nonesuch"), "vlans = 'nonesuch': UCS Manager has no VLAN of this name. It has db, default, mgmt, web"),
    (vlan(name="WEB"), "vlans = 'WEB': UCS Manager has no VLAN of this name"),
    (vlan(name=""), "vlans[0].name = '': it must have 1 to 32 characters"),
    (vlan(name="v" * 33), "it must have 1 to 32 characters of letters, digits and - . : _"),
    (vlan(name="a b"), "vlans[0].name = 'a b'"),
    (vlan(name="web\n"), "vlans[0].name = 'web\\n'"),
    (vlan(name=200), "vlans = '200': UCS Manager has no VLAN of this name"),
    (vlan(native=True), "missing required arguments: name found in vlans"),
    (vlan(name="web", native="perhaps"), "unable to convert to bool"),
    (vlan(name="web", id=7), "Unsupported parameters"),
    ({"vlans": ["web"]}, "vlans[0] = 'web': it must be a dictionary"),
    ({"vlans": [None]}, "vlans[0]"),
    ({"vlans": 7}, "it must be a dictionary"),
    ({"vlans": [{"name": "web"}, {"name": "web", "native": True}]}, "vlans[1].name = 'web': this VLAN is listed twice"),
    ({"vlans": [{"name": "web", "native": True}, {"name": "db", "native": True}]},
     "vlans: web and db are native, and a profile has at most one native VLAN"),
    # clients
    (client(name=""), f"clients[0].name = '': {CLIENT_NAMES}"),
    (client(name="c" * 17), CLIENT_NAMES),
    (client(name="a b"), "clients[0].name = 'a b'"),
    (client(datacenter="d" * 257), "it must have 0 to 256 characters of letters, digits, spaces and"),
    (client(folder="a\tb"), "clients[0].folder = 'a\\tb'"),
    (client(switch="é"), "clients[0].switch = 'é'"),
    (client(switch="a'b"), 'clients[0].switch = "a\'b"'),
    (client(cluster="default"), "Unsupported parameters"),
    ({"clients": [{"switch": ".*"}]}, "missing required arguments: name found in clients"),
    ({"clients": [{"name": "c"}, {"name": "c"}]}, "clients[1].name = 'c': this client is listed twice"),
    ({"clients": "default"}, "it must be a dictionary"),
    # state
    ({"state": "removed"}, "value of state must be one of: present, absent, got: removed"),
    ({"in_use": "force"}, "value of in_use must be one of: fail, allow"),
    *(({"state": "absent", key: value}, f"{key}: it is not valid for a profile that is absent") for key, value in
      WHOLE.items() if key != "name"),
    # the connection
    ({"hostname": None}, "missing required arguments: hostname"),
    ({"password": None}, "missing required arguments: password"),
    ({"password": ""}, "password: it is empty"),
    ({"username": ""}, "username: it is empty"),
    *(({"hostname": name}, f"hostname = {name!r}: it is neither a host name nor an IP address") for name in (
        "", "https://127.0.0.1", "127.0.0.1:443", "user@127.0.0.1", "a b", "127.0.0.1/nuova", "-x", "x" * 300, "[::1]",
        "127.0.0.1\n", "é.example", "ucs..example", "x" * 64 + ".example", "::::", "fe80::1%lo", ".")),
    ({"port": 0}, "port = 0: it must be from 1 to 65535"),
    ({"port": 65536}, "port = 65536: it must be from 1 to 65535"),
    ({"port": "https"}, "unable to convert to int"),
    ({"timeout": 0}, "timeout = 0: it must be from 1 to 3600"),
    ({"timeout": 3601}, "timeout = 3601: it must be from 1 to 3600"),
    ({"timeout": 1.5}, "timeout"),
    ({"secure": "perhaps"}, "unable to convert to bool"),
    ({"validate_certs": 7}, "unable to convert to bool"),
]
# What only reading shows: all else is refused before a login.
READ = ("UCS Manager has no ",)


def test_wrong_input(ucs: Ucs) -> None:
    assert len(WRONG) > 60
    for (wrong, told), check_mode in itertools.product(WRONG, (False, True)):
        ucs.server.requests.clear()
        ucs.refused(module, told, check_mode, **{"name": "finance", **wrong})
        if not told.partition(": ")[2].startswith(READ) and not told.startswith(READ):
            assert ucs.server.requests == [], wrong
        else:
            assert ucs.server.requests[-1] == "aaaLogout"


def test_many_vlans_are_not_all_listed(ucs: Ucs) -> None:
    for number in range(100, 200):
        ucs.server.tree.add("fabricVlan", f"fabric/lan/net-customer{number}", name=f"customer{number}", id=str(number))
    result = ucs.refused(module, "vlans = 'custmer150': UCS Manager has no VLAN of this name. Similar names are "
                         "customer150", name="finance", vlans=[{"name": "custmer150"}])
    assert len(result["msg"]) < 200
    ucs.refused(module, "Choose one of the 104 that exist", name="finance", vlans=[{"name": "zzz"}])


def test_vlans_of_one_fabric_and_of_appliances(ucs: Ucs) -> None:
    ucs.server.tree.add("fabricEthLan", "fabric/lan/A", id="A")
    ucs.server.tree.add("fabricVlan", "fabric/lan/A/net-a-only", name="a-only", id="7")
    ucs.server.tree.add("fabricEthEstcCloud", "fabric/eth-estc")
    ucs.server.tree.add("fabricVlan", "fabric/eth-estc/net-nas", name="nas", id="8")
    assert ucs.run(module, name="finance", vlans=[{"name": "a-only"}])["changed"]
    ucs.refused(module, "UCS Manager has no VLAN of this name", name="finance", vlans=[{"name": "nas"}])


def test_policies_of_other_organizations(ucs: Ucs) -> None:
    ucs.server.tree.add("epqosDefinition", "org-root/org-lab/ep-qos-lab", name="lab")
    ucs.refused(module, "UCS Manager has no QoS policy of this name. It has gold", name="finance", qos_policy="lab")
