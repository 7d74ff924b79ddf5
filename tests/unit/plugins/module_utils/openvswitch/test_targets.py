# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of collectors."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.targets import (
    canonical_address,
    canonical_target,
    target_zone,
)


@pytest.mark.parametrize(("given", "canonical"), [
    ("192.0.2.9:6343", "192.0.2.9:6343"),
    ("192.0.2.9:06343", "192.0.2.9:6343"),
    ("127.0.0.1:1", "127.0.0.1:1"),
    ("239.1.1.1:65535", "239.1.1.1:65535"),
    ("[2001:DB8:0::9]:6343", "[2001:db8::9]:6343"),
    ("[::1]:6343", "[::1]:6343"),
    ("[::ffff:192.0.2.9]:6343", "[::ffff:192.0.2.9]:6343"),
    ("[FE80::9%eth0]:6343", "[fe80::9%eth0]:6343"),
    ("[fe80::9%2]:6343", "[fe80::9%2]:6343"),
])
def test_targets(given: str, canonical: str) -> None:
    assert canonical_target(given) == canonical
    assert canonical_target(canonical) == canonical


@pytest.mark.parametrize(("given", "why"), [
    ("192.0.2.9", "port is missing"),
    ("2001:db8::9", "port is missing"),
    ("[2001:db8::9]", "port is missing"),
    ("2001:db8::9:6343", "port is missing"),
    ("fe80::9%eth0", "port is missing"),
    ("192.0.2.9:", "not ADDRESS:PORT"),
    (":6343", "not ADDRESS:PORT"),
    ("", "not ADDRESS:PORT"),
    ("192.0.2.9:sflow", "not ADDRESS:PORT"),
    ("192.0.2.9:+1", "not ADDRESS:PORT"),
    ("192.0.2.9:６３４３", "not ADDRESS:PORT"),
    ("192.0.2.9:6343\n", "not ADDRESS:PORT"),
    ("udp:192.0.2.9:6343", "not ADDRESS:PORT"),
    ("192.0.2.9:0", "from 1 to 65535"),
    ("192.0.2.9:65536", "from 1 to 65535"),
    ("192.0.2.300:6343", "does not start with"),
    ("192.0.2:6343", "does not start with"),
    ("0192.0.2.9:6343", "does not start with"),
    (" 192.0.2.9:6343", "does not start with"),
    ("collector.example:6343", "names are not resolved"),
    ("[192.0.2.9]:6343", "does not start with"),
    ("[2001:db8::9::]:6343", "does not start with"),
    ("[fe80::9%]:6343", "does not start with"),
    ("[fe80::9%a/b]:6343", "does not start with"),
    ("192.0.2.9%eth0:6343", "does not start with"),
    ("[fe80::9]:6343", "needs its interface"),
    ("[febf::9]:6343", "needs its interface"),
    ("0.0.0.0:6343", "not the address of a collector"),
    ("255.255.255.255:6343", "not the address of a collector"),
    ("[::]:6343", "not the address of a collector"),
    ("192.0.2.9\0:6343", "does not start with"),
    ("192.0.2.é:6343", "does not start with"),
])
def test_no_targets(given: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        canonical_target(given)


def test_parts() -> None:
    assert target_zone("[fe80::9%eth0]:6343") == "eth0"
    assert target_zone("[fe80::9%2]:6343") is None
    assert target_zone("192.0.2.9:6343") is None
    assert canonical_address("2001:DB8::0:1") == "2001:db8::1"
    assert canonical_address("eth0") is None
