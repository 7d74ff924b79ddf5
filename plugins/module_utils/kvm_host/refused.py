# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is not valid of the role's variables, or would do harm on a host."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.given import Refused
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import IOMMU, merged
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

# What no shell, no boot loader and no kernel takes for anything but a part of a word.
ARGUMENT = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.,:=/@%+!*-]*")
# What huge pages must leave for all else, or the host does not boot (KiB).
LEFT = 1024 * 1024
# What sets huge pages of the default size at boot (sysctl.d(5)).
SYSCTL = "/etc/sysctl.conf"
NR_HUGEPAGES = re.compile(r"^[ \t]*-?[ \t]*vm[./]nr_hugepages[ \t]*=[ \t]*(\d+)[ \t]*$", re.MULTILINE)
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
            found += refused_argument(f"kvm_host_kernel_arguments[{place}]", argument, settings.iommu)
    yield from found or refused_loader(said, settings)


def refused_hugepages(facts: Facts, settings: Settings) -> Refused:
    """Huge pages that the host cannot have."""
    sizes: set[str] = set()
    for place, page in enumerate(settings.hugepages):
        subject = f"kvm_host_hugepages[{place}].size"
        if page.size in sizes:
            yield ValidationError(subject, "this size is there already", page.size, "List each size once")
        if page.count and page.kib not in facts.pools:
            there = ", ".join(f"{size} KiB" for size in sorted(facts.pools)) or "none"
            yield ValidationError(subject, f"this host has no huge pages of this size, but {there}", page.size,
                                  "1G needs a CPU with pdpe1gb; choose 2M")
        sizes.add(page.size)


def refused_memory(facts: Facts, settings: Settings) -> Refused:
    """Huge pages that do not leave enough, beside those of sizes that are left alone."""
    wanted = {page.kib: page.count for page in settings.hugepages}
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


def refused_sysctl(facts: Facts, settings: Settings) -> Refused:
    """A file that sets another count of huge pages at each boot, after the kernel's arguments have."""
    default = kib(default_of(merged(facts.cmdline, facts.wanted(settings))))
    wanted = {page.kib: page.count for page in settings.hugepages}.get(default)
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


def refused_argument(subject: str, argument: str, iommu: bool) -> Refused:
    """A kernel argument that is not valid, or that another variable sets."""
    name = name_of(argument)
    if not ARGUMENT.fullmatch(argument):
        yield ValidationError(subject, "it must be one argument, of letters, digits and _ . , : = / @ % + ! * -",
                              argument, "Give each argument as an element of its own")
    elif name in HUGEPAGES:
        yield ValidationError(subject, "huge pages have a variable of their own", argument, "Use kvm_host_hugepages")
    elif iommu and (wrong := {*items_of(argument)} & IOMMU.get(name, (None, set()))[1]):
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
