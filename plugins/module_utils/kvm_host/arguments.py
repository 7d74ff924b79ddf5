# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kernel arguments that are wanted: they are put right, and all others stay as they are, in their order."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ansible_collections.nfv.kvm.plugins.module_utils.given import Given, number
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import (
    DEFAULT_SIZE,
    Words,
    by_node,
    canonical,
    counted,
    counts_of,
    items_of,
    kib,
    name_of,
    parted,
    sizes_of,
    split,
    start_of,
    with_sizes,
)

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
NO, YES = {"0", "n", "N"}, {"1", "y", "Y"}
# Comma lists to which an item can be added, and arguments that may be given more than once.
LISTS = {*IOMMU, *BLACKLISTS, "pci"} - {"iommu.passthrough"}
REPEATED = re.compile(r"console|earlycon|rd\..*")


@dataclass(frozen=True)
class Pages(Given):
    """How many huge pages of a size there are to be.

    :param size: such as 1G
    :param count: on whichever NUMA nodes, None if they are counted by node
    :param nodes: by the number of a NUMA node
    """

    size: str
    count: t.Annotated[int | None, number(0)] = None
    nodes: Mapping[str, t.Annotated[int, number(0)]] = field(default_factory=dict)

    @property
    def kib(self) -> int:
        """The size in KiB, 0 if it is not valid."""
        return kib(self.size)

    @property
    def total(self) -> int:
        """How many there are to be on all nodes."""
        return sum(self.nodes.values()) if self.count is None else self.count

    @property
    def value(self) -> str:
        """The value of the kernel argument hugepages; by node, kernels read it from Linux 5.16 on."""
        return ",".join(f"{node}:{count}" for node, count in self.nodes.items()) if self.nodes else str(self.total)

    def meant_by(self, count: str) -> bool:
        """Whether a value of the kernel argument hugepages asks for these."""
        if self.nodes and self.total:
            return by_node(count) == {int(node): pages for node, pages in self.nodes.items() if pages}
        return counted(count) == self.total


@dataclass(frozen=True)
class Wanted(Given):
    """What kernel arguments are to be like.

    :param arguments: those that are to be there as they are
    :param iommu: whose IOMMU is to be driven, None if that is not managed
    :param modules: modules that must not be blacklisted
    :param nested: whether guests can have guests, None if that is not managed
    :param options: other options of modules, by their name as an argument, that must not be set otherwise
    :param unwanted: arguments that are to go
    """

    arguments: tuple[str, ...] = ()
    iommu: t.Literal["intel", "amd"] | None = None
    modules: tuple[str, ...] = ()
    nested: bool | None = None
    hugepages: tuple[Pages, ...] = ()
    options: Mapping[str, bool] = field(default_factory=dict)
    unwanted: tuple[str, ...] = ()

    @cached_property
    def pages(self) -> Mapping[int, Pages]:
        """The huge pages by their size in KiB."""
        return {page.kib: page for page in self.hugepages if page.kib}

    @cached_property
    def iommu_rules(self) -> Mapping[str, tuple[str | None, set[str]]]:
        """What turns the IOMMU on: VT-d needs an argument, AMD-Vi only must not be turned off."""
        other = OTHER_IOMMU.get(self.iommu or "")
        return {name: rule for name, rule in IOMMU.items() if name != other} if other else {}

    @cached_property
    def wrong_items(self) -> Mapping[str, set[str]]:
        """By the name of a comma list, the items that it must not have."""
        wrong = {name: items for name, (_need, items) in self.iommu_rules.items()}
        wrong |= {name: set(map(canonical, self.modules)) for name in BLACKLISTS}
        if self.nested is not None:
            wrong |= dict.fromkeys(NESTED, NO if self.nested else YES)
        return wrong | {name: NO if value else YES for name, value in self.options.items()}

    @cached_property
    def single(self) -> Mapping[str, set[str]]:
        """The arguments that replace others of their name, by that name; some are wanted several times."""
        names = {name_of(argument) for argument in self.arguments}
        return {name: {argument for argument in self.arguments if name_of(argument) == name} for name in names
                if name not in LISTS and not REPEATED.fullmatch(name)}

    def wrong_pages(self, line: Words) -> set[int]:
        """The sizes of which there are to be more or fewer than a line says. Of these, all that is said goes."""
        found = counts_of(line)
        return {size for size, page in self.pages.items() if not page.meant_by(found.get(size, "0"))}


def arguments(cmdline: str, wanted: Wanted) -> str:
    """A kernel command line on which all is as wanted; one that was already comes back as it is.

    :param cmdline: what the kernel is, or is to be, booted with
    """
    words = split(cmdline)
    goal = merged(words, wanted)
    return cmdline if goal == words else " ".join(goal)


def merged(words: Words, wanted: Wanted) -> Words:
    """The same for words: those that are wrong go, and what is then missing comes at the end."""
    kernel, others = parted(repaired(words, wanted))
    return kernel + missing(kernel, wanted) + others


def repaired(words: Words, wanted: Wanted, line: Words | None = None) -> Words:
    """Words without what is wrong: some go, and lists lose some of their items.

    :param line: all that the kernel gets, if the words are only a part of it
    """
    kernel, others = parted(words)
    whole = kernel if line is None else parted(line)[0]
    start = start_of(kernel, whole)
    defaults = {word for word in whole if name_of(word) == DEFAULT_SIZE}
    if wanted.single.get(DEFAULT_SIZE, defaults) != defaults:
        kernel = with_sizes(kernel, start)
    kernel = [word for word in kernel if word in wanted.single.get(name_of(word), {word})
              and word not in wanted.unwanted]
    kernel = [left for word in kernel for left in without_items(word, wanted.wrong_items.get(name_of(word), set()))]
    if wanted.iommu:
        kernel = [word for word in kernel if name_of(word) != "nointremap"]
    wrong_sizes = wanted.wrong_pages(whole)
    return [word for word, size in zip(kernel, sizes_of(kernel, start)) if size not in wrong_sizes] + others


def without_items(word: str, wrong: set[str]) -> Words:
    """A word without items that are wrong, if one is left."""
    items = items_of(word)
    kept = [item for item in items if canonical(item) not in wrong]
    return [word] if kept == items else [f"{name_of(word)}={','.join(kept)}"] if kept else []


def missing(words: Words, wanted: Wanted) -> Words:
    """What words that are right do not have yet."""
    kernel = parted(words)[0]
    found: Words = []
    needed = [f"{name}={need}" for name, (need, _wrong) in wanted.iommu_rules.items() if need]
    for argument in [*wanted.arguments, *needed]:
        name = name_of(argument)
        if name in LISTS:
            there = {item for word in [*kernel, *found] if name_of(word) == name for item in items_of(word)}
            items = [item for item in items_of(argument) if item not in there]
            found += [f"{name}={','.join(items)}"] if items else []
        elif argument not in [*kernel, *found]:
            found.append(argument)
    wrong = wanted.wrong_pages(kernel)
    return found + [word for size, page in wanted.pages.items() if size in wrong
                    for word in (f"hugepagesz={page.size}", f"hugepages={page.value}")]
