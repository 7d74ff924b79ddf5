# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt 11.3 made of XML as people write it, and of domains that it started."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.record import NAME, NAMESPACE, write_record
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element


def rows(name: str) -> list[dict[str, str]]:
    """The lines of a file of JSON. cases: ``xml`` of which vm_domain saw changes on every run, and the ``definition``
    that libvirt made of it; running: the ``definition`` of a domain, and the ``live`` XML that it runs with."""
    text = (Path(__file__).parent / f"{name}.jsonl").read_text(encoding="utf-8")
    return [t.cast("dict[str, str]", json.loads(line)) for line in text.splitlines()]


def with_record(wanted: Element, definition: Element) -> Element:
    """The definition with the record that a run of vm_domain leaves in it."""
    root = copy.deepcopy(definition)
    record = write_record(wanted, definition)
    record.tag = f"{{{NAMESPACE}}}{NAME}"
    xml.child(root, "metadata").append(record)
    return root
