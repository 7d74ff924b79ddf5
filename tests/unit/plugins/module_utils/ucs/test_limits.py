# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What UCS Manager takes, by ucsmsdk's metadata, without a UCS Manager."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.options import UCS_NAME
from ansible_collections.nfv.kvm.plugins.module_utils.ucs import limits

PROFILE = "VnicProfile"


@pytest.mark.parametrize(("class_name", "prop", "value"), [
    (PROFILE, "name", "a"), (PROFILE, "name", "-.:_aZ09"), (PROFILE, "name", "n" * 31), (PROFILE, "descr", ""),
    (PROFILE, "descr", "!#$%&()*+,-./:;?@[]_{|}~ aZ9"), (PROFILE, "max_ports", 1), (PROFILE, "max_ports", 4096),
    (PROFILE, "host_nw_io_perf", "none"), (PROFILE, "qos_policy_name", ""), (PROFILE, "name", None),
    ("VmVnicProfCl", "dc_name", ".*"), ("VmVnicProfCl", "sw_name", "^(a|b)\\.[c]$"),
    ("VnicDynamicConPolicy", "dynamic_eth", "off"), ("VnicDynamicConPolicy", "dynamic_eth", 256),
])
def test_taken(class_name: str, prop: str, value: str | int | None) -> None:
    limits.check("x", value, class_name, prop)


@pytest.mark.parametrize(("class_name", "prop", "value", "told"), [
    (PROFILE, "name", "", "it must have 1 to 31 characters of letters, digits and - . : _"),
    (PROFILE, "name", "n" * 32, "it must have 1 to 31 characters of letters, digits and - . : _"),
    (PROFILE, "name", "a\n", "it must have 1 to 31 characters"), (PROFILE, "name", "٣", "it must have 1 to 31"),
    (PROFILE, "descr", "^", "it must have 0 to 256 characters of letters, digits, spaces and ! # $ % & ( ) * +"),
    (PROFILE, "max_ports", 0, "it must be from 1 to 4096"), (PROFILE, "max_ports", "²", "it must be from 1 to 4096"),
    (PROFILE, "host_nw_io_perf", "no", "it must be high-perf-reqd or none"),
    ("VnicDynamicConPolicy", "dynamic_eth", 257, "it must be from 0 to 256 or be off"),
    ("FabricVlan", "id", 4043, "it must be from 1 to 4042 or 4048 to 4093"),
    ("VmNic", "uuid", "x", "it must match "),
])
def test_refused(class_name: str, prop: str, value: str | int, told: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        limits.check("option", value, class_name, prop)
    assert refusal.value.subject == "option"
    assert refusal.value.value == value
    assert refusal.value.cause.startswith(told)


def test_profileid_of_802_1qbh_is_the_name_of_a_profile() -> None:
    """Hosts have no ucsmsdk, so that the rule for them is written down a second time."""
    for name in ("a", "n" * 31, "n" * 32, "", "-.:_", "a b", "a/b", "é", "a\n", "a[b", "a\\b"):
        try:
            limits.check("name", name, PROFILE, "name")
        except ValidationError:
            assert not UCS_NAME.fullmatch(name), name
        else:
            assert UCS_NAME.fullmatch(name), name
