# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From sriov_vf's parameters to the desired state; values that are not valid are refused here."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.mac import unicast_mac
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf, Vf, VfSettings
from ansible_collections.nfv.kvm.plugins.module_utils.values import MTU, VLAN_IDS, in_range

DRIVER = re.compile(r"[A-Za-z0-9_-]{1,64}")
RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
SETTINGS = tuple(field.name for field in dataclasses.fields(VfSettings))


def desired_pf(params: dict[str, t.Any]) -> Pf:
    """What sriov_vf is asked for.

    :raises ValidationError: a value that no host could accept
    """
    in_range("numvfs", params["numvfs"], 0, 65535)
    in_range("mtu", params["mtu"], *MTU)
    in_range("timeout", params["timeout"], 1, 86400)
    vfs: dict[int, Vf] = {}
    macs: dict[str, int] = {}
    for position, entry in enumerate(params["vfs"] or []):
        subject = f"vfs[{position}]"
        settings = vf_settings(subject, entry)
        driver = vf_driver(f"{subject}.driver", entry.get("driver"))
        indexes = vf_indexes(f"{subject}.index", entry["index"])
        if settings.mac and len(indexes) > 1:
            raise ValidationError(
                f"{subject}.mac", f"{len(indexes)} VFs cannot share one MAC", settings.mac, "Give each VF its own entry"
            )
        for index in indexes:
            if index in vfs:
                raise ValidationError(
                    f"{subject}.index", "this VF already has an entry", index, "Keep one entry per VF"
                )
            if settings.mac and settings.mac in macs:
                raise ValidationError(
                    f"{subject}.mac", f"VF {macs[settings.mac]} is given the same MAC", settings.mac,
                    "Give each VF of a PF its own MAC",
                )
            if settings.mac:
                macs[settings.mac] = index
            vfs[index] = Vf(index, settings, driver)
    return Pf(
        name=params["pf"], numvfs=params["numvfs"], drivers_autoprobe=params["drivers_autoprobe"],
        mtu=params["mtu"], up=params["up"], vfs=vfs, persistent=params["persistent"],
    )


def vf_settings(subject: str, entry: dict[str, t.Any]) -> VfSettings:
    """The settings of one entry of ``vfs``.

    :raises ValidationError: a value out of range, or two that contradict each other
    """
    settings = VfSettings(**{name: entry.get(name) for name in SETTINGS})
    in_range(f"{subject}.vlan", settings.vlan, 0, VLAN_IDS[1])
    in_range(f"{subject}.qos", settings.qos, 0, 7)
    in_range(f"{subject}.min_tx_rate", settings.min_tx_rate, 0, 2**32 - 1)
    in_range(f"{subject}.max_tx_rate", settings.max_tx_rate, 0, 2**32 - 1)
    for name in ("qos", "vlan_protocol"):
        if getattr(settings, name) and not settings.vlan:
            raise ValidationError(
                f"{subject}.{name}", "it is a property of the VLAN tag, and this entry sets no VLAN",
                getattr(settings, name),
                f"Add vlan (1-4094) to the same entry, or remove {name}",
            )
    if settings.max_tx_rate and (settings.min_tx_rate or 0) > settings.max_tx_rate:
        raise ValidationError(
            f"{subject}.min_tx_rate", f"it is above max_tx_rate {settings.max_tx_rate}", settings.min_tx_rate,
            "Lower it, or raise max_tx_rate",
        )
    if settings.mac is not None:
        settings = dataclasses.replace(settings, mac=unicast_mac(f"{subject}.mac", settings.mac))
    return settings


def vf_driver(subject: str, driver: str | None) -> str | None:
    """The driver's name.

    :raises ValidationError: no driver can be called so
    """
    if driver is not None and not DRIVER.fullmatch(driver):
        raise ValidationError(subject, "this is not the name of a driver", driver,
                              "Write vfio-pci, default, none, or a name from /sys/bus/pci/drivers")
    return driver


def vf_indexes(subject: str, index: object) -> list[int]:
    """The VFs that an ``index`` means: 3, [0, 2], "0-3,6" or a list of such.

    :raises ValidationError: it is not one of these, or a range that runs backwards
    """
    indexes: list[int] = []
    for part in index if isinstance(index, list) else str(index).split(","):
        match = RANGE.fullmatch(str(part).strip())
        if not match:
            raise ValidationError(subject, "this is not a VF index",
                                  index, 'Write 3, [0, 2] or "0-3,6"; the first VF is 0')
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        if last < first:
            raise ValidationError(subject, "the range ends before it starts", index, f'Write "{last}-{first}"')
        indexes.extend(range(first, last + 1))
    if not indexes:
        raise ValidationError(subject, "it contains no VF index", index, 'Write 3, [0, 2] or "0-3,6"')
    return indexes
