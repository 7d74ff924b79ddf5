# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parameters of port_profile, checked as far as no host is needed for it."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import options
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.rows import Check, asked
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port_profile.model import GROUP_ROWS, PortProfile

SETTINGS = ("default", "vlan", "virtualport", "bandwidth", "trust_guest_rx_filters", "isolated")
# By option, what gives the value of the field
CHECKS: dict[str, Check] = {
    "vlan": options.vlan_of, "virtualport": functools.partial(options.virtualport_of, shared=True),
    **dict.fromkeys(("bandwidth.inbound", "bandwidth.outbound"), functools.partial(options.rate_of, shared=True)),
}


def wanted_profile(params: dict[str, t.Any]) -> PortProfile:
    """What is to be managed of the profile.

    :raises ValidationError: a parameter is not valid
    """
    name = params["name"]
    if not name or not options.printable(name):
        raise ValidationError("name", f"a profile needs a name of printable characters without {options.UNESCAPED}",
                              name, "Use a name such as gold")
    options.refuse_absent(params, SETTINGS, "profile")
    _check_places(params["isolated"], (params["bandwidth"] or {}).get("inbound") or {})
    return PortProfile(**asked(GROUP_ROWS, params, CHECKS))


def _check_places(isolated: bool | None, inbound: dict[str, t.Any]) -> None:
    """Refuse what a port group has no place for: libvirt 11.3 drops the first, and refuses the second (both seen)."""
    if isolated:
        raise NotSupported("isolated", "libvirt isolates single NICs or a whole network, but not the NICs of a port "
                           "group", True, "Remove isolated, or use a separate VLAN")
    if inbound.get("floor") is not None:
        raise NotSupported("bandwidth.inbound.floor", "libvirt guarantees a floor for single NICs only",
                           inbound["floor"], "Remove floor, and set it for each NIC with nfv.kvm.vm_interface")
