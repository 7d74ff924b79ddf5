# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel of a quiet host does beside the appliances, and how all of it is undone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.quiet import DROP_IN, OWN_UNIT
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import (
    HEAD,
    OWN_GRUB,
    Dict,
    boot,
    host,
    plan,
    units,
    written,
)

RECORD = "/etc/nfv.kvm/kernel_arguments"
UNIT = "nfv-kvm-quiet.service"
ISOLATED = "isolcpus=managed_irq,domain,2-3,6-7 nohz_full=2-3,6-7 rcu_nocbs=2-3,6-7 irqaffinity=0-1,4-5"
WANTED: Dict = {"isolated_cpus": ["2-3", 6, "7"]}
BOOTED = f"intel_iommu=on iommu=pt {ISOLATED}"
RUNS = f"{UNIT} active enabled"
BALANCED = {"quiet_units": units("irqbalance.service active enabled", RUNS)}


def quiet(on: str, **settings: object) -> Dict:
    found: Dict = plan(on, **settings)["quiet"]
    return found


def after(found: Dict, **more: str) -> dict[str, str]:
    """The texts of a host on which a plan was carried out."""
    return {**more, **written(found)}


def test_isolated_cpus_on_a_host_that_has_none() -> None:
    on = host(quiet_units=units("irqbalance.service active enabled"))
    found = quiet(on, **WANTED)
    assert written(found)[RECORD] == "\n".join([HEAD, *ISOLATED.split()]) + "\n"
    assert written(found)[DROP_IN] == f"{HEAD}\n[Service]\nEnvironment=IRQBALANCE_BANNED_CPULIST=2-3,6-7\n"
    assert "echo 0-1,4-5 2> /dev/null" in written(found)[OWN_UNIT]
    assert (found["apply"], found["restart"], found["stale"]) == ([UNIT], ["irqbalance.service"], [])
    assert ISOLATED in written(boot(on, **WANTED))[OWN_GRUB]
    assert plan(on, **WANTED)["reboot"] == [f"kernel arguments {ISOLATED}"]


def test_isolated_cpus_that_are_there() -> None:
    files = after(quiet(host(**BALANCED), **WANTED))
    on = host(**BALANCED, **files, **{"/proc/cmdline": BOOTED})
    assert quiet(on, **WANTED) == {"files": [], "stale": [], "stop": [], "apply": [], "restart": [], "wrong": []}
    assert plan(on, **WANTED)["reboot"] == []


def test_isolated_cpus_are_given_back() -> None:
    files = after(quiet(host(**BALANCED), **WANTED))
    grub = {OWN_GRUB: "x", "grub_entry": f"linux /vmlinuz {BOOTED}"}
    found = quiet(host(**BALANCED, **files, **grub, **{"/proc/cmdline": BOOTED}))
    # The record stays until they are gone, also from the running kernel.
    assert (found["stale"], found["stop"], found["apply"]) == ([OWN_UNIT, DROP_IN], [UNIT], [])
    assert found["restart"] == ["irqbalance.service"]
    record = {RECORD: files[RECORD]}
    on = host(**record, **{"/proc/cmdline": BOOTED})
    assert quiet(on)["stale"] == []
    assert plan(on)["reboot"] == [f"kernel arguments without {ISOLATED}"]
    assert quiet(host(**record, grub_entry=f"linux /vmlinuz {BOOTED}"))["stale"] == []
    assert quiet(host(**record))["stale"] == [RECORD]


def test_isolated_cpus_are_given_back_by_boot_loaders_without_a_file_of_the_role() -> None:
    record = {RECORD: "\n".join([HEAD, *ISOLATED.split()]) + "\n"}
    grubby = f'index=0\nkernel="/boot/vmlinuz-5.14"\nargs="ro {BOOTED} isolcpus=1"\nroot="/dev/sda"\n'
    assert boot(host(**record, grubby=grubby))["commands"] == [
        ["grubby", "--update-kernel=ALL", "--remove-args=nohz_full=2-3,6-7 rcu_nocbs=2-3,6-7 irqaffinity=0-1,4-5",
         "--args=isolcpus=1"]]
    assert boot(host(grubby=grubby))["commands"] == []
    fewer = boot(host(**record, grubby=grubby), isolated_cpus=["2-3"])["commands"][0][-1]
    assert fewer == "--args=isolcpus=managed_irq,domain,2-3 nohz_full=2-3 rcu_nocbs=2-3 irqaffinity=0-1,4-7"


@pytest.mark.parametrize("path", ["/etc/default/irqbalance", "/etc/sysconfig/irqbalance"])
def test_what_the_distributions_file_of_irqbalance_bans_steps_aside(path: str) -> None:
    before = "#IRQBALANCE_BANNED_CPUS=\nIRQBALANCE_ONESHOT=\nIRQBALANCE_BANNED_CPUS=f0\n IRQBALANCE_BANNED_CPULIST=4\n"
    found = quiet(host(**BALANCED, **{path: before}), **WANTED)
    aside = written(found)[path]
    assert aside == ("#IRQBALANCE_BANNED_CPUS=\nIRQBALANCE_ONESHOT=\n# nfv.kvm: IRQBALANCE_BANNED_CPUS=f0\n"
                     "# nfv.kvm:  IRQBALANCE_BANNED_CPULIST=4\n")
    assert path not in written(quiet(host(**BALANCED, **{path: aside}), **WANTED))
    assert written(quiet(host(**BALANCED, **{path: aside}))) == {path: before}
    assert quiet(host(**BALANCED, **{path: before}))["files"] == []


def test_no_irqbalance() -> None:
    assert DROP_IN not in written(quiet(host(), **WANTED))


@pytest.mark.parametrize(("settings", "facts", "command", "wrong"), [
    ({"cpu_governor": "performance"}, {}, "echo performance >", ["the governor of CPUs is powersave, not performance"]),
    ({"cpu_governor": "performance"}, {"governors": "performance\npowersave\n"}, "echo performance >",
     ["the governor of CPUs is performance, powersave, not performance"]),
    ({"cpu_governor": "performance"}, {"governors": "performance\n"}, "echo performance >", []),
    ({"transparent_hugepages": "never"}, {}, "echo never >", ["transparent huge pages are madvise, not never"]),
    ({"transparent_hugepages": "madvise"}, {}, "echo madvise >", []),
    ({"transparent_hugepages": "never"}, {"thp": ""}, "echo never >", []),
    ({"ksm": False}, {}, "echo 2 >", []),
    ({"ksm": "no"}, {"ksm": "1 512\n"}, "echo 2 >", ["KSM is on"]),
    ({"ksm": False}, {"ksm": "0 512\n"}, "echo 2 >", ["KSM still has merged pages"]),
    ({"ksm": False}, {"ksm": "2 0\n"}, "echo 2 >", []),
    ({"ksm": True}, {"ksm": "2 0\n"}, "echo 1 >", ["KSM is off"]),
    ({"ksm": True}, {"ksm": "1 0\n"}, "echo 1 >", []),
    ({"ksm": False}, {"ksm": ""}, "echo 2 >", []),
])
def test_settings(settings: Dict, facts: dict[str, str], command: str, wrong: list[str]) -> None:
    found = quiet(host(**facts), **settings)
    unit = written(found)[OWN_UNIT]
    assert unit.count("ExecStart=") == unit.count(command) == 1
    assert (found["apply"], found["wrong"]) == ([UNIT], wrong)
    again = quiet(host(**facts, **{OWN_UNIT: unit, "quiet_units": units(RUNS)}), **settings)
    assert (again["files"], again["apply"], again["wrong"]) == ([], [UNIT] if wrong else [], wrong)


@pytest.mark.parametrize("unit", [f"{UNIT} inactive enabled", f"{UNIT} active disabled", f"{UNIT} failed enabled"])
def test_a_unit_that_does_not_run_at_boot_does_again(unit: str) -> None:
    own = {OWN_UNIT: written(quiet(host(), ksm=False))[OWN_UNIT]}
    assert quiet(host(**own, quiet_units=units(unit)), ksm=False)["apply"] == [UNIT]


def test_settings_are_given_back() -> None:
    own = {OWN_UNIT: written(quiet(host(), ksm=False))[OWN_UNIT]}
    found = quiet(host(**own, quiet_units=units(RUNS)))
    assert found == {"files": [], "stale": [OWN_UNIT], "stop": [UNIT], "apply": [], "restart": [], "wrong": []}


def test_services_of_ksm_are_stopped() -> None:
    services = {"quiet_units": units("ksm.service inactive enabled", "ksmtuned.service active disabled")}
    assert quiet(host(**services), ksm=False)["stop"] == ["ksm.service", "ksmtuned.service"]
    assert quiet(host(**services), ksm=True)["stop"] == quiet(host(**services))["stop"] == []
    assert quiet(host(quiet_units=units("ksm.service inactive disabled")), ksm=False)["stop"] == []


def test_what_the_unit_runs_is_a_shells(tmp_path: Path) -> None:
    unit = written(quiet(host(), cpu_governor="performance", **WANTED))[OWN_UNIT]
    for path in ("cpu0", "cpu11"):
        (tmp_path / "sys/devices/system/cpu" / path / "cpufreq").mkdir(parents=True)
        (tmp_path / "sys/devices/system/cpu" / path / "cpufreq/scaling_governor").write_text("powersave\n")
    for irq, nic in (("40", "eno1"), ("41", "eno1"), ("42", "virtio")):
        (tmp_path / "proc/irq" / irq).mkdir(parents=True)
        (tmp_path / "sys/devices" / nic / "msi_irqs").mkdir(parents=True, exist_ok=True)
        (tmp_path / "sys/devices" / nic / "msi_irqs" / irq).write_text("msix\n")
    (tmp_path / "sys/devices/eno1/msi_irqs/43").write_text("msix\n")  # one that no driver has asked for
    (tmp_path / "sys/devices/virtio/virtio1").mkdir()
    for netdev, device in (("eno1", "eno1"), ("eth0", "virtio/virtio1")):
        (tmp_path / "sys/class/net" / netdev).mkdir(parents=True)
        (tmp_path / "sys/class/net" / netdev / "device").symlink_to(tmp_path / "sys/devices" / device)
    (tmp_path / "proc/irq/41/smp_affinity_list").mkdir()  # one that cannot be written
    for line in unit.splitlines():
        if line.startswith("ExecStart="):
            # as systemd.service(5) and systemd.unit(5) read it
            script = line.partition("/bin/sh -c '")[2].rstrip("'").replace("$$", "$")
            for start in (" /sys/", '"/proc/'):
                script = script.replace(start, start.replace("/", f"{tmp_path}/", 1))
            done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
            assert done.stdout + done.stderr == ""
    assert {file.read_text() for file in tmp_path.glob("sys/devices/system/cpu/*/cpufreq/*")} == {"performance\n"}
    for irq in ("40", "42"):
        assert (tmp_path / f"proc/irq/{irq}/smp_affinity_list").read_text() == "0-1,4-5\n"
