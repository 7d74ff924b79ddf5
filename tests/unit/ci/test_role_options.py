# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles declare what modules take of their variables: all of it, nothing else, and as the modules do."""

from __future__ import annotations

import copy
import functools
import importlib
import importlib.util
import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.nfv.kvm.plugins.filter import vmx, vsrx

REPOSITORY = Path(__file__).parents[3]
SPEC = importlib.util.spec_from_file_location("role_options", REPOSITORY / ".ci" / "role_options.py")
assert SPEC is not None
assert SPEC.loader is not None
role_options = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(role_options)

# By role, the variables whose options are those of a module, and of which one
TAKEN = {
    "kvm_host": {"kvm_host_check": "bios_check"},
    "virtual_appliance": {
        "virtual_appliance_overrides": "vm_appliance profile", "virtual_appliance_pfs": "vm_appliance pfs",
        "virtual_appliance_interfaces": "vm_appliance interfaces",
        "virtual_appliance_placement": "vm_appliance placement"},
    "virtual_switch": {"sflow": "ovs_flow_export sflow", "netflow": "ovs_flow_export netflow",
                       "ipfix": "ovs_flow_export ipfix"},
    "vm_fex": {"vm_fex_profiles": "ucs_port_profile", "vm_fex_nics": "vm_interface"},
    "vmx": {"vmx_vcp_overrides": "vm_appliance profile",  # vmx_vfp_overrides is its alias.
            "vmx_placement": "vm_appliance placement"},
    "vsrx": {"vsrx_pfs": "vm_appliance pfs", "vsrx_interfaces": "vm_appliance interfaces",
             "vsrx_placement": "vm_appliance placement", "vsrx_overrides": "vm_appliance profile"},
}
VARIABLES: dict[str, t.Any] = {"lab_pfs": ["enp1s0", "enp2s0"]}


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)


def text_of(role: str) -> str:
    return (REPOSITORY / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")


@functools.cache
def options_of(role: str) -> dict[str, t.Any]:
    """The options of the entry point main of a role."""
    return dict(yaml.safe_load(text_of(role))["argument_specs"]["main"]["options"])


def refused(role: str, **variables: t.Any) -> str:
    """What Ansible says when it validates some variables of a role, as it does before the role's first task."""
    spec = {name: option for name, option in options_of(role).items() if name in variables}
    assert spec.keys() == variables.keys()
    given = copy.deepcopy(variables)
    result = ArgumentSpecValidator(spec).validate(given)
    assert given == variables, "variables stay as they are"
    return "\n".join(result.error_messages)


@pytest.mark.parametrize("role", sorted(TAKEN))
def test_specs_are_as_modules_document(role: str) -> None:
    assert role_options.rendered(text_of(role)) == text_of(role), "run python .ci/role_options.py"


@pytest.mark.parametrize("role", sorted(TAKEN))
def test_every_variable_for_a_module_is_marked(role: str) -> None:
    found, variable = {}, ""
    for line in text_of(role).splitlines():
        variable = line.strip().rstrip(":") if line.endswith(":") and "description" not in line else variable
        if marker := role_options.MARKER.fullmatch(line):
            found[variable] = " ".join(filter(None, marker.groups()[1:3]))
    assert found == TAKEN[role]


def test_account_of_ucs_manager() -> None:
    """Written by hand: what is omitted is read from the environment. It has the secret."""
    fragment = importlib.import_module("ansible_collections.nfv.kvm.plugins.doc_fragments.ucs")
    account = options_of("vm_fex")["vm_fex_ucs"]["options"]
    assert account.keys() == yaml.safe_load(fragment.ModuleDocFragment.DOCUMENTATION)["options"].keys()
    assert [name for name, option in account.items() if option.get("no_log")] == ["password"]


def test_what_is_written_has_no_secrets() -> None:
    """Documentation does not tell them, so that they would be shown in the clear."""
    for module, _space, option in {named.partition(" ") for taken in TAKEN.values() for named in taken.values()}:
        source = (REPOSITORY / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
        secrets = re.findall(r'"(\w+)": \{[^{}]*"no_log": True', source)
        assert len(secrets) == source.count("no_log")
        assert not secrets if not option else option not in secrets


def compare(written: dict[str, t.Any], documented: dict[str, t.Any]) -> None:
    assert list(written) == list(documented)
    for name, option in documented.items():
        rest = {field: value for field, value in written[name].items() if field not in ("description", "options")}
        assert rest == {field: value for field, value in option.items() if field not in ("description", "suboptions")}
        text = " ".join([option["description"]] if isinstance(option["description"], str) else option["description"])
        text = role_options.REFERENCE.sub(r"C(\1)", " ".join(text.split()))
        assert text.startswith(written[name]["description"])
        compare(written[name].get("options", {}), option.get("suboptions", {}))


@pytest.mark.parametrize("named", sorted({named for taken in TAKEN.values() for named in taken.values()}))
def test_what_is_written_is_what_the_module_documents(named: str) -> None:
    module, _space, option = named.partition(" ")
    documented = role_options.options_of(module, option or None)
    compare(yaml.safe_load("\n".join(role_options.block(documented, ""))), documented)


def test_other_lines_stay() -> None:
    above, below = "      a_pfs:\n        type: list\n", "      b:\n        options:\n          c: {type: int}\n"
    marker = "        options: &a # of nfv.kvm.bios_check appliances, none required\n"
    text = role_options.rendered(f"{above}{marker}          old: {{type: str}}\n            older: 1\n{below}")
    assert text.startswith(above + marker)
    assert text.endswith(below)
    assert "old" not in text
    assert yaml.safe_load(text)["a_pfs"]["options"].keys() == {"name", "nics"}
    assert "required: true" not in text
    with pytest.raises(KeyError):
        role_options.rendered("options: # of nfv.kvm.bios_check colours\n")


@pytest.mark.parametrize(("role", "variables", "told"), [
    ("virtual_appliance", {"virtual_appliance_interfaces": [{"type": "bridge", "vlna": {"tags": [1]}}]},
     "virtual_appliance_interfaces.vlna. Supported parameters include: address"),
    ("virtual_appliance", {"virtual_appliance_interfaces": [{"vlan": {"tags": ["x"]}}]}, "unable to convert to int"),
    ("virtual_appliance", {"virtual_appliance_pfs": [{"pf": "eno2", "vfs": [{"indx": 3}]}]},
     "virtual_appliance_pfs.vfs.indx"),
    ("virtual_appliance", {"virtual_appliance_pfs": [{"pf": "eno2", "uri": "qemu:///session"}]},
     "virtual_appliance_pfs.uri"),
    ("vmx", {"vmx_vfp_overrides": {"memry": 4096}}, "vmx_vfp_overrides"),
    ("vsrx", {"vsrx_overrides": {"ready": {"timeout": "soon"}}}, "unable to convert to int"),
    ("vsrx", {"vsrx_pfs": [{"numvfs": 3}]}, "missing required arguments: pf found in vsrx_pfs"),
    ("vm_fex", {"vm_fex_nics": [{"domain": "edge1", "interfaces": [{"source": {"pff": "eno2"}}]}]},
     "vm_fex_nics.interfaces.source.pff"),
    ("kvm_host", {"kvm_host_check": {"require": ["kvmm"]}}, "value of require must be one or more of"),
    ("virtual_switch", {"virtual_switch_ovs_bridges": [{"name": "ovs0", "sflow": {"target": "192.0.2.9:6343"}}]},
     "virtual_switch_ovs_bridges.sflow.target"),
])
def test_a_wrong_key_is_refused_by_name(role: str, variables: dict[str, t.Any], told: str) -> None:
    assert told in refused(role, **variables)


@pytest.mark.parametrize(("role", "variables"), [
    ("virtual_appliance", {"virtual_appliance_pfs": [
        {"pf": "eno2", "up": "yes", "numvfs": "4", "persistent": None, "vfs": [
            {"index": "0-3"}, {"index": [4, 5], "vlan": "100"}, {"index": 6, "driver": "none"}]}]}),
    ("virtual_appliance", {"virtual_appliance_interfaces": [
        {}, {"name": "ge-0/0/0", "mac": "52:54:00:00:00:01"}, {"type": "ethernet", "managed": "no", "vlan": None},
        {"type": "hostdev", "source": {"pf": "eno2", "vf": "0"}, "vlan": {"tags": ["100"]}, "vf": {"trust": True}},
        {"type": "network", "filterref": {"filter": "f", "parameters": {"IP": ["192.0.2.1", 7]}},
         "virtualport": {"type": "none"}, "bandwidth": {"inbound": {"average": 5}}}]}),
    ("vsrx", {"vsrx_overrides": {"cpu": {"intel": "host-passthrough"}, "disk": {"bus": "virtio"}, "nics": {"first": 1},
                                 "ready": {"timeout": 300}, "hugepages": None}}),
    ("kvm_host", {"kvm_host_check": {"pfs": ["eno2"], "require": ["kvm", "vfio"], "release": 18.1}}),
    ("virtual_switch", {"virtual_switch_ovs_bridges": [
        {"name": "ovs0", "sflow": {}, "netflow": None, "ipfix": {"other_config": {"virtual_obs_id": "a"}}}]}),
    ("vm_fex", {"vm_fex_nics": [{"domain": "edge1", "interfaces": [{"source": {"network": "fex"}}]}]}),
])
def test_what_modules_take_is_taken(role: str, variables: dict[str, t.Any]) -> None:
    assert not refused(role, **variables)


def test_examples_are_taken() -> None:
    """Of the README, and of the variables of the demo and of the example of VM-FEX."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    (play,) = yaml.safe_load(readme.split("# site.yml", 1)[1].split("\n", 1)[1].split("```", 1)[0])
    examples = [("virtual_appliance", play["tasks"][1]["vars"])]
    for file, role in (("demo", "virtual_appliance"), ("vm_fex", "vm_fex")):
        text = (REPOSITORY / "playbooks" / "vars" / f"{file}.yml").read_text(encoding="utf-8")
        examples.append((role, yaml.safe_load(text)))
    for role, variables in examples:
        taken = {name: variables[name] for name in TAKEN[role] if name in variables}
        assert taken
        assert not refused(role, **taken)


def test_what_roles_give_the_role_virtual_appliance_is_taken() -> None:
    given = {"id": "", "release": None, "size": "", "images": {}, "vcp": {}, "vfp": {}, "interfaces": [],
             "external_bridge": None, "management_interface": None, "management_bridged": False,
             "unjoined_bridge": "virbr0", "reserved_vnics": None, "modified_drivers": [],
             "overrides": {"vcp": {}, "vfp": {}}}
    folder = REPOSITORY / "tests" / "unit" / "plugins" / "filter" / "vmx"
    said = "pf\teth1\tixgbe\t0\t63\npf\teth2\tixgbe\t8\t63\npf\tens2f0\tigb\t1\t7"
    filters = {**vmx.FilterModule().filters(), **vsrx.FilterModule().filters()}
    for file in ("virtio", "sriov", "mixed"):
        conf = filters["vmx_conf"]((folder / f"vmx-{file}.conf").read_text())
        plan = filters["vmx_plan"](filters["vmx_wanted"](given, conf, []), {"links": [], "own": [], "said": said})
        for plane in (plan["vcp"], plan["vfp"]):
            assert not refused(
                "virtual_appliance", virtual_appliance_interfaces=plane["interfaces"],
                virtual_appliance_pfs=plane.get("pfs", []), virtual_appliance_overrides=plane["overrides"])
    settings = {"interfaces": [{"type": "bridge", "source": {"bridge": "br"}}, {
        "type": "hostdev", "source": {"pf": "eno2", "vf": 0}}], "cluster": {
            "id": 1, "node": 0, "trust": True, "control": {"bridge": "c"}, "fabric": {"bridge": "f"}}}
    nics = filters["vsrx_interfaces"](settings)
    assert len(nics) == 4
    assert not refused("virtual_appliance", virtual_appliance_interfaces=nics,
                       virtual_appliance_overrides={"nics": filters["vsrx_nics"](settings)})
