# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page about all hosts, which needs nothing but itself."""

from __future__ import annotations

import html
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.outcome import Fleet, HostReport
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.placement import cpus_of, pages_of, pfs_of
from ansible_collections.nfv.kvm.plugins.module_utils.readiness.report.text import clean

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


def page(fleet: Fleet) -> str:
    """The page."""
    summary = ", ".join(f"{count} {state}" for state, count in fleet.summary.items()) or "no hosts"
    hosts = [(f"host{number}", host) for number, host in enumerate(fleet.hosts, 1)]
    overview = [[link(anchor, host.host), coloured(host.state), text(host.note)] for anchor, host in hosts]
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
        f"<p>{html.escape(summary)}</p>",
        *table(("Host", "State", "Remark"), overview),
        *(line for anchor, host in hosts for line in host_section(anchor, host)),
        "</body>",
        "</html>",
    ])


def host_section(anchor: str, host: HostReport) -> list[str]:
    """The part of the page that is about one host."""
    rows = [[text(check.name), coloured(check.status), text(check.cause or ""), text(check.found), text(check.remedy)]
            for check in host.checks]
    lines = [f'<h2 id="{anchor}">{html.escape(clean(host.host))}: {html.escape(host.state)}</h2>']
    if host.note:
        lines.append(f"<p>{html.escape(clean(host.note))}</p>")
    nodes = [[text(str(node.numa_node)), text(cpus_of(node)), text(pages_of(node)), text(pfs_of(node))]
             for node in host.nodes]
    lines += table(("Check", "Status", "Cause", "Found", "What to do"), rows) if rows else []
    return lines + (table(("NUMA node", "CPUs", "Huge pages", "PFs"), nodes) if nodes else [])


def table(headings: t.Sequence[str], rows: list[list[str]]) -> list[str]:
    """A table of cells that are HTML already."""
    head = "".join(f'<th scope="col">{html.escape(heading)}</th>' for heading in headings)
    return ["<table>", f"<tr>{head}</tr>", *(f"<tr>{''.join(row)}</tr>" for row in rows), "</table>"]


def text(value: str) -> str:
    """A cell with a text."""
    return f"<td>{html.escape(clean(value))}</td>"


def link(anchor: str, value: str) -> str:
    """A cell that leads to a place of the page."""
    return f'<td><a href="#{anchor}">{html.escape(clean(value))}</a></td>'


def coloured(value: str) -> str:
    """A cell with a status or a state, which the colour only repeats."""
    return f'<td class="status {COLOURS.get(value, "soso")}">{html.escape(clean(value))}</td>'
