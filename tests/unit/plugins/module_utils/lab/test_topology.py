# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a lab, and the cables between their PFs."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.filter.lab import FilterModule

lab_topology = FilterModule().filters()["lab_topology"]


def test_hosts_differ_in_all_that_must_differ() -> None:
    hosts = lab_topology([], count=3, folder="/lab")
    assert [host["name"] for host in hosts] == ["kvm1", "kvm2", "kvm3"]
    assert [host["port"] for host in hosts] == [2201, 2202, 2203]
    macs = [nic["mac"] for host in hosts for nic in host["nics"]]
    assert len(set(macs)) == 6


def test_hosts_have_the_release_of_the_lab_or_their_own() -> None:
    hosts = lab_topology([{"name": "a"}, {"name": "b", "suite": "trixie"}], folder="/lab", suite="bookworm")
    assert [host["suite"] for host in hosts] == ["bookworm", "trixie"]


def test_two_hosts_have_a_cable_per_pf() -> None:
    first, second = lab_topology([], count=2, folder="/lab")
    for left, right in zip(first["nics"], second["nics"]):
        assert (left["socket"], left["peer"]) == (right["peer"], right["socket"])
        assert left["socket"] != left["peer"]


def test_a_second_host_does_not_change_the_first() -> None:
    assert lab_topology([], count=1, folder="/lab") == lab_topology([], count=2, folder="/lab")[:1]


def test_cables_as_listed() -> None:
    (host,) = lab_topology([{"name": "a", "pfs": 3}], cables=[["a/0", "a/2"]], folder="/lab")
    assert [nic["peer"] for nic in host["nics"]] == ["/lab/a/pf2.sock", None, "/lab/a/pf0.sock"]


def test_nodes_get_the_pfs_in_turn_or_as_listed() -> None:
    hosts = lab_topology([{"name": "a", "pfs": 3}, {"name": "b", "pfs": 3, "cpus": 2, "numa_nodes": 2},
                          {"name": "c", "cpus": 2, "numa_nodes": 2, "pf_numa_nodes": [1, "1"]}], folder="/lab")
    assert [host["pf_numa_nodes"] for host in hosts] == [[0, 0, 0], [0, 1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("hosts", "cables", "folder", "told"),
    [
        ([{"name": "a", "pf": 2}], None, "/lab", "lab_hosts[0].pf = 2: there is no such key."),
        ([{"name": "a", "nic": "e1000"}], None, "/lab", "nic = 'e1000'"),
        ([{"name": "a", "suite": "sid"}], None, "/lab", "suite = 'sid': it must be bookworm or trixie"),
        ([{}], None, "/lab", "lab_hosts[0].name: it is missing."),
        ([{"name": "a", "numa_nodes": 5}], None, "/lab", "numa_nodes = 5: it must be a number from 1 to 4."),
        ([{"name": "a"}, {"name": "b", "numa_nodes": 2}], None, "/lab",
         "lab_hosts[1].cpus = 1: it must be a multiple of numa_nodes (2). Set it to 2."),
        ([{"name": "a", "numa_nodes": 2, "cpus": 4, "memory": 3073}], None, "/lab",
         "lab_hosts[0].memory = 3073: it must be a multiple of numa_nodes (2). Set it to 3074."),
        ([{"name": "a", "pf_numa_nodes": [0]}], None, "/lab",
         "lab_hosts[0].pf_numa_nodes = [0]: it must be a list of 2 nodes, one for each PF, from 0 to 0."),
        ([{"name": "a", "numa_nodes": 2, "cpus": 2, "pf_numa_nodes": [0, 2]}], None, "/lab", "pf_numa_nodes = [0, 2]"),
        ([{"name": "a", "pf_numa_nodes": [0, -1]}], None, "/lab", "pf_numa_nodes = [0, -1]"),
        ([{"name": "a"}], [["a/0", "b/0"]], "/lab", "['a/0', 'b/0']"),
        ([{"name": "a"}], [["a/0", "a/0"]], "/lab", "two free PFs"),
        ([{"name": "a"}], [["a/0", "a/2"]], "/lab", "two free PFs"),
        ([{"name": "a"}], [["a/0", "a"]], "/lab", "two free PFs"),
        ([{"name": "a", "pfs": 3}], [["a/0", "a/1"], ["a/1", "a/2"]], "/lab", "['a/1', 'a/2']"),
        ([{"name": "a"}], [["a/0", "a/1"]], "/" + "x" * 100, "shorter lab_dir"),
    ],
)
def test_what_cannot_be_meant(hosts: t.Any, cables: t.Any, folder: str, told: str) -> None:
    with pytest.raises(AnsibleFilterError) as raised:
        lab_topology(hosts, cables=cables, folder=folder)
    assert told in str(raised.value)
