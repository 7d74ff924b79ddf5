# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role kvm_host reads of a host, and what its users set."""

from __future__ import annotations

import base64
import json
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ansible_collections.nfv.kvm.plugins.module_utils.given import Wrong
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Pages, Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import Words, kib, split
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.isolation import RECORD, arguments_of
from ansible_collections.nfv.kvm.plugins.module_utils.ranges import MOST_CPUS, numbers_of, of_kernel
from ansible_collections.nfv.kvm.plugins.module_utils.systemd import Properties, units_of

KVM_MODULES = {"vmx": "kvm_intel", "svm": "kvm_amd"}


def list_of(kind: type, words: str, example: Mapping[str, object]) -> t.Callable[[object], object]:
    """The function that reads a list. Ansible takes a text for one where it looks at a role's variables, and leaves it.

    :param example: the variable with a value
    """
    def read(given: object) -> object:
        if isinstance(given, (list, tuple)) and all(isinstance(each, kind) for each in given):
            return given
        raise Wrong(f"it must be a list of {words}",
                    f"On the command line, give it as JSON: -e '{json.dumps(example)}'")

    return read


def cpus_of(given: object) -> list[int]:
    """CPUs in order, of a number, a list such as ``2-5,8``, or a list of both; none of an empty text.

    :raises Wrong: something else is given
    """
    found = numbers_of([] if given == "" else given, 0, MOST_CPUS - 1)
    if found is None:
        raise Wrong("CPUs are numbers, and a range starts with the lower number", "List them as in [2-23, 26-47]")
    return found


def omitted(given: object) -> object:
    """A value, None for an empty text, which Ansible makes of a variable that is null."""
    return None if given == "" else given


Cpus = t.Annotated[tuple[int, ...], cpus_of]
MaybeText = t.Annotated[t.Optional[str], omitted]
MaybeBool = t.Annotated[t.Optional[bool], omitted]
MaybeThp = t.Annotated[t.Optional[t.Literal["always", "madvise", "never"]], omitted]
Arguments = t.Annotated[tuple[str, ...], list_of(str, "texts", {"kvm_host_kernel_arguments": ["nosmt"]})]
Hugepages = t.Annotated[
    tuple[Pages, ...], list_of(Mapping, "dictionaries", {"kvm_host_hugepages": [{"size": "1G", "count": 8}]})]


@dataclass(frozen=True)
class Settings:
    """The role's variables, without their prefix."""

    iommu: bool
    nested: bool
    kernel_arguments: Arguments
    hugepages: Hugepages
    boot_loader: t.Literal["auto", "grub", "grubby", "systemd-boot"]
    isolated_cpus: Cpus = ()
    cpu_governor: MaybeText = None
    ksm: MaybeBool = None
    transparent_hugepages: MaybeThp = None
    pml: MaybeBool = None
    apicv: MaybeBool = None

    @property
    def module_options(self) -> Mapping[str, Mapping[str, bool]]:
        """The options of each module of KVM that are managed; PML and APICv are Intel's."""
        intel = {"nested": self.nested, "pml": self.pml, "enable_apicv": self.apicv}
        return {"kvm_intel": {name: value for name, value in intel.items() if value is not None},
                "kvm_amd": {"nested": self.nested}}


@dataclass(frozen=True)
class Module:
    """A module that the kernel has or can load.

    :param state: loaded, loadable or builtin
    :param nested: its parameter as the kernel shows it, - without one; so of the last two
    :param users: how many use it
    """

    state: str
    nested: str = "-"
    users: str = "-"
    pml: str = "-"
    enable_apicv: str = "-"

    def value(self, option: str) -> str:
        """A parameter as the kernel shows it."""
        return {"nested": self.nested, "pml": self.pml, "enable_apicv": self.enable_apicv}[option]


@dataclass(frozen=True)
class Pool:
    """The huge pages of a size: the file that sets how many there are, and how many there are."""

    path: str
    count: int


@dataclass(frozen=True)
class Facts:
    """A host.

    :param texts: what the role's script printed, by its name; of files, by their path
    :param modes: the modes of files, such as 0644
    """

    texts: Mapping[str, str]
    modes: Mapping[str, str]

    def text(self, name: str) -> str:
        """What the script printed, an empty text if it did not."""
        return self.texts.get(name, "")

    def files(self, *folders: str) -> Mapping[str, str]:
        """The files in folders of these names, or in these paths, in the order in which the script read them."""
        return {path: text for path, text in self.texts.items() if any(folder in path for folder in folders)}

    @cached_property
    def cmdline(self) -> Words:
        """What the kernel was booted with."""
        return split(self.texts["/proc/cmdline"])

    @cached_property
    def cpu_flags(self) -> Words | None:
        """The flags of the CPU, None if it is not an x86 CPU."""
        flags = re.search(r"^flags\s*:(.*)$", self.text("cpu"), re.MULTILINE)
        return flags[1].split() if flags else None

    @property
    def iommu(self) -> t.Literal["intel", "amd"] | None:
        """Whose IOMMU it is, by the firmware's table or else by the CPU; an emulated host may pair an AMD CPU with
        VT-d."""
        tables = self.text("tables").split()
        if "DMAR" in tables:
            return "intel"
        if "IVRS" in tables:
            return "amd"
        return "intel" if "GenuineIntel" in self.text("cpu") else None if self.cpu_flags is None else "amd"

    @property
    def needed_modules(self) -> list[str]:
        """The modules that a KVM host of this CPU needs: KVM's own, if it has hardware virtualisation, and vfio-pci."""
        return [*(module for flag, module in KVM_MODULES.items() if flag in (self.cpu_flags or ())), "vfio_pci"]

    @cached_property
    def modules(self) -> Mapping[str, Module]:
        """The modules that the kernel has or can load, of those that any KVM host needs."""
        lines = map(str.split, self.text("modules").splitlines())
        return {name: Module(*words) for name, *words in lines}

    @cached_property
    def pools(self) -> Mapping[int, Pool]:
        """The huge pages of each size in KiB that the kernel has."""
        lines = map(str.split, self.text("hugepages").splitlines())
        return {int(re.sub(r".*hugepages-(\d+)kB/.*", r"\1", path)): Pool(path, int(count)) for path, count in lines}

    @cached_property
    def node_pools(self) -> Mapping[tuple[int, int], Pool]:
        """The huge pages by the NUMA node and the size in KiB."""
        found = re.findall(r"^(.*/node(\d+)/.*hugepages-(\d+)kB/\S+) (\d+)$", self.text("node_hugepages"), re.MULTILINE)
        return {(int(node), int(size)): Pool(path, int(count)) for path, node, size, count in found}

    @property
    def node_memory(self) -> Mapping[int, int]:
        """The memory of each NUMA node in KiB."""
        return {int(node): int(size) for node, size in re.findall(
            r"^Node (\d+) MemTotal:\s*(\d+)", self.text("node_memory"), re.MULTILINE)}

    def wanted_pools(self, page: Pages) -> list[tuple[Pool, int]]:
        """The huge pages of a size, on each NUMA node that is named or as a whole, and how many there are to be."""
        if page.nodes:
            return [(self.node_pools[int(node), page.kib], count) for node, count in page.nodes.items()
                    if (int(node), page.kib) in self.node_pools]
        return [(self.pools[page.kib], page.total)] if page.kib in self.pools else []

    @property
    def mounted_sizes(self) -> set[int]:
        """The sizes of huge pages in KiB that have a mount."""
        return set(map(kib, re.findall(r"pagesize=(\w+)", self.text("mounts"))))

    @property
    def memory(self) -> int:
        """The memory in KiB."""
        found = re.search(r"^MemTotal:\s*(\d+)", self.text("memory"), re.MULTILINE)
        return int(found[1]) if found else 0

    @cached_property
    def units(self) -> Mapping[str, Properties]:
        """The units of libvirt that there are."""
        return {name: unit for name, unit in units_of(self.text("units")).items() if unit.get("LoadState") == "loaded"}

    @property
    def present_cpus(self) -> frozenset[int]:
        """The CPUs that are plugged in, be they online or not."""
        return frozenset(of_kernel(self.text("present_cpus")))

    @property
    def recorded(self) -> tuple[str, ...]:
        """The kernel arguments by which the role has isolated CPUs."""
        return tuple(line for line in self.text(RECORD).splitlines() if not line.startswith("#"))

    def isolation(self, settings: Settings) -> tuple[str, ...]:
        """The kernel arguments that isolate CPUs."""
        return arguments_of(settings.isolated_cpus, self.present_cpus)

    def wanted(self, settings: Settings) -> Wanted:
        """What kernel arguments are to be like on this host."""
        arguments = (*settings.kernel_arguments, *self.isolation(settings))
        options = {f"kvm_intel.{name}": value for name, value in settings.module_options["kvm_intel"].items()
                   if name != "nested"}
        unwanted = tuple(word for word in self.recorded if word not in arguments)
        return Wanted(arguments, self.iommu if settings.iommu else None, tuple(self.needed_modules),
                      settings.nested, settings.hugepages, options, unwanted)


def facts_of(said: object) -> Facts:
    """The facts in what the role's script printed: lines of a mode, a content in base64 and a name."""
    lines = [line.split(" ", 2) for line in str(said).splitlines()]
    return Facts({name: base64.b64decode(content).decode(errors="replace") for _mode, content, name in lines},
                 {name: f"0{mode}" for mode, _content, name in lines})


Said = t.Annotated[Facts, facts_of]
