# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From ovs_flow_export's parameters to the desired state; values that are not valid are refused here."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.model import FRESH, TABLES, Bridge, Export
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.targets import canonical_address, canonical_target
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

UINT32 = 2**32 - 1
NETDEV = re.compile(r"(?!\.{1,2}\Z)[^/:\s]{1,15}")

# The keys of IPFIX's other_config.
SWITCHES = ("enable-input-sampling", "enable-output-sampling", "enable-tunnel-sampling")
NAME = "virtual_obs_id"
NAME_BYTES = 254

# The port that collectors of a kind usually have.
PORTS = {"sflow": 6343, "netflow": 2055, "ipfix": 4739}

# What a column takes: the database's own limits, or what ovs-vswitchd can make of it where it has none.
RANGES = {
    "sflow": {"header": (1, 65535), "sampling": (1, UINT32), "polling": (0, UINT32)},
    "netflow": {"active_timeout": (-1, 2**31 - 1), "engine_id": (0, 255), "engine_type": (0, 255)},
    "ipfix": {
        "sampling": (1, UINT32), "obs_domain_id": (0, UINT32), "obs_point_id": (0, UINT32),
        "cache_active_timeout": (0, 4200), "cache_max_flows": (0, UINT32),
        "stats_interval": (1, 3600), "template_interval": (1, 3600),
    },
}


def desired_bridge(params: dict[str, t.Any]) -> Bridge:
    """What ovs_flow_export is asked for.

    :raises ValidationError: a value that no Open vSwitch could use
    """
    given = {kind: export(kind, params[kind]) for kind in TABLES if params[kind] is not None}
    if params["state"] == "absent":
        return Bridge(params["bridge"], dict.fromkeys(given or TABLES))
    if not given:
        raise ValidationError("ovs_flow_export", "no export is given",
                              remedy=f"Set at least one of {', '.join(TABLES)}, or turn all exports off with state: "
                              "absent")
    return Bridge(params["bridge"], dict(given))


def export(kind: str, options: dict[str, t.Any]) -> Export:
    """One export.

    :raises ValidationError: a value out of range, or no collector's address
    """
    for column, (least, most) in RANGES[kind].items():
        in_range(f"{kind}.{column}", options[column], least, most)
    columns = dict(options)
    columns["targets"] = targets(kind, options["targets"])
    if options.get("agent"):
        columns["agent"] = agent(f"{kind}.agent", options["agent"])
    if options.get("other_config") is not None:
        columns["other_config"] = other_config(f"{kind}.other_config", options["other_config"])
    return type(FRESH[kind])(**columns)


def targets(kind: str, given: list[str] | None) -> tuple[str, ...] | None:
    """The collectors.

    :raises ValidationError: there is none, or Open vSwitch could not send to one
    """
    if given is None:
        return None
    if not given:
        raise ValidationError(f"{kind}.targets", "an export needs at least one collector", given,
                              "Add a collector, or turn the export off with state: absent")
    found = set()
    for position, target in enumerate(given):
        try:
            found.add(canonical_target(target))
        except ValueError as error:
            raise ValidationError(f"{kind}.targets[{position}]", str(error), target,
                                  f"Write 192.0.2.9:{PORTS[kind]} or [2001:db8::9]:{PORTS[kind]}") from error
    return tuple(sorted(found))


def agent(subject: str, given: str) -> str:
    """An IP address, or what may be the name of a network interface.

    :raises ValidationError: it can be neither
    """
    address = canonical_address(given)
    if address is None and not NETDEV.fullmatch(given):
        raise ValidationError(subject, "this is neither the name of a network interface nor an IP address", given,
                              "Write eth0, 192.0.2.1 or 2001:db8::1")
    return address or given


def other_config(subject: str, given: dict[str, t.Any]) -> dict[str, str]:
    """The keys that are managed, as texts.

    :raises ValidationError: Open vSwitch knows no such key, or no such value of it
    """
    found = {}
    for key, value in given.items():
        if key not in (*SWITCHES, NAME):
            raise ValidationError(subject, "Open vSwitch does not have this key", key,
                                  f"Use one of {', '.join((*SWITCHES, NAME))}")
        text = "" if value is None else str(value)
        if key in SWITCHES and text.lower() not in ("true", "false", ""):
            raise ValidationError(f"{subject}.{key}", "it must be true or false", value)
        if key == NAME and not (text.isprintable() and len(text.encode()) <= NAME_BYTES):
            raise ValidationError(f"{subject}.{key}", f"it must be printable and have at most {NAME_BYTES} bytes",
                                  value,
                                  "Shorten it")
        if value is not None:
            found[key] = text.lower() if key in SWITCHES else text
    return found
