# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a definition, which a domain carries in its metadata: what the user wrote, and what libvirt made of it.

libvirt fills in, rewrites and drops. With the record, none of that is taken for a change later, neither by the user
nor by somebody else. Of secrets, it holds only that libvirt dropped, added or changed one.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.filled import kept
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.flat import flatten
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.secrets import hidden, is_secret
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element

# Of all that the collection writes into metadata, each element in a namespace of its own, as libvirt wants it
OURS = "https://github.com/nfv-kvm/nfv.kvm/"
NAMESPACE, PREFIX, NAME = f"{OURS}definition", "nfv-kvm", "definition"
# Of the paths and values, as flat.py makes them; a record in another form is none.
FORM = "1"

# By path: what the user wrote, and what libvirt's definition says then; None for nothing
Record = t.Mapping[str, "tuple[str | None, str | None]"]


def read_record(domain: Element) -> Record | None:
    """The record in a domain's XML, None without one that can be read."""
    found = domain.find(f"metadata/{{{NAMESPACE}}}{NAME}")
    if found is None or found.get("form") != FORM:
        return None
    try:
        return {path: _entry(value) for path, value in json.loads(found.text or "").items()}
    except (ValueError, TypeError, AttributeError):  # somebody has edited it
        return None


def _entry(value: t.Any) -> tuple[str | None, str | None]:
    """:raises TypeError: these are no texts"""
    written, made = (value, value) if isinstance(value, str) else value
    if not all(isinstance(text, (str, type(None))) for text in (written, made)):
        raise TypeError(value)
    return written, made


def write_record(wanted: Element, definition: Element) -> Element:
    """The element with a record, without its namespace: libvirt gives it one, and takes none that has one already.

    :param wanted: the user's XML
    :param definition: what libvirt has made of it
    """
    made = xml.etree().Element(NAME, form=FORM)
    entries = {path: pair[0] if pair[0] == pair[1] else pair for path, pair in _record(wanted, definition).items()}
    made.text = json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return made


def _record(wanted: Element, definition: Element) -> Record:
    ours, theirs = flatten(wanted), flatten(definition)
    record = {}
    for path in {*ours, *theirs}:
        written, made = ours.get(path), theirs.get(path)
        if written is None and kept(path, ours):
            continue
        if not is_secret(path):
            record[path] = (written, made)
        elif written != made:
            record[path] = (hidden(written), hidden(made))
    return record
