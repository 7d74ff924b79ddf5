# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices of the host NICs and networks ask 802.1Qbh of."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.networks import network_of
from ansible_collections.nfv.kvm.plugins.module_utils.vm_fex import Use, uses_of, uses_of_network, warnings_of


def warnings_of_nics(host: Host, connection: Connection, nics: t.Iterable[tuple[str, Interface]]) -> tuple[str, ...]:
    """What is known not to work of NICs with 802.1Qbh.

    :param nics: what messages call each, and all that it will be
    :raises ValidationError: the host's own table of that is broken
    """
    return warnings_of(host, [use for subject, nic in nics for use in _uses(host, connection, subject, nic)])


def _uses(host: Host, connection: Connection, subject: str, nic: Interface) -> list[Use]:
    if nic.source_network is not None:
        try:
            network = network_of(connection, subject, nic, moves=False).network
        except ValidationError:  # it, or the port group, has gone: that is refused if the NIC is to change
            return []
        return uses_of_network(host, subject, network) if "802.1Qbh" in (nic.switch, network.switch) else []
    if nic.switch != "802.1Qbh":
        return []
    device = nic.source_vf or nic.source_dev
    return uses_of(host, subject, nic.source_mode or str(nic.type), devices=[device] if device else [])
