# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role vm_fex on two hosts: the modules of UCS Manager against a real server, those of the host as stand-ins."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.tests.ucs_manager.sample import PROFILES, add_vm
from ansible_collections.nfv.kvm.tests.ucs_manager.server import UcsManager

REPOSITORY = Path(__file__).parents[4]
OF_HOST = ("vm_network", "port_profile", "vm_interface", "bios_check")
HOSTS = ("kvm1", "kvm2")
PROFILE = f"{PROFILES}/vnic-finance"
NIC = {"domain": "edge1", "interfaces": [{"name": "ge0", "source": {"network": "fex", "portgroup": "finance"}}]}
VARIABLES: dict[str, t.Any] = {
    "vm_fex_profiles": [{"name": "finance", "vlans": [{"name": "db", "native": True}]}],
    "vm_fex_networks": [
        {"name": "fex", "mode": "passthrough", "pf": "eno5", "default_profile": "finance"},
        {"name": "pool", "mode": "hostdev", "pf": "eno6", "profiles": ["finance", "web"]}],
    "vm_fex_nics": [NIC],
}


class Site:
    """A UCS Manager, and a folder with the role and the hosts."""

    def __init__(self, folder: Path, server: UcsManager) -> None:
        self.folder = folder
        self.server = server
        self.said = ""
        shutil.copytree(REPOSITORY / "roles" / "vm_fex", folder / "roles" / "vm_fex")
        library = folder / "library"
        library.mkdir()
        for name in OF_HOST:
            shutil.copy(Path(__file__).parent / "library" / "on_host.py", library / f"on_host_{name}.py")
        for file in (folder / "roles" / "vm_fex" / "tasks").iterdir():
            file.write_text(re.sub(rf"nfv\.kvm\.({'|'.join(OF_HOST)}):", r"on_host_\1:", file.read_text()))
        for host in HOSTS:
            self.change(host, networks={}, nics=[], checks={}, calls=[])

    def state(self, host: str) -> dict[str, t.Any]:
        return dict(json.loads((self.folder / f"{host}.json").read_text()))

    def change(self, host: str, **state: t.Any) -> None:
        file = self.folder / f"{host}.json"
        file.write_text(json.dumps({**(json.loads(file.read_text()) if file.exists() else {}), **state}))

    def run(self, *options: str, tasks: t.Any = (), **changes: t.Any) -> dict[str, tuple[int, int]]:
        """By host, how many of its tasks changed something and how many failed, unreachable ones among them.

        :param tasks: instead of the role
        """
        play = {"hosts": "all", "gather_facts": False, "connection": "local", "environment": {
            "ON_HOST": f"{self.folder}/{{{{ inventory_hostname }}}}.json"},
            "vars": {**VARIABLES, **changes, "ansible_python_interpreter": sys.executable},
            **({"tasks": tasks} if tasks else {"roles": ["vm_fex"]})}
        (self.folder / "play.yml").write_text(json.dumps([play]))
        command = [sys.executable, "-m", "ansible", "playbook", "-i", ",".join(HOSTS), *options]
        environment = {
            **os.environ, "ANSIBLE_CONFIG": str(REPOSITORY / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LIBRARY": str(self.folder / "library"), "ANSIBLE_COLLECTIONS_PATH": "build/collections",
            "UCS_HOSTNAME": "127.0.0.1", "UCS_PORT": str(self.server.port), "UCS_SECURE": "false",
            "UCS_PASSWORD": "secret"}
        done = subprocess.run([*command, str(self.folder / "play.yml")], env=environment, capture_output=True,
                              text=True, check=False, cwd=REPOSITORY)
        self.said = re.sub(r"\s+", " ", done.stdout + done.stderr)
        assert "secret" not in self.said
        recap = re.findall(r"(?m)^(\S+) +: .* changed=(\d+) +unreachable=(\d+) +failed=(\d+)", done.stdout)
        return {host: (int(changed), int(unreachable) + int(failed)) for host, changed, unreachable, failed in recap}

    def logins(self) -> int:
        return self.server.requests.count("aaaLogin")


@pytest.fixture
def site(tmp_path: Path) -> t.Iterator[Site]:
    with UcsManager(secure=False) as server:
        yield Site(tmp_path, server)


def test_from_creation_to_removal(site: Site) -> None:
    four_runs(site)
    a_changed_vlan(site)
    removal(site)


def four_runs(site: Site) -> None:
    predicted = site.run("--check")
    assert PROFILE not in site.server.tree.objects
    assert [site.state(host)["networks"] for host in HOSTS] == [{}, {}]
    assert "NICs of domain edge1 would be attached to fex" in site.said
    done = site.run()
    # Two networks, three port groups (a loop of them is one task) and a NIC; on the first host also the profile.
    assert (predicted, done) == ({"kvm1": (4, 0), "kvm2": (3, 0)},) * 2
    for host in HOSTS:
        held = site.state(host)
        assert held["networks"]["fex"]["groups"] == {
            "finance": {"virtualport": {"type": "802.1Qbh", "profileid": "finance"}, "default": True}}
        assert sorted(held["networks"]["pool"]["groups"]) == ["finance", "web"]
        assert [nic["group"] for nic in held["nics"]] == ["finance"]
    assert f"{PROFILE}/if-db" in site.server.tree.objects
    before = site.logins()
    assert site.run("--check") == site.run() == {"kvm1": (0, 0), "kvm2": (0, 0)}
    assert site.logins() - before == 2 * 3  # not for each host
    assert "NIC ge0 of domain edge1 (network fex, running)" in site.said


def a_changed_vlan(site: Site) -> None:
    """It tells who has the profile."""
    vm = "5c000000-0000-0000-0000-0000000000b1"
    add_vm(site.server.tree, vm, "vm2", "finance")
    changed = site.run(vm_fex_profiles=[{"name": "finance", "vlans": [{"name": "mgmt"}]}])
    assert changed == {"kvm1": (1, 0), "kvm2": (0, 0)}
    assert "port profile finance: NIC 1 of VM vm2 (52:54:00:00:b1:01, online in UCS Manager)" in site.said
    assert site.said.count("port profile finance: NIC ge0 of domain edge1") == 2
    site.server.tree.remove(f"vmm/vm-{vm}")


def removal(site: Site) -> None:
    """It waits for all hosts."""
    gone: dict[str, t.Any] = {
        "vm_fex_profiles": [{**VARIABLES["vm_fex_profiles"][0], "state": "absent"}], "vm_fex_nics": [],
        "vm_fex_networks": [{"name": "fex", "mode": "passthrough", "pf": "eno5"},
                            {"name": "pool", "state": "absent"}]}
    before = site.state("kvm1")["networks"]
    site.change("kvm1", nics=[])
    assert site.run(**gone) == {"kvm1": (2, 1), "kvm2": (0, 1)}
    assert "NICs have port group finance" in site.said
    assert site.state("kvm2")["networks"] == before
    assert "kvm2 was refused or is unreachable, and its domains may still use finance" in site.said
    assert PROFILE in site.server.tree.objects
    site.change("kvm2", nics=[])
    assert site.run(**gone) == {"kvm1": (1, 0), "kvm2": (2, 0)}
    assert PROFILE not in site.server.tree.objects
    assert site.state("kvm1")["networks"] == {"fex": {**before["fex"], "groups": {}}}


REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"vm_fex_profiles": [{"name": "fin/ance"}]}, "with 802.1Qbh it must have 1 to 31 characters"),
    ({"vm_fex_profiles": [{"name": "finance", "vlans": [{"name": "nonesuch"}]}]},
     "UCS Manager has no VLAN of this name"),
    ({"vm_fex_networks": [{"name": "fex", "mode": "passthrough", "pf": "eno5", "profiles": ["nonesuch"]}]},
     "UCS Manager has no port profile of this name"),
    ({"vm_fex_profiles": [{"name": "finance", "max_ports": 5000}]}, "max_ports = 5000"),
    ({"vm_fex_profiles": [{"name": "finance", "speed": 5}]}, "speed"),
    ({"vm_fex_ucs": {"password": "wrong"}}, "it refused the login"),
]


def test_refused_before_anything_is_touched(site: Site) -> None:
    tried = [{"block": [{"ansible.builtin.include_role": {"name": "vm_fex"}, "vars": changes}],
              "rescue": [{"ansible.builtin.debug": {"msg": "refused"}}]} for changes, _told in REFUSED]
    site.run(tasks=tried)
    for _changes, told in REFUSED:
        assert told in site.said
    assert site.said.count('"msg": "refused"') + site.said.count("msg: refused") == len(HOSTS) * len(REFUSED)
    assert not site.state("kvm1")["networks"]
    assert PROFILE not in site.server.tree.objects


def test_a_host_that_is_not_ready(site: Site) -> None:
    site.change("kvm1", checks={"vm_fex": {"status": "fail", "found": "no VIC"}})
    site.change("kvm2", checks={"vm_fex": {"status": "warn", "found": "a VIC 1340"}})
    assert site.run("--tags", "check") == {"kvm1": (0, 1), "kvm2": (0, 0)}
    assert "a VIC 1340" in site.said
    assert not site.state("kvm2")["networks"]
    assert site.run("--tags", "check", vm_fex_fail_on="warn") == {"kvm1": (0, 1), "kvm2": (0, 1)}
