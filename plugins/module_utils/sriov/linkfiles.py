# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The .link files of a host's user that would apply to a PF, and keep ours from it or be kept from it by ours.

udev tells which file it has applied, which says nothing of one that was written since (systemd.link(5)).
"""

from __future__ import annotations

import fnmatch
import os.path
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.pci import NETDEVS
from ansible_collections.nfv.kvm.plugins.module_utils.sriov import rendering
from ansible_collections.nfv.kvm.plugins.module_utils.sriov.model import Pf

# A file hides those of the same name further on.
FOLDERS = ("/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network")


def rivals(host: Host, pf: Pf) -> tuple[str, ...]:
    """The .link files of the host's user that are for the PF, of which systemd applies the first one by name.

    Once ours is there, those behind it were written in spite of it, and keep nothing from the PF.
    """
    own = rendering.link_path(pf.pci_address)
    files = [(path, match) for path, match in user_files(host, own) if match
             and (own not in pf.files or os.path.basename(path) < os.path.basename(own))]
    values = match_values(host, pf) if files else {}
    # A key that is not known here, such as of the host's own name, keeps no file from the PF.
    return tuple(path for path, match in files
                 if all(is_met(words, values[key]) for key, words in match.items() if key in values))


def refuse_rivals(pf: Pf) -> None:
    """:raises NotSupported: files of the PF are to be written, and a .link file of the host's user is for it."""
    for path in pf.rivals:
        raise NotSupported(
            "persistent", f"{path} matches {pf.name}, and systemd applies only one .link file to a netdev", True,
            "Remove that file, or omit persistent",
        )


def user_files(host: Host, own: str) -> t.Iterator[tuple[str, dict[str, list[str]]]]:
    """The .link files that distributions do not bring and that are not ours, with their [Match] sections."""
    seen = set()
    for folder in FOLDERS:
        for name in host.names(folder):
            path = f"{folder}/{name}"
            if name.endswith(".link") and name not in seen and path != own:
                seen.add(name)
                yield path, match_section(host.read(path) or "")


def match_section(text: str) -> dict[str, list[str]]:
    """The words of each key in [Match]; nothing for a file without that section, which systemd ignores."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in text.replace("\\\n", " ").splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Match]" and "=" in line and line[0] not in "#;":
            key, value = line.split("=", maxsplit=1)
            found[key.strip()] = [*found.get(key.strip(), []), *value.split()] if value.strip() else []
    return found


def match_values(host: Host, pf: Pf) -> dict[str, list[str]]:
    """What the keys of [Match] are compared with; what a PF does not have, no pattern fits, not even ``*``.

    udev has a MAC of before a bond or a bridge gave the PF its own.
    """
    done = host.run(["udevadm", "info", "--query=property", f"--path={NETDEVS}/{pf.name}"])
    properties = dict(line.split("=", maxsplit=1) for line in done.stdout.splitlines() if "=" in line)
    by_udev = ":".join(re.findall("..", properties.get("ID_NET_NAME_MAC", "")[3:]))
    macs = [host.read(f"{NETDEVS}/{pf.name}/address") or "", by_udev]
    values = {
        "MACAddress": macs, "PermanentMACAddress": macs, "Path": [properties.get("ID_PATH", "")],
        "Driver": [pf.driver or ""], "OriginalName": [pf.name], "Type": ["ether"], "Kind": [],
        "Property": [f"{name}={value}" for name, value in properties.items()],
    }
    return {key: [value for value in found if value] for key, found in values.items()}


def is_met(words: list[str], values: list[str]) -> bool:
    """Whether one of the patterns fits; after an exclamation mark, none may. No pattern at all asks for nothing."""
    negated = bool(words) and words[0].startswith("!")
    patterns = " ".join(words).lower().lstrip("!").split()
    fits = any(fnmatch.fnmatchcase(value.lower(), pattern) for value in values for pattern in patterns)
    return not patterns or fits != negated
