# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which domain of a host holds which CPUs and how much memory."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt import xml
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.xml import Element
from ansible_collections.nfv.kvm.plugins.module_utils.placement.model import Holder
from ansible_collections.nfv.kvm.plugins.module_utils.placement.xml import read_holder


def read_holders(connection: Connection, online: t.Collection[int], without: str | None = None) -> tuple[Holder, ...]:
    """The domains that run or are defined, by name.

    :param online: the CPUs of the host
    :param without: the name of a domain that is left out
    """
    found = [holder_of(domain, online) for domain in connection.domains() if domain.name != without]
    return tuple(sorted(filter(None, found), key=lambda holder: holder.domain))


def holder_of(domain: Domain, online: t.Collection[int]) -> Holder | None:
    """What a domain holds, None for one that has just gone."""
    live, definition = xml_of(domain)
    return None if live is None and definition is None else read_holder(domain.name, online, definition, live)


def xml_of(domain: Domain) -> tuple[Element | None, Element | None]:
    """What a domain runs with, None if it does not run, and its definition, None for a transient one."""
    live, definition = (None if text is None else xml.parse(text, f"domain {domain.name}")
                        for text in (domain.live_xml(), domain.definition()))
    return live, definition
