# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From an appliance profile to its NICs and its domain."""

from __future__ import annotations

import typing as t
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.appliance import appliance_domain, appliance_nics

PROFILES = Path(__file__).parents[4] / "roles/virtual_appliance/profiles"
VSRX_NICS = {"management": ["fxp0"], "data": "ge-0/0/{n}", "first": 0, "model": "virtio"}
BRIDGE = {"type": "bridge", "source": {"bridge": "br0"}}
VF = {"type": "hostdev", "source": {"pf": "eno1", "vf": 0}}


def profile(name: str = "open_appliance") -> dict[str, t.Any]:
    loaded: dict[str, t.Any] = yaml.safe_load((PROFILES / f"{name}.yml").read_text(encoding="utf-8"))
    return loaded


def test_names_follow_the_order() -> None:
    nics = appliance_nics([BRIDGE, VF, VF, BRIDGE], {"nics": VSRX_NICS})
    assert [nic["name"] for nic in nics] == ["fxp0", "ge-0/0/0", "ge-0/0/1", "ge-0/0/2"]


def test_the_profile_gives_the_model_but_not_to_a_vf() -> None:
    nics = appliance_nics([BRIDGE, VF, {**BRIDGE, "model": "e1000e"}], {"nics": VSRX_NICS})
    assert [nic.get("model") for nic in nics] == ["virtio", None, "e1000e"]


def test_a_name_in_the_wrong_place_is_refused() -> None:
    appliance_nics([{**BRIDGE, "name": "fxp0"}], {"nics": VSRX_NICS})
    with pytest.raises(AnsibleFilterError) as raised:
        appliance_nics([BRIDGE, {**VF, "name": "ge-0/0/1"}], {"nics": VSRX_NICS})
    assert "interfaces[1].name = 'ge-0/0/1'" in str(raised.value)
    assert "is ge-0/0/0" in str(raised.value)


def test_the_domain_says_what_the_profile_says() -> None:
    domain = ElementTree.fromstring(appliance_domain(profile(), "a<b", "/images/a", day0="/images/a/day0.iso"))
    assert domain.findtext("name") == "a<b"
    assert (domain.findtext("memory"), domain.find("memory").attrib) == ("512", {"unit": "MiB"})  # type: ignore[union-attr]
    disks = {disk.find("source").get("file"): disk.find("target").attrib for disk in domain.iter("disk")}  # type: ignore[union-attr]
    assert disks == {
        "/images/a/disk.qcow2": {"dev": "vda", "bus": "virtio"},
        "/images/a/day0.iso": {"dev": "hdb", "bus": "ide"},
    }
    assert domain.find("devices/interface") is None
    assert domain.find("devices/serial/log") is not None


def test_without_day0_there_is_no_cdrom() -> None:
    domain = ElementTree.fromstring(appliance_domain(profile(), "a", "/images/a"))
    assert [disk.get("device") for disk in domain.iter("disk")] == ["disk"]


@pytest.mark.parametrize("name", [path.stem for path in PROFILES.glob("*.yml")])
def test_every_profile_makes_a_domain(name: str) -> None:
    assert appliance_domain(profile(name), "x", "/images/x", day0="/images/x/day0.iso")
    assert appliance_nics([BRIDGE, VF], profile(name))
