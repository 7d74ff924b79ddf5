# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB with its configuration made by grub-mkconfig.

Words that are wrong are taken out of the files that have them. What is missing is in a file of the role's own if
grub-mkconfig reads such files, so that it goes when it is no longer wanted.
"""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted, merged, missing, repaired
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import Words, split
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.steps import NOTE, Boot, changed_files

DEFAULTS = "/etc/default/grub"
# grub-mkconfig reads the files of this folder in their order, and puts GRUB_CMDLINE_LINUX_DEFAULT last on the line.
FOLDER = "/etc/default/grub.d"
OWN = f"{FOLDER}/zz-nfv-kvm.cfg"
# An assignment of which the value is one string, or one word.
ASSIGNMENT = re.compile(
    r"""^([ \t]*(?:export[ \t]+)?GRUB_CMDLINE_LINUX(?:_DEFAULT)?\+?=)"""
    r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"'\\]*)(?=[ \t]*(?:\#.*)?$)""", re.MULTILINE,
)


def grub(facts: Facts, wanted: Wanted) -> Boot:
    """What is to be done."""
    before = split(facts.text("grub"))
    right = repaired(before, wanted)
    added = missing(right, wanted)
    own_folder = bool(facts.text("grub_folder"))
    contents = {path: without_wrong(text, wanted, before) for path, text in facts.files(DEFAULTS).items()
                if path != OWN}
    if not own_folder:
        contents[DEFAULTS] = with_words(contents.get(DEFAULTS, ""), added)
    elif added:
        contents[OWN] = f"{NOTE}; grub-mkconfig reads it last.\n{appended(added)}"
    files = changed_files(facts, contents)
    stale = [OWN] if own_folder and not added and OWN in facts.texts else []
    entry = split(facts.text("grub_entry"))
    # A configuration that grub-mkconfig has not made may have no entry.
    outdated = files or stale or right != before or (entry and merged(entry, wanted) != entry)
    update = (facts.text("grub_update") or "update-grub").split()
    return Boot("grub", " ".join(entry), files, stale, [update] if outdated else [])


def without_wrong(text: str, wanted: Wanted, line: Words) -> str:
    """A file of GRUB's settings, without kernel arguments that are wrong. What a shell would work out stays.

    :param line: what comes of all settings, of which each has only a part
    """
    def assignment(found: re.Match[str]) -> str:
        quote, value = unquoted(found[2])
        words = split(value)
        right = repaired(words, wanted, line)
        return found[0] if right == words else f"{found[1]}{quote}{' '.join(right)}{quote}"

    return ASSIGNMENT.sub(assignment, text)


def with_words(text: str, words: Words) -> str:
    """The same with words added: within the last such line, or after it where that is not as simple as it mostly is."""
    if not words:
        return text
    last = next((found for found in reversed(list(ASSIGNMENT.finditer(text))) if "_DEFAULT" in found[1]), None)
    if last is None or re.search(r"^[^#\n]*GRUB_CMDLINE_LINUX_DEFAULT\+?=", text[last.end():], re.MULTILINE):
        return f"{text.rstrip()}\n{appended(words)}"
    quote, value = unquoted(last[2])
    line = " ".join([value, *map(quoted, words)]).strip()
    return f"{text[:last.start()]}{last[1]}{quote or chr(34)}{line}{quote or chr(34)}{text[last.end():]}"


def unquoted(value: str) -> tuple[str, str]:
    """The quote of a shell's word, or none, and what is within."""
    return (value[0], value[1:-1]) if value[:1] in ("'", '"') else ("", value)


def appended(words: Words) -> str:
    """The line, of a shell's, that adds words to those that there are."""
    return f'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT {" ".join(map(quoted, words))}"\n'


def quoted(word: str) -> str:
    """A word for within a shell's double quotes."""
    return re.sub(r'(["$`\\])', r"\\\1", word)
