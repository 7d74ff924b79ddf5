# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role kvm_host that says what cannot be meant, or would do harm."""

from __future__ import annotations

import json
import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.kvm_host import (
    HUGEPAGES,
    IOMMU,
    Dict,
    default_of,
    hugepages_of,
    items_of,
    kib,
    merged,
    name_of,
    split,
)
from ansible_collections.nfv.kvm.plugins.filter.kvm_host_boot import host_of, kvm_host_boot, loader_of, wanted_of
from ansible_collections.nfv.kvm.plugins.filter.kvm_host_plan import reserved
from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# What no shell, no boot loader and no kernel takes for anything but a part of a word.
ARGUMENT = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.,:=/@%+!*-]*")
# What huge pages must leave for all else, or the host does not boot (KiB).
LEFT = 1024 * 1024
# What sets huge pages of the default size at boot (sysctl.d(5)).
SYSCTL = "/etc/sysctl.conf"
NR_HUGEPAGES = re.compile(r"^[ \t]*-?[ \t]*vm[./]nr_hugepages[ \t]*=[ \t]*(\d+)[ \t]*$", re.MULTILINE)

Refused = t.Iterator[ValidationError]


def kvm_host_refused(said: str, settings: Dict) -> list[str]:
    """All that is wrong, each with its remedy.

    :param said: what the role's script ``read`` told of the host
    :param settings: as kvm_host_boot takes them
    """
    host = host_of(said)
    found = list(refused_kinds(settings))
    if not found:
        found += refused_hugepages(settings["hugepages"], host)
    if not found:
        found += [*refused_memory(said, settings), *refused_sysctl(host, settings)]
        for place, argument in enumerate(settings["kernel_arguments"]):
            found += refused_argument(f"kvm_host_kernel_arguments[{place}]", argument, boolean(settings["iommu"]))
    return [str(error) for error in found or refused_loader(host, settings)]


def refused_kinds(settings: Dict) -> Refused:
    """Lists that are none. Ansible takes a text for a list where it looks at the role's variables, and leaves it."""
    for name, kind, told, example in (("kernel_arguments", str, "texts", ["nosmt"]),
                                      ("hugepages", dict, "dictionaries", [{"size": "1G", "count": 8}])):
        given, variable = settings[name], f"kvm_host_{name}"
        if not isinstance(given, list) or not all(isinstance(each, kind) for each in given):
            yield ValidationError(variable, f"it must be a list of {told}", given,
                                  f"On the command line, give it as JSON: -e '{json.dumps({variable: example})}'")


def refused_hugepages(pages: list[Dict], host: Dict) -> Refused:
    """Huge pages that the host cannot have."""
    subject, there = "kvm_host_hugepages", reserved(host)
    for place, page in enumerate(pages):
        at, count = f"{subject}[{place}]", str(page["count"])
        if not count.isdecimal():
            yield ValidationError(f"{at}.count", "it must be a number, 0 or more", page["count"])
            return
        if page["size"] in [other["size"] for other in pages[:place]]:
            yield ValidationError(f"{at}.size", "this size is there already", page["size"], "List each size once")
        if int(count) and kib(page["size"]) not in there:
            sizes = ", ".join(f"{size} KiB" for size in sorted(there)) or "none"
            yield ValidationError(f"{at}.size", f"this host has no huge pages of this size, but {sizes}", page["size"],
                                  "1G needs a CPU with pdpe1gb; choose 2M")


def refused_memory(said: str, settings: Dict) -> Refused:
    """Huge pages that do not leave enough, beside those of sizes that are left alone."""
    host, pages = host_of(said), settings["hugepages"]
    memory = re.search(r"^MemTotal:\s*(\d+)", host["memory"], re.MULTILINE)
    total = int(memory[1]) if memory else 0
    wanted = {kib(page["size"]) or 0: int(page["count"]) for page in pages}
    next_boot = hugepages_of(split(kvm_host_boot(said, settings)["line"] or host["/proc/cmdline"]))
    others = {size: max(now, next_boot.get(size) or 0) for size, (_path, now) in reserved(host).items()
              if size not in wanted}
    asked, beside = (sum(size * count for size, count in counts.items()) for counts in (wanted, others))
    if asked and asked + beside > total - LEFT:
        more = f", beside {beside // 1024} MiB of huge pages of other sizes" if beside else ""
        yield ValidationError(
            "kvm_host_hugepages", f"they would take {asked // 1024} MiB of this host's {total // 1024} MiB{more}, and "
            f"it needs {LEFT // 1024} MiB for itself", None,
            "Ask for fewer" + (", or list the other sizes with a lower count" if beside else ""))


def refused_sysctl(host: Dict, settings: Dict) -> Refused:
    """A file that sets another count of huge pages at each boot, after the kernel's arguments have."""
    line = merged(split(host["/proc/cmdline"]), wanted_of(host, settings))
    wanted = {kib(page["size"]): int(page["count"]) for page in settings["hugepages"]}.get(kib(default_of(line)))
    files: dict[str, str] = {}
    for path in host:
        if path == SYSCTL or "/sysctl.d/" in path:
            # Of two files of one name, the first that the script tells of is read; this one has a link of that name.
            files.setdefault("99-sysctl.conf" if path == SYSCTL else path.rpartition("/")[2], path)
    said = [(path, int(count)) for _name, path in sorted(files.items()) for count in NR_HUGEPAGES.findall(host[path])]
    if wanted is not None and said and said[-1][1] != wanted:
        path, count = said[-1]
        yield ValidationError("kvm_host_hugepages", f"{path} sets vm.nr_hugepages = {count} at each boot, not {wanted}",
                              None, f"Take that line out of {path}, or ask for {count}")


def refused_argument(subject: str, argument: str, iommu: bool) -> Refused:
    """A kernel argument that is none, or that another variable says."""
    name = name_of(argument)
    if not ARGUMENT.fullmatch(argument):
        yield ValidationError(subject, "it must be one argument, of letters, digits and _ . , : = / @ % + ! * -",
                              argument, "Give each argument as an element of its own")
    elif name in HUGEPAGES:
        yield ValidationError(subject, "huge pages have a variable of their own", argument, "Use kvm_host_hugepages")
    elif iommu and (wrong := {*items_of(argument)} & IOMMU.get(name, (None, set()))[1]):
        yield ValidationError(subject, f"{', '.join(sorted(wrong))} keeps VFs from guests", argument,
                              "Leave it out, or set kvm_host_iommu: false as well")


def refused_loader(host: Dict, settings: Dict) -> Refused:
    """A boot loader that is not there where it has something to do."""
    asked, found = settings["boot_loader"], loader_of(host)
    words = split(host["/proc/cmdline"])
    after = merged(words, wanted_of(host, settings))
    if asked == "auto" and found is None and after != words:
        yield ValidationError(
            "kvm_host_boot_loader", f"none of GRUB, grubby and systemd-boot is there to give the kernel "
            f"{' '.join(word for word in after if word not in words) or 'what it is to be booted with'}", asked,
            "Give it these arguments where this host is booted from, and run this again; a container has the kernel of "
            "its host")
    needs = {"grub": "grub_update", "grubby": "grubby", "systemd-boot": "kernels"}
    if asked != "auto" and not host.get(needs[asked]):
        yield ValidationError("kvm_host_boot_loader", "this host does not have it", asked,
                              f"It has {found}" if found else "Leave it at auto")


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"kvm_host_refused": door.guarded(kvm_host_refused, said=str, settings=shapes.KVM_HOST_GIVEN)}
