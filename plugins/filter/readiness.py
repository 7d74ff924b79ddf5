# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of the playbook prepare_host: which hosts are ready, as tables for a terminal and as a page for a fleet."""

from __future__ import annotations

import html
import typing as t
import unicodedata
from collections import Counter

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.verdict import STATUSES
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

Dict = dict[str, t.Any]

# The worst first, as of the statuses of checks.
STATES = ("failed", "not reached", "not ready", "waits for a reboot", "ready")
# Ansible shows a line of a list within eight blanks, two quotes and a comma: of 80 columns, these are left.
WIDTH = 69
HEADINGS = ("CHECK", "STATUS", "CAUSE, OR WHAT WAS FOUND")
BAR = "| "
STYLE = """
body { font: 16px/1.4 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 0.5em 0 2em }
th, td { text-align: left; vertical-align: top; padding: 0.3em 0.8em; border-bottom: 1px solid #ccc }
td { overflow-wrap: anywhere }
td:first-child, .status { white-space: nowrap; overflow-wrap: normal }
.bad { background: #fbd5d5 } .soso { background: #fdf0c4 } .good { background: #d8f0d8 }
""".strip()
COLOURS = {
    "fail": "bad", "warn": "soso", "unknown": "soso", "ok": "good",
    "failed": "bad", "not reached": "bad", "not ready": "bad", "waits for a reboot": "soso", "ready": "good",
}


def readiness_fleet(outcomes: Dict) -> Dict:
    """What became of the hosts, in a form for programs.

    :param outcomes: for each host ``checks``, ``ready`` and ``failed`` as bios_check returns them, ``reboot`` (what
        waits for one) and ``error`` (why it was not prepared); empty for a host that was not reached
    :returns: ``summary`` (how many hosts are in which state) and ``hosts`` [{``host``, ``state``, ``ready``,
        ``reboot_required``, ``reboot_reasons``, ``error``, ``checks``}]
    """
    hosts = [{
        "host": host,
        "state": state_of(outcome),
        "ready": state_of(outcome) == "ready",
        "reboot_required": bool(outcome.get("reboot")),
        "reboot_reasons": list(outcome.get("reboot") or []),
        "error": outcome.get("error") or "",
        "checks": list(outcome.get("checks") or []),
    } for host, outcome in outcomes.items()]
    counts = Counter(host["state"] for host in hosts)
    return {"summary": {state: counts[state] for state in STATES if counts[state]}, "hosts": hosts}


def state_of(outcome: Dict) -> str:
    """A host in a few words; one that waits for a reboot may be ready after it, whatever it lacks now.

    Where a warning is to fail a host, bios_check calls it ready, and fails.
    """
    if not outcome:
        return "not reached"
    if outcome.get("error"):
        return "failed"
    if outcome.get("reboot"):
        return "waits for a reboot"
    return "ready" if outcome.get("ready") and not outcome.get("failed") else "not ready"


def readiness_table(outcome: Dict, host: str, width: int = WIDTH) -> list[str]:
    """What became of one host, as lines of text.

    :param outcome: as readiness_fleet takes it
    :param host: its name
    :param width: how many columns there are
    """
    checks = outcome.get("checks") or []
    counts = Counter(check["status"] for check in checks)
    told = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    lines = wrapped(f"{host}: {state_of(outcome)}{f' ({told})' if told else ''}", width)
    lines += wrapped(remark(outcome), width)
    # A line that began with a blank would be shown with quotes by some of Ansible's callbacks, and others without.
    within = width - columns(BAR)
    return lines + [(BAR + line).rstrip() for line in check_lines(checks, within)] if checks else lines


def check_lines(checks: list[Dict], width: int) -> list[str]:
    """The table itself: who is to blame stands beside a check, what to do below it."""
    rows = [HEADINGS, *((check["name"], check["status"], check.get("cause") or "") for check in checks)]
    widths = [min(max(columns(clean(row[place])) for row in rows), limit) for place, limit in enumerate((20, 8))]
    rest = width - sum(widths) - 2 * len(widths)
    lines = row_lines([wrapped(heading, rest) for heading in HEADINGS], widths)
    for check, (name, status, cause) in zip(checks, rows[1:]):
        beside = cause if check.get("remedy") else check["found"]
        lines += row_lines([wrapped(name, widths[0]), wrapped(status, widths[1]), wrapped(beside, rest)], widths)
        if check.get("remedy"):
            below = wrapped(check["found"], width - 4) + wrapped(f"-> {check['remedy']}", width - 4, "   ")
            lines += [f"    {line}" for line in below]
    return lines


def remark(outcome: Dict) -> str:
    """What is to be said of a host as a whole."""
    if outcome.get("error"):
        return str(outcome["error"])
    if outcome.get("reboot"):
        return f"Reboot it for {'; '.join(outcome['reboot'])} (kvm_host_reboot: true does)."
    return "" if outcome else "It was not reached, or was lost on the way."


def row_lines(cells: list[list[str]], widths: list[int]) -> list[str]:
    """A row of a table, as high as the highest of its cells; the last of them is as wide as it is."""
    lines = []
    for place in range(max(map(len, cells))):
        texts = [cell[place] if place < len(cell) else "" for cell in cells]
        padded = [text + " " * (width - columns(text)) for text, width in zip(texts, widths)]
        lines.append("  ".join([*padded, texts[-1]]).rstrip())
    return lines


def clean(text: object) -> str:
    """Text without what would move a terminal's cursor or hide what is written."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "?" for char in str(text))


def columns(text: str) -> int:
    """How many columns Ansible takes to show a text: two for the wide characters of some scripts, and for those that
    it escapes."""
    return sum(0 if unicodedata.combining(char) else 2 if char in '"\\' or unicodedata.east_asian_width(char) in "WF"
               else 1 for char in text)


def wrapped(text: object, width: int, indent: str = "") -> list[str]:
    """Lines of a text that are no wider than that; a word that is wider is cut.

    :param indent: what all lines but the first begin with
    """
    lines: list[str] = []
    line = ""
    for word in clean(text).split():
        if line.strip() and columns(f"{line} {word}") <= width:
            line += f" {word}"
            continue
        if line.strip():
            lines.append(line)
            line = indent
        for char in word:
            if columns(line + char) > width:
                lines.append(line)
                line = indent
            line += char
    return [*lines, line] if line.strip() else lines


def readiness_html(fleet: Dict) -> str:
    """A page about all hosts, which needs nothing but itself.

    :param fleet: what readiness_fleet returns
    """
    told = ", ".join(f"{count} {state}" for state, count in fleet["summary"].items()) or "no hosts"
    hosts = [(f"host{number}", host) for number, host in enumerate(fleet["hosts"], 1)]
    overview = [[link(anchor, host["host"]), coloured(host["state"]), text(note(host))] for anchor, host in hosts]
    return "\n".join([
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
        '<meta name="viewport" content="width=device-width">',
        "<title>KVM hosts: which are ready</title>",
        f"<style>\n{STYLE}\n</style>",
        "</head>",
        "<body>",
        "<h1>KVM hosts: which are ready</h1>",
        f"<p>{html.escape(told)}</p>",
        *table(("Host", "State", "Remark"), overview),
        *(line for anchor, host in hosts for line in host_section(anchor, host)),
        "</body>",
        "</html>",
    ])


def host_section(anchor: str, host: Dict) -> list[str]:
    """The part of the page that is about one host."""
    rows = [[text(check["name"]), coloured(check["status"]), text(check.get("cause") or ""), text(check["found"]),
             text(check.get("remedy") or "")] for check in host["checks"]]
    lines = [f'<h2 id="{anchor}">{html.escape(clean(host["host"]))}: {html.escape(host["state"])}</h2>']
    if note(host):
        lines.append(f"<p>{html.escape(clean(note(host)))}</p>")
    return lines + (table(("Check", "Status", "Cause", "Found", "What to do"), rows) if rows else [])


def note(host: Dict) -> str:
    """The remark on a host of a fleet."""
    reached = host["state"] != "not reached"
    return remark({"error": host["error"], "reboot": host["reboot_reasons"]} if reached else {})


def table(headings: t.Sequence[str], rows: list[list[str]]) -> list[str]:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    return ["<table>", f"<tr>{head}</tr>", *(f"<tr>{''.join(row)}</tr>" for row in rows), "</table>"]


def text(value: object) -> str:
    """A cell with a text."""
    return f"<td>{html.escape(clean(value))}</td>"


def link(anchor: str, value: object) -> str:
    """A cell that leads to a place of the page."""
    return f'<td><a href="#{anchor}">{html.escape(clean(value))}</a></td>'


def coloured(value: str) -> str:
    """A cell with a status or a state, which the colour only repeats."""
    return f'<td class="status {COLOURS.get(value, "soso")}">{html.escape(clean(value))}</td>'


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {
            "readiness_fleet": door.guarded(readiness_fleet, outcomes={"*": shapes.OUTCOME}),
            "readiness_table": door.guarded(readiness_table, outcome=shapes.OUTCOME, host=str, width=range(20, 1000)),
            "readiness_html": door.guarded(readiness_html, fleet=shapes.FLEET),
        }
