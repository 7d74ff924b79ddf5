# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kernel command line: its words, and the huge pages that it asks for.

What arguments mean is in the kernel's Documentation/admin-guide/kernel-parameters.txt; what is said twice, or in which
order, in the code that reads it.
"""

from __future__ import annotations

import re
from collections import Counter

Words = list[str]

# A word ends at a blank that is not within double quotes (lib/cmdline.c, next_arg).
WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
# What follows this word is for the first process, not for the kernel (init/main.c).
END = "--"
# The kernel's default size of a huge page on x86.
DEFAULT_HUGEPAGE = "2M"
DEFAULT_SIZE = "default_hugepagesz"
HUGEPAGES = ("hugepagesz", "hugepages")
SIZES = ("hugepagesz", DEFAULT_SIZE)
UNITS = {"K": 1, "M": 1024, "G": 1024 * 1024}


def split(cmdline: str) -> Words:
    """The words of a command line, with their quotes."""
    return WORD.findall(cmdline)


def parted(words: Words) -> tuple[Words, Words]:
    """What is for the kernel, and what is not."""
    end = words.index(END) if END in words else len(words)
    return words[:end], words[end:]


def changes(before: Words, after: Words) -> tuple[Words, Words]:
    """Which words go, and which come."""
    return _without(before, after), _without(after, before)


def _without(words: Words, others: Words) -> Words:
    left, found = Counter(others), []
    for word in words:
        if not left[word]:
            found.append(word)
        left[word] -= left[word] > 0
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


def kib(size: str) -> int:
    """The size of a huge page in KiB, 0 if it is not valid (lib/cmdline.c, memparse)."""
    found = re.fullmatch(r"(\d+)([KMG])", size, re.IGNORECASE)
    return int(found[1]) * UNITS[found[2].upper()] if found else 0


def default_of(words: Words) -> str:
    """The default size of huge pages; the kernel takes the first (mm/hugetlb.c, default_hugepagesz_setup)."""
    return next((value_of(word) for word in words if name_of(word) == DEFAULT_SIZE), DEFAULT_HUGEPAGE)


def start_of(words: Words, line: Words) -> tuple[str, str]:
    """The size of huge pages that holds where words begin in a line, and that of the last hugepagesz before."""
    place = next((place for place in range(len(line)) if line[place:place + len(words)] == words), 0)
    said = [word for word in line[:place] if name_of(word) in SIZES]
    named = [value_of(word) for word in said if name_of(word) == "hugepagesz"]
    return value_of(said[-1]) if said else default_of(line), named[-1] if named else ""


def with_sizes(words: Words, start: tuple[str, str]) -> Words:
    """Words in which every count has its size before it, once, so that another default size leaves it as it is."""
    current, named = start
    found: Words = []
    for word in words:
        if name_of(word) in SIZES:
            current = value_of(word)
        elif name_of(word) == "hugepages" and (not named or kib(named) != kib(current)):
            named = current
            found.append(f"hugepagesz={current}")
        named = value_of(word) if name_of(word) == "hugepagesz" else named
        found.append(word)
    return found


def sizes_of(words: Words, start: tuple[str, str]) -> list[int]:
    """For each word the size of huge pages, in KiB, that it is about, 0 for words that are not.

    A count belongs to the size before it, or else to the one that holds at the start.
    """
    current, sizes = start[0], []
    for word in words:
        if name_of(word) in SIZES:
            current = value_of(word)
        sizes.append(kib(current) if name_of(word) in HUGEPAGES else 0)
    return sizes


def hugepages_of(words: Words) -> dict[int, int | None]:
    """How many huge pages a line asks for, by their size in KiB."""
    return {size: counted(count) for size, count in counts_of(words).items()}


def counts_of(words: Words) -> dict[int, str]:
    """The counts of huge pages as a line has them, by the size in KiB; the kernel takes the first of each
    (mm/hugetlb.c, hugepagesz_setup and hugepages_setup)."""
    found: dict[int, str] = {}
    for word, size in zip(words, sizes_of(words, start_of(words, words))):
        if size and name_of(word) == "hugepages":
            found.setdefault(size, value_of(word))
    return found


def counted(count: str) -> int | None:
    """A count of huge pages, or the sum of those of NUMA nodes as in ``0:8,1:8``; None if it is neither."""
    parts = re.fullmatch(r"\d+|\d+:\d+(,\d+:\d+)*", count)
    return sum(int(part.rpartition(":")[2]) for part in count.split(",")) if parts else None


def by_node(count: str) -> dict[int, int] | None:
    """The counts of NUMA nodes as in ``0:8,1:8`` without those of 0; None for a count that names no nodes."""
    if ":" not in count or counted(count) is None:
        return None
    pairs = [tuple(map(int, part.split(":"))) for part in count.split(",")]
    return {node: number for node, number in pairs if number}
