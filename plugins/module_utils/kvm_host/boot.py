# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host's boot loader comes to give the kernel its arguments."""

from __future__ import annotations

import re

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted, merged
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import (
    DEFAULT_SIZE,
    HUGEPAGES,
    changes,
    name_of,
    split,
)
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Said, Settings
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.grub import DEFAULTS, grub
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.steps import Boot, changed_files

# kernel-install makes entries with these; where neither is, with what the kernel was booted with (kernel-install(8)).
CMDLINES = ("/etc/kernel/cmdline", "/usr/lib/kernel/cmdline")
BOOT_LOADERS_OWN = ("BOOT_IMAGE", "initrd")


def boot(said: Said, settings: Settings) -> Boot:
    """What is to be done.

    :param said: what the role's script printed
    """
    loader = loader_of(said) if settings.boot_loader == "auto" else settings.boot_loader
    plans = {"grub": grub, "grubby": grubby, "systemd-boot": systemd_boot}
    return plans[loader](said, said.wanted(settings)) if loader else Boot(None)


def loader_of(facts: Facts) -> str | None:
    """The boot loader that the host has; the firmware's variable says who really booted it."""
    if "kernel=" in facts.text("grubby"):
        return "grubby"
    if "systemd-boot" in facts.text("loader"):
        return "systemd-boot"
    if facts.text("grub_update") and DEFAULTS in facts.texts:
        return "grub"
    return "systemd-boot" if facts.text("bootctl") else None


def grubby(facts: Facts, wanted: Wanted) -> Boot:
    """The tool of Fedora and RHEL, which keeps the entries of all kernels, and what new ones will get.

    Given an argument, it takes away all others of that name and adds it at the end: so all of that name are given.
    """
    found = re.search(r'^args="(.*)"$', facts.text("grubby"), re.MULTILINE)
    before = split(found[1] if found else "")
    after = merged(before, wanted)
    removed, added = changes(before, after)
    touched = {name_of(word) for word in [*removed, *added]}
    if touched & {DEFAULT_SIZE, *HUGEPAGES}:
        touched.update((DEFAULT_SIZE, *HUGEPAGES))  # their order has a meaning
    given = [word for word in after if name_of(word) in touched]
    gone = [word for word in removed if name_of(word) not in set(map(name_of, given))]
    options = [f"--{option}={' '.join(words)}" for option, words in (("remove-args", gone), ("args", given)) if words]
    commands = [["grubby", "--update-kernel=ALL", *options]] if options else []
    return Boot("grubby", " ".join(before), commands=commands)


def systemd_boot(facts: Facts, wanted: Wanted) -> Boot:
    """systemd-boot, whose entries are made again with the arguments in one file."""
    path = next((path for path in CMDLINES if path in facts.texts), None)
    before = split(facts.texts[path]) if path else [
        word for word in facts.cmdline if name_of(word) not in BOOT_LOADERS_OWN]
    after = merged(before, wanted)
    files = changed_files(facts, {CMDLINES[0]: " ".join(after) + "\n"}) if after != before else []
    entries = [split(line)[1:] for line in facts.text("entries").splitlines()]
    outdated = bool(files) or (bool(entries) and all(merged(entry, wanted) != entry for entry in entries))
    commands = [["kernel-install", "add", *line.split()] for line in facts.text("kernels").splitlines()]
    if facts.text("proxmox"):
        commands = [[facts.text("proxmox").strip(), "refresh"]]
    return Boot("systemd-boot", " ".join(before), files, commands=commands if outdated else [])
