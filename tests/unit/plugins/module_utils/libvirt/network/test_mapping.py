# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks in and out of libvirt's XML: what was written is what is read, over nothing and over any other."""

from __future__ import annotations

import typing as t

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.mapping import (
    ROWS,
    overlaid,
    read_network,
    write_network,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.model import Network
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.network.modes import VIRTUALPORTS
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.model import Virtualport, Vlan

NETDEVS = st.lists(st.sampled_from(["eth0", "eth1.5", "enp2s0v0"]), min_size=1, unique=True).map(tuple)
VFS = st.lists(st.sampled_from(["0000:02:10.0", "0001:ff:1f.7"]), min_size=1, unique=True).map(tuple)
BRIDGES = st.sampled_from(["br0", "ovs0"])
PFS = st.sampled_from(["enp2s0", "enp3s0"])
ADDRESSES = st.lists(st.sampled_from(["192.0.2.1/24", "198.51.100.9/31", "2001:db8::1/64"]), unique=True).map(
    lambda found: tuple(sorted(found)))
TAGS = st.lists(st.integers(1, 4094), min_size=1, max_size=3, unique=True).map(tuple)
VLANS = st.one_of(
    st.just(Vlan()), st.builds(lambda tag: Vlan((tag,)), st.integers(1, 4094)),
    TAGS.flatmap(lambda tags: st.builds(Vlan, st.just(tags), st.just(True), st.sampled_from([None, *tags]))))
PROFILES = st.text("abcXYZ019-_.<&\"'ä", min_size=1, max_size=9)
PORTS = {
    "802.1Qbg": st.builds(Virtualport, st.just("802.1Qbg"), st.integers(1, 255), st.integers(0, 0xFFFFFF),
                          st.none() | st.integers(0, 255)),
    "802.1Qbh": st.builds(Virtualport, st.just("802.1Qbh"), profileid=PROFILES),
    "openvswitch": st.builds(Virtualport, st.just("openvswitch"), profileid=st.none() | PROFILES),
}
OWN: dict[str, st.SearchStrategy[t.Any]] = {
    "bridge": st.none() | BRIDGES, "addresses": ADDRESSES, "mtu": st.none() | st.integers(68, 65535)}
# By the kind of network, what it can have
HAS: dict[str, dict[str, st.SearchStrategy[t.Any]]] = {
    "bridge": {"bridge": BRIDGES}, "macvtap bridge": {"devices": NETDEVS}, "private": {"devices": NETDEVS},
    "vepa": {"devices": NETDEVS}, "passthrough": {"devices": NETDEVS},
    "hostdev": {"devices": VFS, "managed": st.booleans()},
    "nat": {**OWN, "devices": st.just(()) | NETDEVS}, "route": OWN, "open": OWN, "isolated": OWN,
}


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Any network, as read_network tells it."""
    kind = draw(st.sampled_from(sorted(HAS)))
    has = HAS[kind]
    if kind in ("passthrough", "hostdev"):
        has = draw(st.sampled_from([has, {**has, "pf": PFS, "devices": st.just(())}]))
    nothing: dict[str, t.Any] = {row.field: row.default for row in ROWS}
    values = {**nothing, "mode": "bridge" if kind == "macvtap bridge" else kind, "vlan": draw(VLANS),
              **{key: draw(value) for key, value in has.items()}}
    ports = [PORTS[name] for name in VIRTUALPORTS[kind]]
    values["virtualport"] = draw(st.one_of(st.just(Virtualport()), *ports))
    return Network(**values)


@given(networks())
def test_what_is_written_is_read(network: Network) -> None:
    written = write_network("n", network, None)
    assert read_network(xml.parse(xml.serialise(written))) == network
    assert xml.serialise(write_network("n", network, written)) == xml.serialise(written), "nothing is left to write"


@given(networks(), networks())
def test_over_any_other_network(before: Network, after: Network) -> None:
    old = write_network("n", before, None)
    text = xml.serialise(old)
    assert read_network(xml.parse(xml.serialise(write_network("n", after, old)))) == after
    assert xml.serialise(old) == text, "what was read is left as it is"


@given(networks(), networks())
def test_what_is_wanted_is_what_comes(before: Network, wanted: Network) -> None:
    """Where all is given; a bridge or an MTU that is not stays."""
    after = overlaid(before, wanted)
    given_fields = [row.field for row in ROWS if getattr(wanted, row.field) is not None]
    assert [getattr(after, name) for name in given_fields] == [getattr(wanted, name) for name in given_fields]
    assert overlaid(after, wanted) == after


@given(networks())
def test_what_is_not_given_stays(network: Network) -> None:
    assert overlaid(network, Network()) == network
    assert overlaid(network, Network(mode=network.mode)) == network
