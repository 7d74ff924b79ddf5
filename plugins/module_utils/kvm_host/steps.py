# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done on a host: files, and what the boot loader needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import Words
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts

NOTE = "# Written by nfv.kvm's role kvm_host"


@dataclass(frozen=True)
class File:
    """A file that is to be written."""

    path: str
    content: str
    mode: str


@dataclass(frozen=True)
class Boot:
    """What is to be done so that the next boot has the kernel arguments that are wanted.

    :param loader: grub, grubby, systemd-boot, or None
    :param line: what the next boot has now
    :param stale: files to remove
    :param commands: what to run when the files are so
    """

    loader: str | None
    line: str = ""
    files: list[File] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    commands: list[Words] = field(default_factory=list)


def changed_files(facts: Facts, contents: Mapping[str, str]) -> list[File]:
    """Those files of which the content is to be another; they keep their mode."""
    return [File(path, content, facts.modes.get(path, "0644"))
            for path, content in contents.items() if facts.texts.get(path) != content]
