# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What UCS Manager takes as a value, from ucsmsdk's metadata: nothing is sent, and a refusal states the limit in words.

ucsmsdk's own check accepts a value that ends with a line feed, and its error shows a regular expression.
"""

from __future__ import annotations

import importlib
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError

FORM = re.compile(r"\[(?P<characters>(?:\\.|[^\]\\])+)\]\{(?P<least>\d+),(?P<most>\d+)\}")
RANGES = {"a-zA-Z": "letters", "0-9": "digits", " ": "spaces"}


def check(subject: str, value: str | int | None, class_name: str, prop: str) -> None:
    """Check a value of a property; None is not managed.

    :param class_name: in ucsmsdk's words, such as VnicProfile
    :param prop: such as max_ports
    :raises ValidationError: UCS Manager would refuse it
    """
    if value is None:
        return
    limits = mo_class(class_name).prop_meta[prop].restriction
    text = str(value)
    if text in (limits.value_set or ()):
        return
    if limits.range_val and text.isascii() and text.isdigit() and any(
            least <= int(text) <= most for least, most in _bounds(limits.range_val)):
        return
    if limits.pattern and re.fullmatch(limits.pattern, text, re.ASCII):
        return
    remedy = "Change its length or its characters" if limits.pattern else "Choose a value within this range"
    raise ValidationError(subject, f"it must {_words(limits)}", value, remedy)


def mo_class(name: str) -> t.Any:
    """A class of managed objects of ucsmsdk."""
    return importlib.import_module("ucsmsdk.ucscoreutils").load_class(name)


def _bounds(ranges: t.Iterable[str]) -> t.Iterator[tuple[int, int]]:
    for text in ranges:
        least, most = text.split("-")
        yield int(least), int(most)


def _words(limits: t.Any) -> str:
    """What a value must be, as the end of ``it must …``."""
    found = []
    form = FORM.fullmatch(limits.pattern or "")
    if form is not None:
        found.append(f"have {form['least']} to {form['most']} characters of {_characters(form['characters'])}")
    if limits.range_val:
        found.append("be from " + " or ".join(f"{least} to {most}" for least, most in _bounds(limits.range_val)))
    if limits.value_set:
        found.append(f"be {' or '.join(limits.value_set)}")
    return " or ".join(found) or f"match {limits.pattern}"


def _characters(form: str) -> str:
    """The characters of a class of a regular expression in words, such as ``letters, digits and - . : _``."""
    kinds, single = [], []
    for part in re.findall(r"a-zA-Z|0-9|\\.|.", form):
        if part in RANGES:
            kinds.append(RANGES[part])
        else:
            single.append(part[-1])
    words = [word for word in ("letters", "digits", "spaces") if word in kinds]
    return f"{', '.join(words)} and {' '.join(single)}" if single else " and ".join(words)
