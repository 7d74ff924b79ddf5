# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What meta/runtime.yml says of the collection, against the modules."""

from __future__ import annotations

import importlib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
RUNTIME = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))


def options() -> dict[str, set[str]]:
    """By module, the names of its options."""
    found = {}
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        module = importlib.import_module(f"ansible_collections.nfv.kvm.plugins.modules.{path.stem}")
        found[path.stem] = set(getattr(module, "SPEC", None) or module.ARGUMENTS)
    assert len(found) > 10
    return found


def test_groups_are_what_their_modules_have_in_common() -> None:
    """An option that module_defaults gives to a group is one of each of its modules."""
    of = options()
    assert {
        "host": sorted(module for module in of if "hostname" not in of[module]),
        "libvirt": sorted(module for module in of if "uri" in of[module]),
        "ucs": sorted(module for module in of if {"hostname", "username", "password"} <= of[module]),
    } == RUNTIME["action_groups"]
