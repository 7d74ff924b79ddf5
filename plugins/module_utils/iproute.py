# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""iproute2: one process to read a link with its VFs, one to change it."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

FAILED_LINE = re.compile(r"^Command failed -:(\d+)$", re.MULTILINE)


class BatchFailed(CommandFailed):
    """A line of a batch was refused; those before it were carried out.

    ``line``: its number, from 0. ``cause``: the kernel's answer.
    """

    def __init__(self, line: int, text: str, answer: str) -> None:
        super().__init__(f"ip {text}", answer)
        self.line = line


def show_link(host: Host, netdev: str) -> dict[str, t.Any]:
    """A link as ``ip -json -details link show`` tells it, VFs under ``vfinfo_list``.

    :raises CommandFailed: ip refuses
    """
    done = host.run(["ip", "-json", "-details", "link", "show", "dev", netdev])
    if done.returncode != 0:
        raise CommandFailed(netdev, f"ip link show answers: {done.stderr.strip()}")
    link: dict[str, t.Any] = json.loads(done.stdout)[0]
    return link


def batch(host: Host, lines: list[str]) -> None:
    """Carry out lines of ip commands (without the word ip) in one process.

    :raises BatchFailed: a line was refused
    """
    done = host.run(["ip", "-batch", "-"], stdin="".join(f"{line}\n" for line in lines))
    if done.returncode != 0:
        failed = FAILED_LINE.search(done.stderr)
        line = int(failed.group(1)) - 1 if failed else 0
        answer = FAILED_LINE.sub("", done.stderr).strip().replace("RTNETLINK answers: ", "").replace("\n", " ")
        raise BatchFailed(line, lines[line], answer)
