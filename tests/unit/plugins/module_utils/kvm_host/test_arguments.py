# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kernel command lines: what is wanted gets there, what is wrong goes, and all else stays as it was."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted, merged, missing, repaired
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import arguments as with_arguments
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import hugepages_of, kib, name_of, split
from ansible_collections.nfv.kvm.tests.unit.readtyped import read

Dict = dict[str, t.Any]

INTEL: Dict = {"iommu": "intel"}
AMD: Dict = {"iommu": "amd"}


def pages(**counts: int) -> Dict:
    return {"hugepages": [{"size": size[1:], "count": count} for size, count in counts.items()]}


def arguments(*words: str) -> Dict:
    return {"arguments": list(words)}


def put_right(line: str, wanted: Dict) -> str:
    return with_arguments(line, read(Wanted, wanted))


@pytest.mark.parametrize(("before", "wanted", "after"), [
    # the IOMMU
    ("", INTEL, "intel_iommu=on iommu=pt"),
    ("quiet splash", INTEL, "quiet splash intel_iommu=on iommu=pt"),
    ("ro intel_iommu=off quiet", INTEL, "ro quiet intel_iommu=on iommu=pt"),
    ("intel_iommu=off quiet intel_iommu=on", INTEL, "quiet intel_iommu=on iommu=pt"),
    ("intel_iommu=on quiet intel_iommu=off", INTEL, "intel_iommu=on quiet iommu=pt"),
    ("intel_iommu=off,sm_on iommu=soft", INTEL, "intel_iommu=sm_on iommu=soft intel_iommu=on iommu=pt"),
    ("intel_iommu=sm_on,on iommu=pt", INTEL, "intel_iommu=sm_on,on iommu=pt"),
    ('intel_iommu="off" iommu="pt"', INTEL, 'iommu="pt" intel_iommu=on'),
    ("intel-iommu=off iommu=pt", INTEL, "iommu=pt intel_iommu=on"),
    ("intel_iommu iommu=pt", INTEL, "intel_iommu iommu=pt intel_iommu=on"),
    ("amd_iommu=off intel_iommu=on iommu=pt", INTEL, "amd_iommu=off intel_iommu=on iommu=pt"),
    ("quiet", AMD, "quiet iommu=pt"),
    ("amd_iommu=off quiet", AMD, "quiet iommu=pt"),
    ("amd_iommu=fullflush,off iommu=off", AMD, "amd_iommu=fullflush iommu=pt"),
    ("amd_iommu=on iommu=pt", AMD, "amd_iommu=on iommu=pt"),
    ("iommu=nopt iommu.passthrough=0 intel_iommu=off", AMD, "intel_iommu=off iommu=pt"),
    ("intremap=off nointremap iommu=pt", AMD, "iommu=pt"),
    ("intremap=nosid,off iommu=pt", AMD, "intremap=nosid iommu=pt"),
    ("intel_iommu=off amd_iommu=off", {}, "intel_iommu=off amd_iommu=off"),
    ("quiet -- intel_iommu=off", INTEL, "quiet intel_iommu=on iommu=pt -- intel_iommu=off"),
    ('dyndbg="file x.c iommu=off +p" quiet', AMD, 'dyndbg="file x.c iommu=off +p" quiet iommu=pt'),
    # huge pages by NUMA node
    ("quiet", {"hugepages": [{"size": "1G", "nodes": {0: 4, 1: 2}}]}, "quiet hugepagesz=1G hugepages=0:4,1:2"),
    ("hugepagesz=1G hugepages=1:2,0:4,2:0", {"hugepages": [{"size": "1G", "nodes": {0: 4, 1: 2}}]},
     "hugepagesz=1G hugepages=1:2,0:4,2:0"),
    ("hugepagesz=1G hugepages=6 x", {"hugepages": [{"size": "1G", "nodes": {0: 4, 1: 2}}]},
     "x hugepagesz=1G hugepages=0:4,1:2"),
    ("hugepagesz=1G hugepages=0:2,1:4 x", {"hugepages": [{"size": "1G", "nodes": {0: 4, 1: 2}}]},
     "x hugepagesz=1G hugepages=0:4,1:2"),
    ("hugepagesz=1G hugepages=0:2,1:4", pages(_1G=6), "hugepagesz=1G hugepages=0:2,1:4"),
    ("quiet", {"hugepages": [{"size": "1G", "nodes": {0: 0, 1: 0}}]}, "quiet"),
    # options of modules, and what is to go
    ("kvm_intel.pml=1 kvm-intel.pml=0 x", {"options": {"kvm_intel.pml": False}}, "kvm-intel.pml=0 x"),
    ("kvm_intel.pml=N", {"options": {"kvm_intel.pml": True}}, ""),
    ("isolcpus=2-3 x isolcpus=4-5", {"unwanted": ["isolcpus=2-3", "y"]}, "x isolcpus=4-5"),
    ("isolcpus=2-3 x", {"unwanted": ["isolcpus=2-3"], "arguments": ["isolcpus=4"]}, "x isolcpus=4"),
    # arguments of the user's
    ("quiet isolcpus=1", arguments("isolcpus=2-7,10"), "quiet isolcpus=2-7,10"),
    ("isolcpus=1 quiet isolcpus=3", arguments("isolcpus=2"), "quiet isolcpus=2"),
    ("isolcpus=2 quiet isolcpus=3", arguments("isolcpus=2"), "isolcpus=2 quiet"),
    ("quiet  ro ", arguments("quiet", "ro"), "quiet  ro "),
    ("root=UUID=a=b ro", arguments("root=UUID=c=d,e"), "ro root=UUID=c=d,e"),
    ("console=tty0", arguments("console=ttyS0,115200n8"), "console=tty0 console=ttyS0,115200n8"),
    ("rd.lvm.lv=vg/root rd.lvm.lv=vg/swap", arguments("rd.lvm.lv=vg/home"),
     "rd.lvm.lv=vg/root rd.lvm.lv=vg/swap rd.lvm.lv=vg/home"),
    ("pci=noaer", arguments("pci=realloc"), "pci=noaer pci=realloc"),
    ("quiet", arguments("pci=realloc,noaer"), "quiet pci=realloc,noaer"),
    ("pci=noaer", arguments("pci=realloc,noaer", "pci=nomsi"), "pci=noaer pci=realloc pci=nomsi"),
    ("pci=noaer,realloc", arguments("pci=realloc"), "pci=noaer,realloc"),
    ("intel_iommu=off", {**INTEL, **arguments("intel_iommu=sm_on")}, "intel_iommu=sm_on intel_iommu=on iommu=pt"),
    # modules
    ("modprobe.blacklist=vfio-pci,nouveau", {"modules": ["vfio_pci"]}, "modprobe.blacklist=nouveau"),
    ("module_blacklist=kvm_amd quiet", {"modules": ["kvm_amd"]}, "quiet"),
    ("module_blacklist=kvm_amd", {"modules": ["kvm_intel"]}, "module_blacklist=kvm_amd"),
    ("kvm_intel.nested=0 kvm_intel.ept=1", {"nested": True}, "kvm_intel.ept=1"),
    ("kvm-amd.nested=1", {"nested": True}, "kvm-amd.nested=1"),
    ("kvm_amd.nested=1", {"nested": False}, ""),
    ("kvm_amd.nested=0", {}, "kvm_amd.nested=0"),
    # huge pages
    ("quiet", pages(_1G=8), "quiet hugepagesz=1G hugepages=8"),
    ("quiet", pages(_2M=512, _1G=8), "quiet hugepagesz=2M hugepages=512 hugepagesz=1G hugepages=8"),
    ("hugepages=512", pages(_2M=512), "hugepages=512"),
    ("hugepages=512 quiet", pages(_2M=1024), "quiet hugepagesz=2M hugepages=1024"),
    ("hugepages=512 quiet", pages(_1G=2), "hugepages=512 quiet hugepagesz=1G hugepages=2"),
    ("hugepagesz=1G a hugepages=4 hugepagesz=2M hugepages=9 b", pages(_1G=5),
     "a hugepagesz=2M hugepages=9 b hugepagesz=1G hugepages=5"),
    ("hugepagesz=2M hugepages=4 hugepagesz=1G hugepages=4", pages(_1G=5),
     "hugepagesz=2M hugepages=4 hugepagesz=1G hugepages=5"),
    ("hugepagesz=1G hugepages=4 hugepages=7 quiet", pages(_1G=5), "quiet hugepagesz=1G hugepages=5"),
    ("hugepagesz=1048576K hugepages=4", pages(_1G=4), "hugepagesz=1048576K hugepages=4"),
    ("hugepagesz=1G hugepages=4 hugepagesz=1G hugepages=5", pages(_1G=4),
     "hugepagesz=1G hugepages=4 hugepagesz=1G hugepages=5"),
    ("hugepagesz=1G hugepages=4 hugepagesz=1G hugepages=5", pages(_1G=5), "hugepagesz=1G hugepages=5"),
    ("default_hugepagesz=1G hugepages=4", pages(_1G=4), "default_hugepagesz=1G hugepages=4"),
    ("default_hugepagesz=1G hugepages=4", pages(_2M=6),
     "default_hugepagesz=1G hugepages=4 hugepagesz=2M hugepages=6"),
    ("default_hugepagesz=1G hugepages=4", pages(_1G=5), "default_hugepagesz=1G hugepagesz=1G hugepages=5"),
    ("hugepages=4 default_hugepagesz=1G", pages(_1G=4), "hugepages=4 default_hugepagesz=1G"),
    ("hugepagesz=1G hugepages=0:2,1:2 quiet", pages(_2M=6),
     "hugepagesz=1G hugepages=0:2,1:2 quiet hugepagesz=2M hugepages=6"),
    ("hugepagesz=1G hugepages=4 quiet", pages(_1G=0), "quiet"),
    ("hugepagesz=1G hugepages=0 quiet", pages(_1G=0), "hugepagesz=1G hugepages=0 quiet"),
    ("hugepagesz=1G quiet", pages(_2M=1), "hugepagesz=1G quiet hugepagesz=2M hugepages=1"),
    ("quiet", pages(_1G=0), "quiet"),
    # huge pages of NUMA nodes
    ("hugepagesz=1G hugepages=0:8,1:0 a", pages(_1G=8), "hugepagesz=1G hugepages=0:8,1:0 a"),
    ("hugepagesz=1G hugepages=0:4,1:4 a", pages(_1G=8), "hugepagesz=1G hugepages=0:4,1:4 a"),
    ("hugepagesz=1G hugepages=0:4,1:4 a", pages(_1G=4), "a hugepagesz=1G hugepages=4"),
    ("hugepagesz=1G hugepages=0:4,x a", pages(_1G=4), "a hugepagesz=1G hugepages=4"),
    # another default size, which leaves counts as they were
    ("hugepages=512", {**pages(_1G=4), **arguments("default_hugepagesz=1G")},
     "hugepagesz=2M hugepages=512 default_hugepagesz=1G hugepagesz=1G hugepages=4"),
    ("hugepages=4 a", arguments("default_hugepagesz=1G"), "hugepagesz=2M hugepages=4 a default_hugepagesz=1G"),
    ("hugepages=4 a", {**pages(_2M=4), **arguments("default_hugepagesz=1G")},
     "hugepagesz=2M hugepages=4 a default_hugepagesz=1G"),
    ("default_hugepagesz=1G hugepages=4", {**pages(_2M=1024), **arguments("default_hugepagesz=2M")},
     "hugepagesz=1G hugepages=4 default_hugepagesz=2M hugepagesz=2M hugepages=1024"),
    ("default_hugepagesz=1G hugepages=4", {**pages(_1G=5), **arguments("default_hugepagesz=2M")},
     "default_hugepagesz=2M hugepagesz=1G hugepages=5"),
    ("hugepagesz=2M hugepages=7 default_hugepagesz=1G hugepages=4", arguments("default_hugepagesz=2M"),
     "hugepagesz=2M hugepages=7 hugepagesz=1G hugepages=4 default_hugepagesz=2M"),
    ("hugepagesz=1G default_hugepagesz=1G hugepages=4", arguments("default_hugepagesz=2M"),
     "hugepagesz=1G hugepages=4 default_hugepagesz=2M"),
    ("default_hugepagesz=1G hugepagesz=1G hugepages=4", arguments("default_hugepagesz=2M"),
     "hugepagesz=1G hugepages=4 default_hugepagesz=2M"),
    ("default_hugepagesz=1G hugepages=4", arguments("default_hugepagesz=1G"), "default_hugepagesz=1G hugepages=4"),
    # several arguments of one name
    ("quiet", arguments("crashkernel=512M,high", "crashkernel=128M,low"),
     "quiet crashkernel=512M,high crashkernel=128M,low"),
    ("crashkernel=128M,low crashkernel=1G ro", arguments("crashkernel=512M,high", "crashkernel=128M,low"),
     "crashkernel=128M,low ro crashkernel=512M,high"),
])
def test_command_lines(before: str, wanted: Dict, after: str) -> None:
    assert put_right(before, wanted) == after
    assert put_right(after, wanted) == after


def test_a_line_that_is_right_is_returned_as_it_is() -> None:
    assert put_right("  quiet\tiommu=pt  ro\n", AMD) == "  quiet\tiommu=pt  ro\n"


OTHERS = st.sampled_from([
    "quiet", "ro", "root=UUID=1-2", 'dyndbg="file a.c +p"', '"x=y z"', "console=ttyS0,115200", "console=tty0",
    "default_hugepagesz=2M", "rd.lvm.lv=vg/root", "nosmt", "mce=ignore_ce", "x.y=1,2",
])
OURS = st.sampled_from([
    "intel_iommu=off", "intel_iommu=on", "intel_iommu=off,sm_on", "amd_iommu=off", "iommu=off", "iommu=pt",
    "iommu=soft", "nointremap", "intremap=off", "pci=noaer", "isolcpus=1", "isolcpus=2-3",
    "modprobe.blacklist=vfio-pci,a", "kvm_amd.nested=0", "hugepages=3", "hugepagesz=1G hugepages=2",
    "hugepagesz=2M hugepages=7", "hugepagesz=2M", "hugepagesz=1G hugepages=0:2,1:2", "default_hugepagesz=1G",
    "memmap=1G$2G",
])
LINES = st.lists(OTHERS | OURS, max_size=10).map(" ".join)
WANTED = st.fixed_dictionaries({
    "arguments": st.lists(st.sampled_from([
        "isolcpus=2-3", "pci=realloc", "console=ttyS1", "nosmt", "memmap=1G$4G", "memmap=1G$8G",
        "default_hugepagesz=2M", "default_hugepagesz=1G"]), unique=True),
    "iommu": st.sampled_from(["intel", "amd", None]),
    "modules": st.just(["vfio_pci"]),
    "nested": st.sampled_from([True, None]),
    "hugepages": st.sampled_from([[], [{"size": "1G", "count": 4}],
                                  [{"size": "2M", "count": 7}, {"size": "1G", "count": 0}]]),
})
TOUCHED = {"intel_iommu", "amd_iommu", "iommu", "nointremap", "intremap", "pci", "isolcpus", "modprobe.blacklist",
           "kvm_amd.nested", "hugepages", "hugepagesz", "default_hugepagesz", "memmap"}


@given(line=LINES, wanted=WANTED)
def test_a_second_time_changes_nothing(line: str, wanted: Dict) -> None:
    once = put_right(line, wanted)
    assert put_right(once, wanted) == once


@given(line=LINES, wanted=WANTED)
def test_all_others_stay_in_their_order(line: str, wanted: Dict) -> None:
    added = {"console=ttyS1", "nosmt"}

    def others(words: list[str]) -> list[str]:
        return [word for word in words if name_of(word) not in TOUCHED and word not in added]

    assert others(split(put_right(line, wanted))) == others(split(line))


@given(line=LINES, wanted=WANTED)
def test_words_are_put_right_and_then_others_added(line: str, wanted: Dict) -> None:
    before, typed = split(line), read(Wanted, wanted)
    right = repaired(before, typed)
    assert merged(before, typed) == right + missing(right, typed)
    assert repaired(right, typed) == right


@given(line=st.text(max_size=60).filter(lambda line: line.count('"') % 2 == 0), wanted=WANTED)
def test_any_text_is_taken(line: str, wanted: Dict) -> None:
    once = put_right(line, wanted)
    assert put_right(once, wanted) == once


@given(line=LINES, wanted=WANTED)
def test_all_that_is_wanted_is_there_and_sizes_that_are_not_listed_stay(line: str, wanted: Dict) -> None:
    before, after = split(line), split(put_right(line, wanted))
    assert {*wanted["arguments"]} - {"pci=realloc"} <= {*after}
    listed = {kib(page["size"]) for page in wanted["hugepages"]}
    counts = [{size: count for size, count in hugepages_of(words).items() if size not in listed}
              for words in (before, after)]
    assert counts[0] == counts[1]
