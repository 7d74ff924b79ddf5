# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the page of the documentation site about appliance profiles: python .ci/profile_pages.py

It is the README of the profiles, a table of what they say, and the files themselves. Run it from the root of the
repository; ``make docs`` does.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

import yaml

FOLDER = Path("roles/virtual_appliance/profiles")
COLUMNS: dict[str, t.Callable[[dict[str, t.Any]], object]] = {
    "vCPUs": lambda profile: profile["vcpus"],
    "memory (MiB)": lambda profile: profile["memory"],
    "machine type": lambda profile: machines(profile["machine"]),
    "NICs in order": lambda profile: nics(profile["nics"]),
    "NICs while it runs": lambda profile: "yes" if profile["nics"].get("hotplug", True) else "no",
    "day-0 medium": lambda profile: day0(profile.get("day0")),
    "ready when the console shows": lambda profile: ready(profile.get("ready")),
}


def main() -> None:
    profiles = {path.stem: path for path in sorted(FOLDER.glob("*.yml"))}
    print((FOLDER / "README.md").read_text(encoding="utf-8"))
    print("## What they set\n")
    print("| profile |", " | ".join(COLUMNS), "|")
    print("| --- " * (len(COLUMNS) + 1) + "|")
    for name, path in profiles.items():
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
        print(f"| `{name}` |", " | ".join(str(value(profile)) for value in COLUMNS.values()), "|")
    for name, path in profiles.items():
        print(f"\n## {name}\n\n```yaml\n{path.read_text(encoding='utf-8')}```")


def machines(given: str | list[str]) -> str:
    """The machine types in their order."""
    return ", ".join(map(code, [given] if isinstance(given, str) else given))


def nics(options: dict[str, t.Any]) -> str:
    """The names of the first NICs, and their model."""
    data = [options["data"].format(n=options.get("first", 0) + place) for place in range(2)]
    return f"{', '.join(map(code, [*options['management'], *data]))} … as {code(options.get('model', 'virtio'))}"


def day0(options: dict[str, t.Any] | None) -> str:
    """The kind, the bus and the label of a day-0 medium."""
    if options is None:
        return "none"
    kind = {"iso": "ISO 9660", "vmm": "FAT disk"}[options.get("kind", "iso")]
    return f"{kind} on {options['bus']}, label {code(options['label'])}"


def ready(options: dict[str, t.Any] | None) -> str:
    """What a console prints, and how long a guest may take to print it."""
    return f"{code(options['console'])}, within {options['timeout']} s" if options else "not checked"


def code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    main()
