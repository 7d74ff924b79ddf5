# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two definitions of a domain compared by what they mean.

What the user's XML says must be in libvirt's XML, and what libvirt's XML says beyond that is a removal by the user. A
record (record.py) in libvirt's XML knows what the user wrote last time, and what libvirt made of it: where neither has
changed since, there is nothing to do. Without one, filled.py tells what libvirt adds.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.filled import (
    at_start,
    device_of,
    dumped,
    fills_in,
    is_default,
    kept,
    never_waits,
)
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import Said, flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import Record, read_record
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.secrets import hidden, is_secret
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.spelling import MACHINES
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# What libvirt writes down more exactly than the user did, beside machine types: the beginning of what it then says
WRITTEN_ON = {
    **{("os/type/@machine", family): beginning for family, beginning in MACHINES.items()},
    ("devices/serial/target/@type", "serial"): "isa-serial",
}
VERSION = re.compile(r"-(rhel)?[0-9][0-9.]*")


@dataclass(frozen=True)
class Difference:
    """One path that means something else: ``before`` or ``after`` is None if it says nothing."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if is_secret(self.path):
            return f"{self.path}: changes"
        if self.after is None:
            return f"{self.path}: {self.before} → removed" if self.before else f"{self.path}: removed"
        if self.before is None:
            return f"{self.path}: added {self.after}".rstrip()
        return f"{self.path}: {self.before} → {self.after}"


def differences(wanted: Element, current: Element) -> list[Difference]:
    """What libvirt's persistent XML is to say otherwise for the user's, in the order of the paths."""
    ours, theirs, record = flatten(wanted), flatten(current), read_record(current)
    if record is None:
        found = [_by_meaning(path, ours, theirs) for path in sorted({*ours, *theirs})]
    else:
        known = _Known(record, _written(record), _made(record))
        found = [_by_record(path, ours, theirs, known) for path in sorted({*ours, *theirs, *record})]
    changes = [change for change in found if change is not None]
    if record is None and wanted.get("id") is not None and all(
            dumped(change.path, change.after or "", ours) for change in changes):
        return []  # It is the dump of a running domain, and asks for nothing else.
    return changes


def _by_meaning(path: str, ours: Said, theirs: Said, whole: bool = True) -> Difference | None:
    """:param whole: whether libvirt may have added a device of which the user wrote nothing"""
    wanted, now = ours.get(path), theirs.get(path)
    if _met(path, wanted, theirs) or _goes_without_saying(path, wanted, now, ours):
        return None
    filled = wanted is None and now is not None and (kept(path, ours) or fills_in(path, now, ours, whole))
    return None if filled else Difference(path, now, wanted)


@dataclass(frozen=True)
class _Known:
    """A record, what the user wrote by it, and what libvirt made of that."""

    record: Record
    written: Said
    made: Said


def _by_record(path: str, ours: Said, theirs: Said, known: _Known) -> Difference | None:
    wanted, now = ours.get(path), theirs.get(path)
    if path not in known.record:
        # A newer libvirt may fill in more. A device that the record does not know was added by somebody else.
        return _by_meaning(path, ours, theirs, whole=known.made.has(device_of(path)))
    if wanted is None and kept(path, ours):
        return None
    told, made = known.record[path]
    if is_secret(path):  # Libvirt dropped, added or changed it.
        same = wanted == now or (hidden(wanted), hidden(now)) == (told, made)
        return None if same else Difference(path, now, wanted)
    if wanted == told and not (wanted is None and _is_gone(path, ours, known.written)):
        # Neither has changed, or the definition alone: it is to be again what libvirt made of the text.
        met = now == made or (wanted is not None and _met(path, wanted, theirs))
        return None if met else Difference(path, now, made)
    met = _met(path, wanted, theirs) or _goes_without_saying(path, wanted, now, ours)
    return None if met else Difference(path, now, wanted)


def _is_gone(path: str, ours: Said, written: Said) -> bool:
    """Whether the user removed the element to which libvirt added this."""
    element = path.rpartition("/")[0]
    while element not in ("", "devices"):
        if written.has(element):
            return not ours.has(element)
        element = element.rpartition("/")[0]
    return False


def _met(path: str, wanted: str | None, current: Said) -> bool:
    """Whether what the user wrote is there, if in more words."""
    now = current.get(path)
    if wanted is None or now == wanted:
        return now == wanted
    if wanted == "":  # an element without anything in it, to which libvirt may have added
        return current.has(path)
    if now is None or not now.startswith(WRITTEN_ON.get((path, wanted), wanted)):
        return False
    return (path, wanted) in WRITTEN_ON or (
        path == "os/type/@machine" and VERSION.fullmatch(now[len(wanted):]) is not None)


def _goes_without_saying(path: str, wanted: str | None, now: str | None, ours: Said) -> bool:
    """Whether one side says what the other one need not say."""
    value = now if wanted is None else wanted
    if (wanted is None) == (now is None) or value is None:
        return False
    return is_default(path, value, ours)


def normalised(wanted: Element, definition: Element) -> list[Difference]:
    """What libvirt made of something that the user wrote, where that means another thing: ``before`` is the user's."""
    ours, theirs = flatten(wanted, unread=True), flatten(definition)
    return [Difference(path, value, theirs.get(path)) for path, value in sorted(ours.items())
            if not _met(path, value, theirs) and not _goes_without_saying(path, value, theirs.get(path), ours)]


def waiting(definition: Element, live: Element, changes: t.Collection[Difference] = ()) -> list[Difference]:
    """What a running domain does otherwise than libvirt's definition says, and would not do after a restart.

    What libvirt resolves at the start of a domain is nothing of that. The record that a running domain carries says
    what it was started with, where that cannot be seen in what it runs with.

    :param live: the XML that it runs with, or was saved with
    :param changes: what is to be changed in the definition
    """
    said, runs, started = after_changes(flatten(definition), changes), flatten(live), read_record(live)
    defined, begun = after_changes(_made(read_record(definition)), changes), _made(started)
    found = []
    for path in sorted({*said, *runs}):
        should, does, device = said.get(path), runs.get(path), device_of(path)
        if never_waits(path) or _met(path, should, runs) or _goes_without_saying(path, should, does, said):
            continue
        part = (should is None) != (does is None) and said.has(device) and runs.has(device)
        resolved = at_start(path, does or "", said)
        if is_secret(path):  # no record has it
            waits = should is not None or not resolved
        elif resolved:
            waits = started is not None and defined.get(path) != begun.get(path)
        elif part and started is not None:
            waits = should != begun.get(path)
        else:
            waits = not (part and does is not None and fills_in(path, does, said))
        if waits:
            found.append(Difference(path, does, should))
    return found


def after_changes(said: Said, changes: t.Iterable[Difference]) -> Said:
    """What a definition says after changes."""
    told = Said(said)
    for change in changes:
        told.pop(change.path, None)
        if change.after is not None:
            told[change.path] = change.after
    return told


def _written(record: Record) -> Said:
    return Said({path: written for path, (written, _made) in record.items() if written is not None})


def _made(record: Record | None) -> Said:
    return Said({path: made for path, (_written, made) in (record or {}).items() if made is not None})
