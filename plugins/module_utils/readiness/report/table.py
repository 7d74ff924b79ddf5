# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a host, as lines for a terminal."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.nfv.kvm.plugins.module_utils.given import number
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.outcome import (
    Check,
    MaybeOutcome,
    Outcome,
    remark,
    state_of,
)
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.placement import sentence
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.text import clean, columns, wrapped
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import STATUSES

# Ansible shows a line of a list within eight blanks, two quotes and a comma: of 80 columns, these are left.
WIDTH = 69
HEADINGS = ("CHECK", "STATUS", "CAUSE, OR WHAT WAS FOUND")
BAR = "| "


def table(outcome: MaybeOutcome, host: str, width: t.Annotated[int, number(20, 999)] = WIDTH) -> list[str]:
    """What became of one host.

    :param host: its name
    :param width: how many columns there are
    """
    checks, nodes = (outcome or Outcome()).checks, (outcome or Outcome()).nodes
    counts = Counter(check.status for check in checks)
    summary = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    lines = wrapped(f"{host}: {state_of(outcome)}{f' ({summary})' if summary else ''}", width)
    lines += wrapped(remark(outcome), width)
    # A line that began with a blank would be shown with quotes by some of Ansible's callbacks, and others without.
    within = width - columns(BAR)
    below = check_lines(checks, within) if checks else []
    below += [line for node in nodes for line in wrapped(sentence(node), within, "    ")]
    return lines + [(BAR + line).rstrip() for line in below]


def check_lines(checks: tuple[Check, ...], width: int) -> list[str]:
    """The table itself: who is to blame stands beside a check, what to do below it."""
    names, statuses = ([clean(text) for text in texts] for texts in zip(
        HEADINGS[:2], *((check.name, check.status) for check in checks)))
    widths = [min(max(map(columns, texts)), limit) for texts, limit in ((names, 24), (statuses, 8))]
    rest = width - sum(widths) - 2 * len(widths)
    lines = row_lines([wrapped(heading, rest) for heading in HEADINGS], widths)
    for check in checks:
        beside = check.cause or "" if check.remedy else check.found
        lines += row_lines([wrapped(text, size) for text, size in zip(
            (check.name, check.status, beside), (*widths, rest))], widths)
        if check.remedy:
            below = wrapped(check.found, width - 4) + wrapped(f"-> {check.remedy}", width - 4, "   ")
            lines += [f"    {line}" for line in below]
    return lines


def row_lines(cells: list[list[str]], widths: list[int]) -> list[str]:
    """A row of a table, as high as the highest of its cells; the last of them is as wide as it is."""
    lines = []
    for place in range(max(map(len, cells))):
        texts = [cell[place] if place < len(cell) else "" for cell in cells]
        padded = [text + " " * (width - columns(text)) for text, width in zip(texts, widths)]
        lines.append("  ".join([*padded, texts[-1]]).rstrip())
    return lines
