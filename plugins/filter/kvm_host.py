# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role kvm_host that puts kernel arguments right and leaves all others as they are, in their order.

What arguments mean is said in the kernel's Documentation/admin-guide/kernel-parameters.txt, what is said twice, or in
which order, in the code that reads it.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

Dict = dict[str, t.Any]
Words = list[str]

# A word ends at a blank that is not within double quotes (lib/cmdline.c, next_arg).
WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
# What follows this word is for the first process, not for the kernel (init/main.c).
END = "--"
# The kernel's default size of a huge page on x86.
DEFAULT_HUGEPAGE = "2M"
DEFAULT_SIZE = "default_hugepagesz"
HUGEPAGES = ("hugepagesz", "hugepages")
# Which items of these comma lists an IOMMU needs, and which it must not have: the first two for VT-d and AMD-Vi, the
# others for both (drivers/iommu/intel/iommu.c, drivers/iommu/amd/init.c, arch/x86/kernel/pci-dma.c,
# drivers/iommu/iommu.c, drivers/iommu/irq_remapping.c).
IOMMU: dict[str, tuple[str | None, set[str]]] = {
    "intel_iommu": ("on", {"off"}), "amd_iommu": (None, {"off"}), "iommu": ("pt", {"off", "nopt"}),
    "iommu.passthrough": (None, {"0", "n", "no", "off"}), "intremap": (None, {"off"}),
}
OTHER_IOMMU = {"intel": "amd_iommu", "amd": "intel_iommu"}
# Lists of modules that are not to be loaded: of the kernel, and of kmod (libkmod/libkmod-config.c).
BLACKLISTS = ("module_blacklist", "modprobe.blacklist")
NESTED = ("kvm_intel.nested", "kvm_amd.nested")
# Comma lists to which an item can be added, and arguments that may be given more than once.
LISTS = {*IOMMU, *BLACKLISTS, "pci"} - {"iommu.passthrough"}
REPEATED = re.compile(r"console|earlycon|rd\..*")


def kvm_host_arguments(cmdline: str, wanted: Dict) -> str:
    """A kernel command line on which all is as wanted; one that was already comes back as it is.

    :param cmdline: what the kernel is, or is to be, booted with
    :param wanted: ``arguments`` (to be there as they are), ``iommu`` (intel, amd, or None where it is not managed),
        ``modules`` (which must not be blacklisted), ``nested`` (whether, None where it is not managed) and
        ``hugepages`` [{``size`` such as 1G, ``count``}]
    """
    words = split(cmdline)
    goal = merged(words, wanted)
    return cmdline if goal == words else " ".join(goal)


def split(cmdline: str) -> Words:
    """The words of a command line, with their quotes."""
    return WORD.findall(cmdline)


def merged(words: Words, wanted: Dict) -> Words:
    """The same for words: those that are wrong go, and what is then missing comes at the end."""
    kernel, others = parted(repaired(words, wanted))
    return kernel + missing(kernel, wanted) + others


def parted(words: Words) -> tuple[Words, Words]:
    """What is for the kernel, and what is not."""
    end = words.index(END) if END in words else len(words)
    return words[:end], words[end:]


def repaired(words: Words, wanted: Dict, line: Words | None = None) -> Words:
    """Words without what is wrong: some go, and lists lose some of their items.

    :param line: all that the kernel gets, if the words are only a part of it
    """
    kernel, others = parted(words)
    whole = kernel if line is None else parted(line)[0]
    start, single = start_of(kernel, whole), single_of(wanted)
    defaults = {word for word in whole if name_of(word) == DEFAULT_SIZE}
    wrong = {name: items for name, (_need, items) in iommu_of(wanted).items()}
    wrong |= {name: {canonical(module) for module in wanted.get("modules") or []} for name in BLACKLISTS}
    if wanted.get("nested") is not None:
        wrong |= {name: {"0", "n", "N"} if wanted["nested"] else {"1", "y", "Y"} for name in NESTED}
    if single.get(DEFAULT_SIZE, defaults) != defaults:
        kernel = with_sizes(kernel, start)
    kernel = [word for word in kernel if word in single.get(name_of(word), {word})]
    kernel = [left for word in kernel for left in without_items(word, wrong.get(name_of(word), set()))]
    if wanted.get("iommu"):
        kernel = [word for word in kernel if name_of(word) != "nointremap"]
    wrong_sizes = wrong_pages(whole, wanted)
    return [word for word, size in zip(kernel, sizes_of(kernel, start)) if size not in wrong_sizes] + others


def missing(words: Words, wanted: Dict) -> Words:
    """What words that are right do not have yet."""
    kernel = parted(words)[0]
    found: Words = []
    for argument in [*(wanted.get("arguments") or []),
                     *(f"{name}={need}" for name, (need, _wrong) in iommu_of(wanted).items() if need)]:
        name = name_of(argument)
        if name in LISTS:
            there = {item for word in [*kernel, *found] if name_of(word) == name for item in items_of(word)}
            items = [item for item in items_of(argument) if item not in there]
            found += [f"{name}={','.join(items)}"] if items else []
        elif argument not in [*kernel, *found]:
            found.append(argument)
    wrong, pages = wrong_pages(kernel, wanted), wanted_pages(wanted)
    return found + [word for size, (written, count) in pages.items() if size in wrong
                    for word in (f"hugepagesz={written}", f"hugepages={count}")]


def single_of(wanted: Dict) -> dict[str, set[str]]:
    """The arguments that take the place of others of their name, by that name; some are wanted several times."""
    found: dict[str, set[str]] = {}
    for argument in wanted.get("arguments") or []:
        name = name_of(argument)
        if name not in LISTS and not REPEATED.fullmatch(name):
            found.setdefault(name, set()).add(argument)
    return found


def canonical(name: str) -> str:
    """A name as the kernel compares it: a dash is an underscore (kernel/params.c, parameq)."""
    return name.replace("-", "_")


def name_of(word: str) -> str:
    """The name of an argument."""
    return canonical(word.lstrip('"').partition("=")[0])


def value_of(word: str) -> str:
    """Its value, without quotes."""
    return word.partition("=")[2].replace('"', "")


def items_of(word: str) -> Words:
    """Its value as the items of a comma list."""
    return [item for item in value_of(word).split(",") if item]


def without_items(word: str, wrong: set[str]) -> Words:
    """A word without items that are wrong, if one is left."""
    items = items_of(word)
    kept = [item for item in items if canonical(item) not in wrong]
    return [word] if kept == items else [f"{name_of(word)}={','.join(kept)}"] if kept else []


def iommu_of(wanted: Dict) -> dict[str, tuple[str | None, set[str]]]:
    """What turns the IOMMU on: VT-d waits to be told, AMD-Vi only must not be told otherwise."""
    other = OTHER_IOMMU.get(wanted.get("iommu") or "")
    return {name: rule for name, rule in IOMMU.items() if name != other} if other else {}


def kib(size: str) -> int | None:
    """The size of a huge page in KiB, None where it is none (lib/cmdline.c, memparse)."""
    found = re.fullmatch(r"(\d+)([KMG])", size, re.IGNORECASE)
    return int(found[1]) * {"K": 1, "M": 1024, "G": 1024 * 1024}[found[2].upper()] if found else None


def wanted_pages(wanted: Dict) -> dict[int | None, tuple[str, int]]:
    """Of each size in KiB: how it is written, and how many pages there are to be."""
    return {kib(page["size"]): (page["size"], int(page["count"])) for page in wanted.get("hugepages") or []}


def default_of(words: Words) -> str:
    """The default size of huge pages; the kernel takes the first (mm/hugetlb.c, default_hugepagesz_setup)."""
    return next((value_of(word) for word in words if name_of(word) == DEFAULT_SIZE), DEFAULT_HUGEPAGE)


def start_of(words: Words, line: Words) -> tuple[str, str]:
    """The size of huge pages that holds where words begin in a line, and that of the last hugepagesz before."""
    place = next((place for place in range(len(line)) if line[place:place + len(words)] == words), 0)
    said = [word for word in line[:place] if name_of(word) in ("hugepagesz", DEFAULT_SIZE)]
    named = [value_of(word) for word in said if name_of(word) == "hugepagesz"]
    return value_of(said[-1]) if said else default_of(line), named[-1] if named else ""


def with_sizes(words: Words, start: tuple[str, str]) -> Words:
    """Words in which every count has its size before it, once, so that another default size leaves it as it is."""
    current, named = start
    found: Words = []
    for word in words:
        if name_of(word) in ("hugepagesz", DEFAULT_SIZE):
            current = value_of(word)
        elif name_of(word) == "hugepages" and (not named or kib(named) != kib(current)):
            named = current
            found.append(f"hugepagesz={current}")
        named = value_of(word) if name_of(word) == "hugepagesz" else named
        found.append(word)
    return found


def sizes_of(words: Words, start: tuple[str, str]) -> list[int | None]:
    """For each word the size of huge pages, in KiB, that it is about, None for words that are not.

    A count belongs to the size before it, or else to the one that holds at the start.
    """
    current, sizes = start[0], []
    for word in words:
        if name_of(word) in ("hugepagesz", DEFAULT_SIZE):
            current = value_of(word)
        sizes.append(kib(current) if name_of(word) in HUGEPAGES else None)
    return sizes


def hugepages_of(words: Words) -> dict[int, int | None]:
    """How many huge pages a line asks for, by their size in KiB; the kernel takes the first count of each
    (mm/hugetlb.c, hugepagesz_setup and hugepages_setup)."""
    found: dict[int, int | None] = {}
    for word, size in zip(words, sizes_of(words, start_of(words, words))):
        if size and name_of(word) == "hugepages":
            found.setdefault(size, counted(value_of(word)))
    return found


def counted(count: str) -> int | None:
    """A count of huge pages, or the sum of those of NUMA nodes as in ``0:8,1:8``; None if it is neither."""
    parts = re.fullmatch(r"\d+|\d+:\d+(,\d+:\d+)*", count)
    return sum(int(part.rpartition(":")[2]) for part in count.split(",")) if parts else None


def wrong_pages(line: Words, wanted: Dict) -> set[int | None]:
    """The sizes of which there are to be more or fewer than a line says. Of these, all that is said goes."""
    found = hugepages_of(line)
    return {size for size, (_written, count) in wanted_pages(wanted).items() if size and found.get(size, 0) != count}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"kvm_host_arguments": door.guarded(kvm_host_arguments, cmdline=str, wanted=shapes.ARGUMENTS)}
