# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of YAML are read into types, and what is wrong with them is said by their path."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, Refused, Scalar, State, number
from ansible_collections.nfv.kvm.plugins.plugin_utils.typed import Reader, doors, shown


@dataclass(frozen=True)
class Nic(Given):
    name: str
    queues: t.Annotated[int, number(1, 8, "Most NICs have 8")] = 1


@dataclass(frozen=True)
class Vm:
    name: str
    nics: tuple[Nic, ...] = ()
    size: int = 1
    state: State = "present"
    on: bool = False
    note: str | None = None
    tags: Mapping[str, Scalar] = field(default_factory=dict)
    last: str = field(default="", metadata={"key": "vlanEnd"})
    kind: str = field(default="vm", init=False)


def read(value: object, kind: object = Vm) -> tuple[t.Any, list[str]]:
    reader = Reader("See the documentation")
    found = reader.read(kind, value, "vms_")
    return found, list(map(str, reader.errors))


@pytest.mark.parametrize(("given", "vm"), [
    ({"name": "a"}, Vm("a")),
    ({"name": "a", "nics": None, "size": None, "on": None, "tags": None}, Vm("a")),
    ({"name": "a", "unknown": 1}, Vm("a")),
    ({"name": "a", "size": "12", "on": "yes"}, Vm("a", size=12, on=True)),
    ({"name": "a", "size": -1, "on": 0}, Vm("a", size=-1)),
    ({"name": "a", "nics": [{"name": "n", "queues": "8"}]}, Vm("a", nics=(Nic("n", 8),))),
    ({"name": "a", "nics": ({"name": "n"},), "state": "absent"}, Vm("a", nics=(Nic("n"),), state="absent")),
    ({"name": "a", "tags": {"x": True, "y": None, "z": "1", 5: 1.5}},
     Vm("a", tags={"x": True, "y": None, "z": "1", "5": 1.5})),
    ({"name": "a", "vlanEnd": "9", "last": "8"}, Vm("a", last="9")),
])
def test_right(given: object, vm: Vm) -> None:
    assert read(given) == (vm, [])


@pytest.mark.parametrize(("given", "errors"), [
    (5, ["vms = 5: it must be a dictionary. See the documentation."]),
    ({}, ["vms_name: it is missing. See the documentation."]),
    ({"name": 5, "size": True}, ["vms_name = 5: it must be a text. See the documentation.",
                                 "vms_size = True: it must be a whole number. See the documentation."]),
    ({"name": "a", "size": 1.5}, ["vms_size = 1.5: it must be a whole number. See the documentation."]),
    ({"name": "a", "size": "1" * 19}, [f"vms_size = '{'1' * 19}': it must be a whole number. See the documentation."]),
    ({"name": "a", "on": "maybe"}, ["vms_on = 'maybe': it must be true or false. See the documentation."]),
    ({"name": "a", "on": 2}, ["vms_on = 2: it must be true or false. See the documentation."]),
    ({"name": "a", "state": "up"}, ["vms_state = 'up': it must be present or absent. Choose one of them."]),
    ({"name": "a", "nics": {}}, ["vms_nics = {}: it must be a list. See the documentation."]),
    ({"name": "a", "nics": [None]}, ["vms_nics[0] = 'null': it must be a dictionary. See the documentation."]),
    ({"name": "a", "nics": [{"name": "n", "queues": 9, "more": 1}]},
     ["vms_nics[0].more = 1: there is no such key. Its keys are name, queues.",
      "vms_nics[0].queues = 9: it must be a number from 1 to 8. Most NICs have 8."]),
    ({"name": "a", "tags": {"x": []}}, ["vms_tags.x = []: it must be a single value. See the documentation."]),
    ({"name": "a", "kind": "x", "note": 1}, ["vms_note = 1: it must be a text. See the documentation."]),
])
def test_wrong(given: object, errors: list[str]) -> None:
    assert read(given)[1] == errors


def test_what_is_shown() -> None:
    vm = Vm("a", nics=(Nic("n"),), last="9")
    assert shown([vm, iter([NotSupported("x", "it cannot")])]) == [
        {"name": "a", "nics": [{"name": "n", "queues": 1}], "size": 1, "state": "present", "on": False, "note": None,
         "tags": {}, "vlanEnd": "9", "kind": "vm"},
        ["x: it cannot."]]


def names(vms: tuple[Vm, ...], most: int = 3) -> list[str]:
    """Names of VMs."""
    if len(vms) > most:
        raise NotSupported("vms", "there are too many", len(vms))
    known = {"a": "A", "b": "B"}
    return [known[vm.name] for vm in vms]


def refused(vms: tuple[Vm, ...]) -> Refused:
    """Names that are not valid."""
    for vm in vms:
        if vm.name == "b":
            yield NotSupported("vms", "this name is taken", vm.name)


FILTERS = doors({"vm_names": names, "vm_refused": refused}, vms="virtual_machines")


def test_a_filter() -> None:
    assert FILTERS["vm_names"]([{"name": "a"}, {"name": "b"}], most="2") == ["A", "B"]
    assert FILTERS["vm_refused"]([{"name": "a"}, {"name": "b"}]) == ["vms = 'b': this name is taken."]


@pytest.mark.parametrize(("given", "told"), [
    (([{"name": "a"}] * 4,), "vms = 4: there are too many."),
    (([{}],), "virtual_machines[0].name: it is missing. Run ansible-doc -t filter nfv.kvm.vm_names to see its input."),
    (([], None), "most = 'null': it must be a whole number."),
    (([{"name": "d"}],), "nfv.kvm.vm_names: its input is not valid: 'd'."),
    ((), "nfv.kvm.vm_names: its input is not valid: missing a required argument: 'vms'."),
])
def test_a_filter_that_fails(given: tuple[t.Any, ...], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        FILTERS["vm_names"](*given)
    assert str(raised.value).startswith(told)


def test_a_filter_that_judges_lists_what_cannot_be_read() -> None:
    assert FILTERS["vm_refused"]([{"name": "b"}, {}]) == [
        "virtual_machines[1].name: it is missing. Run ansible-doc -t filter nfv.kvm.vm_refused to see its input."]
