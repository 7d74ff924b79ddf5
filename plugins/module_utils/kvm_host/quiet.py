# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet host: what its kernel does beside the appliances, set now and at each boot by a unit of systemd."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.boot import boot
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import split
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.daemons import is_active
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Settings
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.isolation import RECORD
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.steps import NOTE, File, changed_files
from ansible_collections.nfv.kvm.plugins.module_utils.memory import has_merged
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed
from ansible_collections.nfv.kvm.plugins.module_utils.systemd import Properties, units_of

UNIT = "nfv-kvm-quiet.service"
OWN_UNIT = f"/etc/systemd/system/{UNIT}"
IRQBALANCE = "irqbalance.service"
DROP_IN = f"/etc/systemd/system/{IRQBALANCE}.d/nfv-kvm.conf"
# What the distributions have in their unit of irqbalance as its environment; it overrides that of a drop-in.
IRQBALANCE_FILES = ("/etc/default/irqbalance", "/etc/sysconfig/irqbalance")
BANNED = re.compile(r"^([ \t]*(?:export[ \t]+)?IRQBALANCE_BANNED_CPU(?:S|LIST)=)", re.MULTILINE)
MARK = "# nfv.kvm: "
# The services that turn KSM on whenever they like; qemu-kvm.service of Ubuntu does so once, at boot.
KSM_SERVICES = ("ksm.service", "ksmtuned.service")
GOVERNORS = "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
KSM = "/sys/kernel/mm/ksm/run"
THP = "/sys/kernel/mm/transparent_hugepage/enabled"
# Documentation/admin-guide/mm/ksm.rst: 2 also gives back what was merged.
KSM_VALUES = {True: "1", False: "2"}


@dataclass(frozen=True)
class Quiet:
    """What is to be done.

    :param stale: files to remove
    :param stop: services to stop, which do not start at boot either
    :param apply: the role's own unit if it is to run again
    :param restart: services that read a file that changes
    :param wrong: what is not as wanted, in words
    """

    files: list[File]
    stale: list[str]
    stop: list[str]
    apply: list[str]
    restart: list[str]
    wrong: list[str]


def quiet_plan(facts: Facts, settings: Settings) -> Quiet:
    """What is to be done."""
    units = {name: unit for name, unit in units_of(facts.text("quiet_units")).items()
             if unit.get("LoadState") == "loaded"}
    commands, wrong = commands_of(settings, facts), differences(facts, settings)
    contents = irqbalance_files(facts, settings, IRQBALANCE in units)
    if commands:
        contents[OWN_UNIT] = unit_of(commands)
    if settings.isolated_cpus:
        contents[RECORD] = "\n".join([NOTE, *facts.isolation(settings)]) + "\n"
    files = changed_files(facts, contents)
    stale = [path for path in (OWN_UNIT, DROP_IN, RECORD) if path in facts.texts and path not in contents]
    if RECORD in stale and is_isolated(facts, settings):
        stale.remove(RECORD)
    touched = {*(file.path for file in files), *stale}
    outdated = OWN_UNIT in touched or wrong or not runs_at_boot(units.get(UNIT, {}))
    merging = [name for name in KSM_SERVICES if settings.ksm is False and is_used(units.get(name, {}))]
    return Quiet(
        files, stale, [UNIT, *merging] if OWN_UNIT in stale else merging,
        [UNIT] if commands and outdated else [],
        [IRQBALANCE] if touched & {DROP_IN, *IRQBALANCE_FILES} and is_active(units.get(IRQBALANCE, {})) else [],
        wrong,
    )


def is_isolated(facts: Facts, settings: Settings) -> bool:
    """Whether arguments that the role has given are still those of the running kernel, or of the next boot."""
    return bool({*facts.recorded} & {*facts.cmdline, *split(boot(facts, settings).line)})


def commands_of(settings: Settings, facts: Facts) -> list[str]:
    """What the unit does: commands of a shell, without single quotes."""
    values = {GOVERNORS: settings.cpu_governor, THP: settings.transparent_hugepages,
              KSM: None if settings.ksm is None else KSM_VALUES[settings.ksm]}
    commands = [f'for file in {path}; do if [ -e "$file" ]; then echo {value} > "$file"; fi; done'
                for path, value in values.items() if value]
    if settings.isolated_cpus:
        left = listed(facts.present_cpus - set(settings.isolated_cpus))
        # The kernel itself places those that it manages, and refuses. Those of a virtio NIC are of the device above it.
        commands.append(f'for irq in /sys/class/net/*/device/msi_irqs/* /sys/class/net/*/device/../msi_irqs/*; do '
                        f'echo {left} 2> /dev/null > "/proc/irq/${{irq##*/}}/smp_affinity_list" || true; done')
    return commands


def unit_of(commands: list[str]) -> str:
    """The unit; it comes after all that sets the same at boot, as drivers do when a NIC comes up."""
    lines = [command.replace("$", "$$") for command in commands]
    before = ["network.target", "network-online.target", IRQBALANCE, "tuned.service", "qemu-kvm.service", *KSM_SERVICES]
    return "\n".join([
        NOTE, "[Unit]", "Description=What the kernel does beside the appliances of a KVM host",
        f"After={' '.join(before)}", "",
        "[Service]", "Type=oneshot", "RemainAfterExit=yes", *(f"ExecStart=/bin/sh -c '{line}'" for line in lines), "",
        "[Install]", "WantedBy=multi-user.target", "",
    ])


def irqbalance_files(facts: Facts, settings: Settings, is_there: bool) -> dict[str, str]:
    """The files that keep irqbalance off the isolated CPUs.

    In the distribution's file, lines that ban other CPUs are turned into comments as long as any CPU is isolated.
    """
    banned = listed(settings.isolated_cpus)
    if banned and is_there:
        own = {DROP_IN: f"{NOTE}\n[Service]\nEnvironment=IRQBALANCE_BANNED_CPULIST={banned}\n"}
        return {**{path: BANNED.sub(rf"{MARK}\1", facts.text(path)) for path in texts_of(facts)}, **own}
    return {path: facts.text(path).replace(MARK, "") for path in texts_of(facts)}


def texts_of(facts: Facts) -> list[str]:
    """The files of irqbalance's settings that there are."""
    return [path for path in IRQBALANCE_FILES if path in facts.texts]


def differences(facts: Facts, settings: Settings) -> list[str]:
    """What the host has otherwise, in words."""
    found = []
    governors = facts.text("governors").split()
    if settings.cpu_governor and set(governors) - {settings.cpu_governor}:
        found.append(f"the governor of CPUs is {', '.join(sorted(set(governors)))}, not {settings.cpu_governor}")
    thp = re.search(r"\[(\w+)\]", facts.text("thp"))
    if settings.transparent_hugepages and thp and thp[1] != settings.transparent_hugepages:
        found.append(f"transparent huge pages are {thp[1]}, not {settings.transparent_hugepages}")
    run, _blank, shared = facts.text("ksm").strip().partition(" ")
    merges = has_merged(run, shared)
    if settings.ksm is not None and run and merges != settings.ksm:
        found.append("KSM is on" if run == "1" else "KSM still has merged pages" if merges else "KSM is off")
    return found


def runs_at_boot(unit: Properties) -> bool:
    """Whether a unit has run and will at each boot."""
    return is_active(unit) and unit.get("UnitFileState") == "enabled"


def is_used(unit: Properties) -> bool:
    """Whether a unit runs or would at boot."""
    return is_active(unit) or unit.get("UnitFileState") == "enabled"
