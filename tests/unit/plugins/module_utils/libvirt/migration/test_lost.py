# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other host is lost amid a move: whatever the state of the domain, the host that is left can keep it."""

from __future__ import annotations

import re

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.plan import domain_resource
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.fakelibvirt import FakeLibvirt
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.migration.conftest import (
    BRIDGE,
    DISK,
    VF,
    VF_MAC,
    Pair,
    killed,
)
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

VFS = [{"mac": VF_MAC, "pci_address": "0000:02:10.4"}]
GONE = {"kvm1": "kvm2", "kvm2": "kvm1"}


def lose(pair: Pair, at: str) -> None:
    """The host of this name no longer answers."""
    for lab in pair.hosts.values():
        lab.libvirt.peers.pop(at, None)


def keep(pair: Pair, at: str, check_mode: bool = False) -> Result:
    """One run on the host that is left."""
    return pair.move(at, GONE[at], check_mode=check_mode, lost_host=GONE[at])


def start(pair: Pair, at: str) -> Result:
    """vm_domain on the host that is left."""
    pair.at = at
    params = {"name": "a", "xml": None, "state": "running", "autostart": None, "restart": "never", "timeout": 1,
              "uri": "qemu:///system"}
    return run(domain_resource, params, pair.hosts[at].host)


@pytest.mark.parametrize("at", ["kvm1", "kvm2"])
@pytest.mark.parametrize(("nics", "state"), [(BRIDGE, "running"), (BRIDGE + VF, "running"), (BRIDGE, "off")])
@pytest.mark.parametrize("number", range(13))
def test_lost_before_each_step(pair: Pair, monkeypatch: pytest.MonkeyPatch, nics: str, state: str, number: int,
                               at: str) -> None:
    """The host that is left, be it the source or the target, has the domain then as it was, if it has all of it."""
    pair.domain(nics, state)
    if not killed(pair, number, monkeypatch, vfs=VFS):
        return
    lose(pair, GONE[at])
    before = pair.all()
    found = pair.copy(at)
    check, done = keep(pair, at, check_mode=True), None
    assert pair.all() == before
    if found is None:
        assert "this host has no such domain" in check["msg"]
        return
    done = keep(pair, at)
    assert done == check
    whole = pair.hosts[at].host.exists(DISK)
    assert (not done["failed"], whole) in ((True, True), (False, False))
    assert whole or found[2] == "left"
    if whole:
        assert pair.copy(at) == (state == "running", True, None)
        assert (done["state"], done["method"]) == ("running" if state == "running" else "shutdown", None)
        assert done["changed"] == (found[2] is not None)
        assert not keep(pair, at)["changed"]
        assert not start(pair, at)["failed"]


def test_the_remedies_lead_out(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused names what works, as far as it is followed."""
    pair.domain(BRIDGE + VF)
    assert killed(pair, 8, monkeypatch, vfs=VFS)
    assert pair.copy("kvm1") == (False, False, "left")
    told = start(pair, "kvm1")["msg"]
    assert told.endswith("If the other host is lost, run nfv.kvm.vm_migration here with lost_host.")
    del pair.hosts["kvm2"].libvirt.found["a"]  # it was installed again
    told = pair.move(vfs=VFS)["msg"]
    named = re.search(r"if kvm2 is lost, run .*vm_migration with lost_host: (\w+) on kvm1 ", told)
    assert named
    done = pair.move(lost_host=named[1])
    assert done["actions"] == ["domain a: start", "domain a on kvm1: autostart False → True",
                               "domain a: record that it stays on kvm1"]
    assert pair.copy("kvm1") == (True, True, None)
    assert not start(pair, "kvm1")["changed"]


def test_a_paused_source_goes_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = pair.domain()
    assert killed(pair, 4, monkeypatch)
    domain.running_state, domain.reason = 3, 2
    lose(pair, "kvm2")
    assert keep(pair, "kvm1")["actions"][0] == "domain a: resume it on kvm1"
    assert pair.copy("kvm1") == (True, True, None)


def refused(pair: Pair, at: str = "kvm1", **given: str) -> str:
    """What a run says that changes nothing."""
    before = pair.all()
    told = pair.move(at, GONE[at], **{"lost_host": GONE[at], **given})
    assert told["failed"]
    assert pair.all() == before
    assert told["error"]["remedy"]
    return str(told["msg"])


def test_what_is_not_lost_is_refused(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.domain(BRIDGE + VF)
    assert killed(pair, 8, monkeypatch, vfs=VFS)
    assert "domain a: kvm2 is not lost: it answers, and has this domain. Run the task" in refused(pair)
    lose(pair, "kvm2")
    told = "the domain's unfinished move is from kvm1 to kvm2, and this host is kvm1. Set lost_host to the other one"
    for other in ("kvm1", "kvm3", ""):
        assert f"lost_host = '{other}': {told}" in refused(pair, lost_host=other)
    pair.hosts["kvm1"].files.remove(DISK)
    assert f"name = '{DISK}': this host does not have a file of the domain" in refused(pair)


SSH = "Cannot recv data: {}: Connection reset by peer"
# (libvirt's message and its code, whether the host may be lost)
ANSWERS = [
    (SSH.format("ssh: connect to host kvm2 port 22: No route to host"), 38, True),
    (SSH.format("ssh: connect to host kvm2 port 22: Connection timed out"), 38, True),
    ("End of file while reading data: Input/output error", 38, True),
    ("unable to connect to server at 'kvm2:16509': Connection timed out", 38, True),
    ("unable to connect to server at 'kvm2:16514': Network is unreachable", 38, True),
    (SSH.format("root@kvm2: Permission denied (publickey,password)."), 38, False),
    (SSH.format("Host key verification failed."), 38, False),
    (SSH.format("Received disconnect from 10.0.0.2 port 22:2: Too many authentication failures"), 38, False),
    (SSH.format("ssh: Could not resolve hostname kvm2: Name or service not known"), 38, False),
    (SSH.format("ssh: connect to host kvm2 port 22: Connection refused"), 38, False),
    ("unable to connect to server at 'kvm2:16509': Connection refused", 38, False),
    ("End of file while reading data: virt-ssh-helper: Failed to connect socket to "
     "'/var/run/libvirt/virtqemud-sock': No such file or directory: Input/output error", 38, False),
    ("End of file while reading data: Ncat: Connection refused.: Input/output error", 38, False),
    ("End of file while reading data: sh: 1: nc: command not found: Input/output error", 38, False),
    ("Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", 38, False),
    ("authentication failed: Failed to start SASL negotiation: -4", 45, False),
    ("authentication cancelled", 79, False), ("authentication unavailable: no polkit agent", 80, False),
    ("no connection driver available for qemo+ssh://kvm2/system", 5, False),
    ("transport in URL not recognised (should be unix|ssh|ext|tls|tcp)", 8, False),
]


@pytest.mark.parametrize(("answer", "code", "lost"), ANSWERS)
def test_only_a_host_that_does_not_answer_is_lost(pair: Pair, monkeypatch: pytest.MonkeyPatch, answer: str, code: int,
                                                  lost: bool) -> None:
    pair.domain(BRIDGE + VF)
    assert killed(pair, 8, monkeypatch, vfs=VFS)
    lose(pair, "kvm2")
    pair.hosts["kvm1"].libvirt.unreachable = (answer, code)
    if lost:
        assert not keep(pair, "kvm1")["failed"]
        assert pair.copy("kvm1") == (True, True, None)
        return
    told = refused(pair)
    assert told.startswith("lost_host: this error does not prove that the host is lost: libvirt at "
                           "qemu+ssh://root@kvm2/")
    assert answer.rstrip(".") in told
    assert pair.copy("kvm1") == (False, False, "left")


def test_another_host_in_place_of_the_lost_one(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no such domain, and says nothing of the one that may run it."""
    pair.domain(BRIDGE + VF)
    assert killed(pair, 8, monkeypatch, vfs=VFS)
    other = pair.hosts["kvm1"].libvirt.peers["kvm2"] = FakeLibvirt()
    other.hostname = "kvm3"
    told = refused(pair)
    assert "/system?no_tty=1': kvm3 answers there instead of kvm2, which may still run the domain. Set" in told
    other.hostname = "kvm2"
    other.defineXML(pair.hosts["kvm1"].libvirt.found["a"].shown(True).replace("<name>a<", "<name>renamed<"))
    assert "kvm2 is not lost: it answers, and has this domain" in refused(pair)
    del other.found["renamed"]
    assert not keep(pair, "kvm1")["failed"], "it was installed again"


@pytest.mark.parametrize("at", ["kvm1", "kvm2"])
def test_a_migration_under_way_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    domain = pair.domain()
    assert killed(pair, 4, monkeypatch)
    domain.incoming(pair.hosts["kvm2"].libvirt)
    domain.job = True
    lose(pair, GONE[at])
    assert "its migration still runs on this host. Run the task again when libvirt has aborted" in refused(pair, at)


def test_an_earlier_run_is_waited_for(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    pair.domain(BRIDGE + VF)
    assert killed(pair, 8, monkeypatch, vfs=VFS)
    lose(pair, "kvm2")
    with lock.held(pair.hosts["kvm1"].host, ["domain a"], "nfv.kvm.vm_migration"):
        assert "domain a: another run is changing it (nfv.kvm.vm_migration, process" in refused(pair)


def test_without_a_move_nothing_changes(pair: Pair) -> None:
    pair.domain()
    before = pair.all()
    assert not keep(pair, "kvm1")["changed"]
    assert pair.all() == before
