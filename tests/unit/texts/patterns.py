# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What user-visible text does not contain: a regular expression, what to write instead, and a sentence that it finds.

The expressions ignore case, and white space in the text counts as one space. Each finds a turn of phrase and not a
word, so that ordinary sentences with "where", "says" or "none" pass: see ORDINARY.
"""

from __future__ import annotations

import re
import typing as t


class Pattern(t.NamedTuple):
    """A turn of phrase that is not plain English.

    :param find: the expression, see ``found``
    :param instead: what to write
    :param example: text that it finds
    """

    find: str
    instead: str
    example: str


_PROGRAM = r"(?:module|role|playbook|task|run|filter|message|table|libvirt|kernel|driver|firmware|switch)"

PATTERNS = (
    Pattern(r"\bforetell", "predicts", "Check mode foretells what a run does"),
    Pattern(r"\bmakes? (?:it |this |that |them |these (?:\w+ )?)?so\b", "manages", "what it makes so"),
    Pattern(r"\| whole\b", "complete", "| the NICs of a domain | whole |"),
    Pattern(r"(?<!there )\bis no (?!longer|more)\w+", "is not a", "this is no MAC address"),
    Pattern(r"\b(?:this|that|one|cluster|it) is none\b", "is not one", "and this one is none"),
    Pattern(r"\b(?:is|are|was|were|be) told (?:by|in|to the|that|what)\b|\btells of\b", "is reported",
            "Those are told in consumers"),
    Pattern(rf"\b{_PROGRAM} (?:says|tells)\b", "reports, returns, logs", "libvirt says much of that later"),
    Pattern(r"\banew\b|\bonce more\b", "again", "a VF that is bound anew"),
    Pattern(r"\bbe it\b", "whether, such as", "be it the driver or the adapter"),
    Pattern(r"\bby leave\b|\bunless (?:you|the user) (?:say|said) so\b", "if you allow it", "a reboot by leave"),
    Pattern(r"\b(?:null|none|refused|only|also|except) where\b(?! to\b)|, where need be\b",
            "if, when", "null where the firmware names none"),
    Pattern(r"\blets nobody\b|\bwithout (?:an )?end\b|\bfor good\b", "denies, indefinitely, permanently",
            "it waits without end"),
    Pattern(r"\bwhat (?:others|somebody else) change", "changes made outside this module",
            "What others change is kept"),
    Pattern(r"\bin (?:the )?place of\b", "instead of", "in place of its PF"),
    Pattern(r"\bcan(?:not| not) be meant\b", "is not valid", "a parameter cannot be meant"),
    Pattern(r"\bthe \w+ that it is\b", "(delete)", "by the appliance that it is"),
    Pattern(r"\blets? go of\b|\bhas to let go\b", "releases", "the guest has to let go"),
    Pattern(r"\bleaves a note\b|\bnote that it\b", "records", "an interrupted run leaves a note"),
    Pattern(r"\bis known not to run\b|\bcannot be had\b", "does not work, does not support",
            "cannot be had with the mode"),
    Pattern(r"\b(?:gone|removed|changed) just now\b|\bhas just gone\b", "in the meantime",
            "it was removed just now"),
    Pattern(r"\bamid\b|\bmay well\b|\bas far as .{1,40} has it\b", "during, can", "a host that was lost amid a move"),
    Pattern(r"\bthe same at once\b|\bmakes? good\b|\bsees to it\b", "(plain words)", "the file that sees to it"),
)

# What must not be found: each has a word of a pattern, in its plain meaning.
ORDINARY = (
    "The folder where the disks are stored.",
    "The host where the guest runs.",
    "Juniper's guide says that fxp0 is the first NIC.",
    "There is no such device, and it is no longer used.",
    "V(none) leaves the VF unbound, and the default is none.",
    "The kernel log tells why.",
    "Run the task once, and place the vNICs on several adapters.",
    "A note in the documentation.",
    "The image is replaced as a whole.",
    "Tell the reader what to do.",
)


def found(text: str) -> list[str]:
    """The patterns in a text, each as what was found and what to write instead."""
    plain = " ".join(text.split())
    return [f"{match.group()!r}: write {pattern.instead}" for pattern in PATTERNS
            for match in re.finditer(pattern.find, plain, re.IGNORECASE)]
