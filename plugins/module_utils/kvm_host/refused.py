# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not valid of the role's variables, or would do harm on a host."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import IOMMU, Pages, merged
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.boot import boot, loader_of
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import (
    HUGEPAGES,
    default_of,
    hugepages_of,
    items_of,
    kib,
    name_of,
    split,
)
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Said, Settings
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.isolation import NAMES as ISOLATION
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import listed

# What no shell, no boot loader and no kernel takes for anything but a part of a word.
ARGUMENT = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.,:=/@%+!*-]*")
# What huge pages must leave for all else, or the host does not boot (KiB).
LEFT = 1024 * 1024
# What sets huge pages of the default size at boot (sysctl.d(5)).
SYSCTL = "/etc/sysctl.conf"
NR_HUGEPAGES = re.compile(r"^[ \t]*-?[ \t]*vm[./]nr_hugepages[ \t]*=[ \t]*(\d+)[ \t]*$", re.MULTILINE)
# Where tuned notes its profile, and those that isolate CPUs, by parts of their names.
TUNED = "/etc/tuned/active_profile"
PARTITIONING = re.compile("cpu-partitioning|realtime")
# The first Linux that reads counts of huge pages by NUMA node (b5389086ad7b, "hugetlbfs: extend the definition of
# hugepages parameter to support node allocation"). Distributions with an older number are not known to have it.
COUNTS_BY_NODE = (5, 16)
# What the script reads of a host that has the boot loader.
SIGNS = {"grub": "grub_update", "grubby": "grubby", "systemd-boot": "kernels"}


def refused(said: Said, settings: Settings) -> Refused:
    """All that is wrong, each with its remedy; what makes sense only without the rest comes last, and alone.

    :param said: what the role's script printed
    """
    found = list(refused_hugepages(said, settings))
    if not found:
        found += [*refused_memory(said, settings), *refused_sysctl(said, settings)]
        for place, argument in enumerate(settings.kernel_arguments):
            found += refused_argument(f"kvm_host_kernel_arguments[{place}]", argument, settings)
        found += [*refused_isolation(said, settings), *refused_tuning(said, settings)]
    yield from found or refused_loader(said, settings)


def refused_hugepages(facts: Facts, settings: Settings) -> Refused:
    """Huge pages that the host cannot have."""
    sizes: set[str] = set()
    for place, page in enumerate(settings.hugepages):
        subject = f"kvm_host_hugepages[{place}]"
        if (page.count is None) is not bool(page.nodes):
            yield ValidationError(subject, "it must have either count or nodes", None,
                                  "Give count for the whole host, or nodes for each NUMA node")
        if page.size in sizes:
            yield ValidationError(f"{subject}.size", "this size is there already", page.size, "List each size once")
        if page.total and page.kib not in facts.pools:
            there = ", ".join(f"{size} KiB" for size in sorted(facts.pools)) or "none"
            yield ValidationError(f"{subject}.size", f"this host has no huge pages of this size, but {there}",
                                  page.size, "1G needs a CPU with pdpe1gb; choose 2M")
        elif page.nodes:
            yield from refused_nodes(facts, f"{subject}.nodes", page)
        sizes.add(page.size)


def refused_nodes(facts: Facts, subject: str, page: Pages) -> Refused:
    """Huge pages on NUMA nodes that a host does not have, or whose kernel does not count by node."""
    release = re.match(r"(\d+)\.(\d+)", facts.text("kernel"))
    if release and (int(release[1]), int(release[2])) < COUNTS_BY_NODE:
        yield ValidationError(subject, f"the kernel of this host, {facts.text('kernel').strip()}, takes no counts by "
                              "NUMA node at boot; Linux 5.16 is the first that does", None, "Give count instead")
    unknown = [node for node in page.nodes if not node.isdigit() or (int(node), page.kib) not in facts.node_pools]
    if unknown:
        there = ", ".join(map(str, sorted(facts.node_memory))) or "none"
        yield ValidationError(subject, f"this host has no NUMA node {', '.join(unknown)}", None,
                              f"It has {there}; list numbers of these")


def refused_memory(facts: Facts, settings: Settings) -> Refused:
    """Huge pages that do not leave enough, beside those of sizes that are left alone."""
    wanted = {page.kib: page.total for page in settings.hugepages}
    line = boot(facts, settings).line
    next_boot = hugepages_of(split(line) or facts.cmdline)
    others = {size: max(pool.count, next_boot.get(size) or 0) for size, pool in facts.pools.items()
              if size not in wanted}
    asked, beside = (sum(size * count for size, count in counts.items()) for counts in (wanted, others))
    if asked and asked + beside > facts.memory - LEFT:
        more = f", beside {beside // 1024} MiB of huge pages of other sizes" if beside else ""
        yield ValidationError(
            "kvm_host_hugepages", f"they would take {asked // 1024} MiB of this host's {facts.memory // 1024} MiB"
            f"{more}, and it needs {LEFT // 1024} MiB for itself", None,
            "Ask for fewer" + (", or list the other sizes with a lower count" if beside else ""))
    for node, memory in facts.node_memory.items():
        there = sum(page.kib * page.nodes.get(str(node), 0) for page in settings.hugepages)
        if there > memory:
            yield ValidationError("kvm_host_hugepages", f"they would take {there // 1024} MiB of the {memory // 1024} "
                                  f"MiB of NUMA node {node}", None, "Ask for fewer on that node")


def refused_sysctl(facts: Facts, settings: Settings) -> Refused:
    """A file that sets another count of huge pages at each boot, after the kernel's arguments have."""
    default = kib(default_of(merged(facts.cmdline, facts.wanted(settings))))
    wanted = {page.kib: page.total for page in settings.hugepages}.get(default)
    files: dict[str, str] = {}
    for path in facts.files(SYSCTL, "/sysctl.d/"):
        # Of two files of one name, the first that the script printed is read; this one has a link of that name.
        files.setdefault("99-sysctl.conf" if path == SYSCTL else path.rpartition("/")[2], path)
    counts = [(path, int(count)) for _name, path in sorted(files.items())
              for count in NR_HUGEPAGES.findall(facts.text(path))]
    if wanted is not None and counts and counts[-1][1] != wanted:
        path, count = counts[-1]
        yield ValidationError("kvm_host_hugepages", f"{path} sets vm.nr_hugepages = {count} at each boot, not {wanted}",
                              None, f"Take that line out of {path}, or ask for {count}")


def refused_isolation(facts: Facts, settings: Settings) -> Refused:
    """CPUs that appliances cannot have, or not in this way."""
    subject, isolated = "kvm_host_isolated_cpus", set(settings.isolated_cpus)
    shown, present = listed(isolated), facts.present_cpus
    if isolated - present:
        yield ValidationError(subject, f"this host has no CPU {listed(isolated - present)}", shown,
                              f"Its CPUs are {listed(present)}")
    elif 0 in isolated:
        yield ValidationError(subject, "CPU 0 is the host's own, since the kernel needs it for its own work", shown,
                              "Leave out CPU 0 and the other CPU of its core; lscpu --extended shows the cores")
    profile = facts.text(TUNED).strip()
    if isolated and PARTITIONING.search(profile):
        yield ValidationError(
            subject, f"tuned's profile {profile} isolates CPUs by kernel arguments of its own, and each would undo "
            "what the other does", shown, "Run tuned-adm profile virtual-host, or leave kvm_host_isolated_cpus empty")


def refused_tuning(facts: Facts, settings: Settings) -> Refused:
    """What this kernel or this CPU does not have."""
    governors = facts.text("available_governors").split()
    if settings.cpu_governor and not governors:
        yield ValidationError(
            "kvm_host_cpu_governor", "this host does not let Linux set the frequency of its CPUs (there is no "
            "/sys/devices/system/cpu/cpu0/cpufreq)", settings.cpu_governor,
            "Leave that to the operating system in the firmware setup (Dell: System Profile = Custom, CPU Power "
            "Management = OS DBPM; HPE: Power Regulator = OS Control Mode), or leave the variable out")
    elif settings.cpu_governor and settings.cpu_governor not in governors:
        yield ValidationError("kvm_host_cpu_governor", "the kernel of this host has no such governor",
                              settings.cpu_governor, f"It has {', '.join(sorted(governors))}")
    flags = re.search(r"^vmx flags\s*:(.*)$", facts.text("cpu"), re.MULTILINE)
    for variable, wanted, flag in (("pml", settings.pml, "pml"), ("apicv", settings.apicv, "apicv")):
        if wanted and flags and flag not in flags[1].split():
            yield ValidationError(f"kvm_host_{variable}", "the CPU of this host does not have it (/proc/cpuinfo has no "
                                  f"{flag} among its vmx flags)", wanted, "Leave the variable out")


def refused_argument(subject: str, argument: str, settings: Settings) -> Refused:
    """A kernel argument that is not valid, or that another variable sets."""
    name = name_of(argument)
    if not ARGUMENT.fullmatch(argument):
        yield ValidationError(subject, "it must be one argument, of letters, digits and _ . , : = / @ % + ! * -",
                              argument, "Give each argument as an element of its own")
    elif name in HUGEPAGES:
        yield ValidationError(subject, "huge pages have a variable of their own", argument, "Use kvm_host_hugepages")
    elif settings.isolated_cpus and name in ISOLATION:
        yield ValidationError(subject, "kvm_host_isolated_cpus sets it", argument, "Leave out one of the two")
    elif settings.iommu and (wrong := {*items_of(argument)} & IOMMU.get(name, (None, set()))[1]):
        yield ValidationError(subject, f"{', '.join(sorted(wrong))} keeps VFs from guests", argument,
                              "Leave it out, or set kvm_host_iommu: false as well")


def refused_loader(facts: Facts, settings: Settings) -> Refused:
    """A boot loader that is not there although it has something to do."""
    asked, found, before = settings.boot_loader, loader_of(facts), facts.cmdline
    after = merged(before, facts.wanted(settings))
    if asked == "auto" and found is None and after != before:
        yield ValidationError(
            "kvm_host_boot_loader", f"none of GRUB, grubby and systemd-boot is there to give the kernel "
            f"{' '.join(word for word in after if word not in before) or 'what it is to be booted with'}", asked,
            "Give it these arguments where this host is booted from, and run this again; a container has the kernel of "
            "its host")
    if asked != "auto" and not facts.text(SIGNS[asked]):
        yield ValidationError("kvm_host_boot_loader", "this host does not have it", asked,
                              f"It has {found}" if found else "Leave it at auto")
