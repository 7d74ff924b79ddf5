# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine type of a profile's list an appliance gets, and that it keeps it."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.appliance.machine import chosen
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.appliance.wholehost import WHOLE, WholeHost, profile
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

NEW, OLD, RHEL = "pc-i440fx-8.0", "pc-i440fx-6.2", "pc-i440fx-rhel7.6.0"


@pytest.mark.parametrize(("machines", "has", "defined", "expected"), [
    ([NEW, OLD], [OLD, NEW], None, NEW),
    ([NEW, OLD], [OLD], None, OLD),
    ([NEW, OLD], [RHEL], None, None),
    ([NEW, OLD], [OLD, NEW], OLD, OLD),
    ([NEW, OLD], [NEW], OLD, OLD),
    ([NEW, OLD], [NEW], RHEL, NEW),
    ([NEW, "pc"], [NEW, "pc"], OLD, "pc"),
    ([NEW, "pc"], [NEW, "pc"], RHEL, "pc"),
    ([NEW, "pc"], [NEW, "pc"], "pc-q35-8.0", NEW),
    (["q35", NEW], [NEW, "q35"], "pc-q35-8.0", "q35"),
    ([NEW], [], "microvm", None),
    (["microvm"], [], "microvm", "microvm"),
])
def test_chosen(machines: list[str], has: list[str], defined: str | None, expected: str | None) -> None:
    assert chosen(machines, has.__contains__, defined) == expected


def params(*machines: str) -> Result:
    return {**WHOLE, "profile": profile(machine=list(machines))}


def machine_of(site: WholeHost) -> str:
    return str(site.libvirt.found["edge1"].xml.find("os/type").get("machine"))


def test_it_gets_the_first_one_that_qemu_has_and_keeps_it(site: WholeHost) -> None:
    site.libvirt.machines = [OLD, RHEL]
    site.four_runs(**params(NEW, OLD, RHEL))
    assert machine_of(site) == OLD
    site.libvirt.machines = [NEW, OLD, RHEL]
    again = site.applied(**params(NEW, OLD, RHEL))
    assert not again["changed"], again["actions"]


def test_another_version_of_an_alias_is_kept(site: WholeHost) -> None:
    site.libvirt.machines = [NEW, OLD, "pc"]
    site.applied(**params(OLD))
    again = site.applied(**params(NEW, "pc"))
    assert not again["changed"], again["actions"]
    assert machine_of(site) == OLD


def test_it_gets_another_one_when_its_own_leaves_the_list(site: WholeHost) -> None:
    site.libvirt.machines = [NEW, OLD]
    site.applied(**params(OLD), state="defined")
    site.four_runs(**params(NEW, RHEL), state="defined")
    assert machine_of(site) == NEW


def test_a_qemu_that_has_none_of_them(site: WholeHost) -> None:
    told = site.refused(**params(NEW, RHEL))
    assert "profile.machine = ['pc-i440fx-8.0', 'pc-i440fx-rhel7.6.0']: the QEMU of this host supports none" in told


def test_a_qemu_that_has_no_longer_the_one_it_is_defined_with(site: WholeHost) -> None:
    site.applied(**params(OLD, NEW), state="defined")
    site.libvirt.machines = [NEW]
    told = site.refused(**params(OLD, NEW))
    assert "profile.machine = 'pc-i440fx-6.2'" in told
    assert "the domain is defined with it. Remove it from the list" in told
    site.applied(**params(NEW))
    assert machine_of(site) == NEW


@pytest.mark.parametrize("machine", [[], [""], ["q35", ""], {"pc": 1}])
def test_no_machine_types(site: WholeHost, machine: object) -> None:
    assert "profile, machine" in site.refused(profile=profile(machine=machine))
