# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans as tables, without a UCS Manager: from the desired and the current state to steps, or a refusal."""

from __future__ import annotations

import types
import typing as t
from dataclasses import replace

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import InUse, KvmError, NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.consumers import Consumer, clusters_of, consumers_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.manager import UcsManager
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.model import (
    DEFAULT_CLIENT,
    FRESH,
    Client,
    Profile,
    State,
    Vlan,
)
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.plan import ProfileResource
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.read import profile_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.port_profile.steps import objects_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.system import Interconnect, interconnects_of
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy import model as policy
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.plan import PolicyResource
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.vnic_policy.read import organizations_above, policy_of

NOBODY = UcsManager({"hostname": "ucs1"})
OLD_MODEL, NEW_MODEL = (Interconnect("A", model) for model in ("UCS-FI-6248UP", "UCS-FI-6454"))
VLANS = (Vlan("db"), Vlan("web", native=True))
THERE = Profile("d", "gold", "", "", 64, "none", VLANS, (DEFAULT_CLIENT,))
NIC = Consumer("p", "vm1", "u", "1", "52:54:00:00:00:01", "h", "sp", "", "default", "online", ())


def state(profile: Profile | None = THERE, *consumers: Consumer, model: Interconnect = OLD_MODEL) -> State:
    existing = {"vlans": ("db", "mgmt", "web"), "qos_policy": ("gold",), "network_control_policy": (), "pin_group": ()}
    return State(profile, consumers, (model,), "4.0(4b)", existing)


def plan(wanted: Profile | None, current: State, allow: bool = False) -> list[str]:
    """What is to be done, in words."""
    steps = ProfileResource("p", wanted, allow, NOBODY).plan(current).steps
    return [line for step in steps for line in step.describe()]


@pytest.mark.parametrize(("wanted", "current", "lines"), [
    (Profile(), state(), []), (Profile(), state(model=OLD_MODEL), []), (THERE, state(), []), (None, state(None), []),
    (Profile(descr="d", max_ports=64), state(), []), (Profile(vlans=VLANS), state(THERE, NIC), []),
    (Profile(qos_policy="silver"), state(replace(THERE, qos_policy="silver")), []),
    (Profile(), state(None), ["created", "max_ports none → 64", "clients none → default (.*, .*, default$)"]),
    (Profile(max_ports=65), state(), ["max_ports 64 → 65"]),
    (Profile(vlans=()), state(THERE, NIC), ["vlans db, web (native) → none"]),
    (Profile(vlans=(Vlan("mgmt"),)), state(), ["vlans db, web (native) → mgmt"]),
    (Profile(vlans=(Vlan("x"),)), state(replace(THERE, vlans=(Vlan("db"), Vlan("x")))), ["vlans db, x → x"]),
    (Profile(clients=(Client("x", switch=".*"),)), state(THERE, NIC),
     ["clients default (.*, .*, default$) → x (.*, .*, .*)"]),
    (Profile(clients=()), state(), ["clients default (.*, .*, default$) → none"]),
    (Profile(clients=()), state(THERE, replace(NIC, cluster="dvs7")), ["clients default (.*, .*, default$) → none"]),
    (None, state(), ["removed"]), (None, state(model=NEW_MODEL), ["removed"]),
])
def test_profile(wanted: Profile | None, current: State, lines: list[str]) -> None:
    assert plan(wanted, current) == [f"port profile p: {line}" for line in lines]


@pytest.mark.parametrize(("wanted", "current", "error", "told"), [
    (Profile(), state(None, model=NEW_MODEL), NotSupported, "fabric interconnect A = 'UCS-FI-6454'"),
    (Profile(), state(model=NEW_MODEL), NotSupported, "support neither VM-FEX nor port profiles"),
    (Profile(qos_policy="x"), state(), ValidationError, "qos_policy = 'x': UCS Manager has no QoS policy"),
    (Profile(pin_group="x"), state(), ValidationError, "has no LAN pin group of this name. Create the LAN pin group"),
    (Profile(vlans=(Vlan("x"),)), state(None), ValidationError, "vlans = 'x': UCS Manager has no VLAN"),
    (None, state(THERE, NIC), InUse, "port profile p: VM interfaces use it: NIC 1 of VM vm1"),
    (Profile(clients=()), state(THERE, NIC), InUse, "clients: the remaining clients"),
    (Profile(clients=(Client("default", switch="dvs7$"),)), state(THERE, replace(NIC, cluster="")), InUse, "clients: "),
])
def test_profile_refused(wanted: Profile | None, current: State, error: type[KvmError], told: str) -> None:
    with pytest.raises(error) as refusal:
        plan(wanted, current)
    assert told in str(refusal.value)
    if error is InUse:
        assert plan(wanted, current, allow=True)


def shown(objects: t.Iterable[t.Any]) -> list[tuple[str, str]]:
    """The DNs and statuses of a transaction in its order, children after their parents."""
    return [(each.dn, each.status) for mo in objects for each in (mo, *mo.child)]


@pytest.mark.parametrize(("before", "after", "told"), [
    (None, FRESH, [("", "created"), ("/cl-default", "created,modified")]),
    (THERE, replace(THERE, max_ports=7), [("", "modified")]),
    (THERE, replace(THERE, vlans=(Vlan("db", native=True), Vlan("mgmt"))),
     [("/if-web", "deleted"), ("", "modified"), ("/if-mgmt", "created,modified"), ("/if-db", "created,modified")]),
    (THERE, replace(THERE, vlans=(Vlan("db", native=True), Vlan("web"))),
     [("", "modified"), ("/if-web", "created,modified"), ("/if-db", "created,modified")]),
    (THERE, replace(THERE, clients=()), [("/cl-default", "deleted"), ("", "modified")]),
    (replace(THERE, clients=(Client("db"),)), replace(THERE, vlans=(), clients=(Client("db"),)),
     [("/if-db", "deleted"), ("/if-web", "deleted"), ("", "modified")]),
])
def test_transactions(before: Profile | None, after: Profile, told: list[tuple[str, str]]) -> None:
    assert shown(objects_of("p", before, after)) == [
        (f"fabric/lan/profiles/vnic-p{path}", status) for path, status in told]


def mo(kind: str, dn: str, **values: str) -> t.Any:
    return types.SimpleNamespace(dn=dn, get_class_id=lambda: kind, **values)


def test_what_ucs_manager_does_not_report() -> None:
    assert profile_of(mo("VnicProfile", "p"), [mo("FaultInst", "p/f")]) == Profile("", "", "", "", None, "none", (), ())
    for unknown in ("", "unlimited", "²"):
        assert profile_of(mo("VnicProfile", "p", max_ports=unknown), ()).max_ports is None
        assert policy_of(mo("VnicDynamicConPolicy", "p", dynamic_eth=unknown)) == policy.Policy("", 0, "", "")
    assert interconnects_of([mo("NetworkElement", "sys/switch-A")]) == (Interconnect("", "", ""),)
    nothing: dict[str, list[t.Any]] = {name: [] for name in ("VmVif", "VmInstance", "VmHv", "VmComputeEp")}
    nics = [mo("VmNic", "vmm/vm-7/nic-1", profile_name="p", name="1"), mo("VmNic", "vmm/vm-7/nic-2", name="2")]
    assert consumers_of({**nothing, "VmNic": nics}) == (
        Consumer("p", "7", "7", "1", "", "", "", "", "", "unknown", ()),)


def test_consumers_know_their_host_and_cluster() -> None:
    found = {
        "VmNic": [mo("VmNic", "vmm/vm-7/nic-1", profile_name="p", name="1", mac_addr="52:54:00:AA:00:01")],
        "VmInstance": [mo("VmInstance", "vmm/vm-7", uuid="7", hv_dn="vmm/hv-1", dvs_dn="sys/x/switch-dvs7",
                          v_status="online")],
        "VmHv": [mo("VmHv", "vmm/hv-1", uuid="1", ls_dn="org-root/ls-a", pn_dn="sys/chassis-1/blade-1")],
        "VmComputeEp": [],
        "VmVif": [mo("VmVif", "vmm/vm-7/nic-1/sw-Bvif-9", ph_switch_id="B", vif_id="9", link_state="up"),
                  mo("VmVif", "vmm/vm-7/nic-1/sw-Avif-8", ph_switch_id="A", vif_id="8", oper_state="active")]}
    assert consumers_of(found) == (Consumer(
        "p", "7", "7", "1", "52:54:00:aa:00:01", "1", "org-root/ls-a", "sys/chassis-1/blade-1", "dvs7", "online",
        ("A/8: active", "B/9: up")),)


def test_clusters() -> None:
    switches = [mo("VmSwitch", "x/switch-b", name="b", manager="vcenter"),
                mo("VmSwitch", "x/switch-default", name="default", manager="unmanaged")]
    profiles = [mo("VmVnicProfInst", f"x/switch-default/vnic-prof-{name}", name=name) for name in ("q", "p")]
    assert [(each.name, each.profiles, each.shown()["usable"]) for each in clusters_of(switches, profiles)] == [
        ("b", (), False), ("default", ("p", "q"), True)]


USER = policy.User("org-root/ls-a", "lsServer", ("eth0",))


def policy_state(found: policy.Policy | None, *users: policy.User, model: Interconnect = OLD_MODEL) -> policy.State:
    return policy.State(found, users, ("org-root",), ("Linux",), (model,), "4.0(4b)")


@pytest.mark.parametrize(("wanted", "current", "told"), [
    (policy.Policy(), policy_state(policy.FRESH, USER), []), (None, policy_state(None), []),
    (policy.Policy(descr="x"), policy_state(policy.FRESH, USER), ["descr none → x"]),
    (policy.Policy(vnics=7), policy_state(policy.FRESH), ["vnics 54 → 7"]),
    (policy.Policy(vnics=7), policy_state(None, USER), ["created", "vnics none → 7", "protection none → protected"]),
    (None, policy_state(policy.FRESH), ["removed"]),
    (policy.Policy(vnics=7), policy_state(policy.FRESH, USER), InUse),
    (policy.Policy(protection="none"), policy_state(policy.FRESH, USER), InUse),
    (None, policy_state(policy.FRESH, USER), InUse),
    (policy.Policy(adapter_policy="x"), policy_state(policy.FRESH), ValidationError),
    (policy.Policy(), policy_state(None, model=NEW_MODEL), NotSupported),
])
def test_policy(wanted: policy.Policy | None, current: policy.State, told: t.Any) -> None:
    resource = PolicyResource("org-root", "p", wanted, False, NOBODY)
    if isinstance(told, type):
        with pytest.raises(told):
            resource.plan(current)
        return
    lines = [line for step in resource.plan(current).steps for line in step.describe()]
    assert lines == [f"dynamic vNIC policy p of org-root: {line}" for line in told]


def test_organizations() -> None:
    assert organizations_above("org-root/org-a/org-b") == ("org-root/org-a/org-b", "org-root/org-a", "org-root")
