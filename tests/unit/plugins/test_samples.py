# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each value that a module or a filter returns is documented with a sample of its type."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
import yaml

PLUGINS = Path(__file__).parents[3] / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
FILTERS = sorted(path.stem for path in (PLUGINS / "filter").glob("*.yml"))
TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str, "bool": bool, "int": int, "float": (int, float), "dict": dict, "list": list,
    "raw": object}


def values(documented: dict[str, t.Any], path: str = "") -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """The values without parts, by their paths. One with parts needs no sample, since these have theirs."""
    for name, value in documented.items():
        if "contains" in value and "sample" not in value:
            yield from values(value["contains"], f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def faults(documented: dict[str, t.Any]) -> list[str]:
    found = []
    for path, value in values(documented):
        kind = TYPES[value["type"]]
        if "sample" not in value:
            found.append(f"{path}: no sample")
        elif not isinstance(value["sample"], kind) or (kind is int and isinstance(value["sample"], bool)):
            found.append(f"{path}: {value['sample']!r} is no {value['type']}")
        elif "elements" in value:
            found += [f"{path}: {one!r} is no {value['elements']}" for one in value["sample"]
                      if not isinstance(one, TYPES[value["elements"]])]
    return found


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.nfv.kvm.plugins.modules.{name}")
    assert faults(yaml.safe_load(module.RETURN)) == []


@pytest.mark.parametrize("name", FILTERS)
def test_filter(name: str) -> None:
    documents = list(yaml.safe_load_all((PLUGINS / "filter" / f"{name}.yml").read_text(encoding="utf-8")))
    assert faults(documents[0]["RETURN"]) == []
