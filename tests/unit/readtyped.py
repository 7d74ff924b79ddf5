# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of YAML as the types of module_utils, for tests of rules."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.given import Reader


def read(kind: t.Any, value: object) -> t.Any:
    """A value as one of a type; it has to be right."""
    reader = Reader("")
    found = reader.read(kind, value, "value")
    assert reader.errors == []
    return found
