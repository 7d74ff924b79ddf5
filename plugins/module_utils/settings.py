# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of which a user may leave any open: the same class for those that are wanted and those that are there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

Kind = t.TypeVar("Kind", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """None is not managed in what is wanted, and not there or not known in what is there."""

    def given(self) -> dict[str, t.Any]:
        """The settings that are not None, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def overlaid(self: Kind, wanted: Kind) -> Kind:
        """These settings with what is given in ``wanted``."""
        return replace(self, **wanted.given())
