# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role kvm_host that says how a host's boot loader comes to give the kernel its arguments."""

from __future__ import annotations

import base64
import re
import typing as t
from collections import Counter

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.kvm_host import (
    DEFAULT_SIZE,
    HUGEPAGES,
    Dict,
    Words,
    merged,
    missing,
    name_of,
    repaired,
    split,
)
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

GRUB = "/etc/default/grub"
# grub-mkconfig reads the files of this folder in their order, and puts GRUB_CMDLINE_LINUX_DEFAULT last on the line.
GRUB_FOLDER = "/etc/default/grub.d"
OWN_GRUB = f"{GRUB_FOLDER}/zz-nfv-kvm.cfg"
# An assignment of which the value is one string, or one word.
ASSIGNMENT = re.compile(
    r"""^([ \t]*(?:export[ \t]+)?GRUB_CMDLINE_LINUX(?:_DEFAULT)?\+?=)"""
    r"""("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"'\\]*)(?=[ \t]*(?:\#.*)?$)""", re.MULTILINE,
)
# kernel-install makes entries with these; where neither is, with what the kernel was booted with (kernel-install(8)).
CMDLINES = ("/etc/kernel/cmdline", "/usr/lib/kernel/cmdline")
BOOT_LOADERS_OWN = ("BOOT_IMAGE", "initrd")
KVM_MODULES = {"vmx": "kvm_intel", "svm": "kvm_amd"}
NOTE = "# Written by nfv.kvm's role kvm_host"


def kvm_host_boot(said: str, settings: Dict) -> Dict:
    """What is to be done so that the next boot has the kernel arguments that are wanted.

    :param said: what the role's script ``read`` told of the host
    :param settings: the role's variables without their prefix: ``iommu``, ``nested``, ``hugepages``,
        ``kernel_arguments`` and ``boot_loader``
    :returns: the ``loader`` (grub, grubby, systemd-boot, or None), ``files`` [{``path``, ``content``, ``mode``}] to
        write, ``stale`` (files to remove) and then ``commands`` to run, and the ``line`` that the next boot has now
    """
    host = host_of(said)
    loader = loader_of(host) if settings["boot_loader"] == "auto" else settings["boot_loader"]
    nothing: Dict = {"files": [], "stale": [], "commands": [], "line": ""}
    plan = {"grub": grub, "grubby": grubby, "systemd-boot": systemd_boot}
    return {"loader": loader, **nothing, **(plan[loader](host, wanted_of(host, settings)) if loader else {})}


def host_of(said: str) -> Dict:
    """What the script told by its name; of files, the mode as well."""
    host: Dict = {"modes": {}}
    for line in said.splitlines():
        mode, content, name = line.split(" ", 2)
        host[name] = base64.b64decode(content).decode(errors="replace")
        host["modes"][name] = f"0{mode}"
    return host


def wanted_of(host: Dict, settings: Dict) -> Dict:
    """What kernel arguments are to be like on this host, as kvm_host_arguments takes it."""
    return {
        "arguments": settings["kernel_arguments"],
        "iommu": iommu_of(host) if boolean(settings["iommu"]) else None,
        "modules": modules_of(host),
        "nested": boolean(settings["nested"]),
        "hugepages": settings["hugepages"],
    }


def iommu_of(host: Dict) -> str | None:
    """Whose IOMMU it is, by the firmware's table or else by the CPU; an emulated host may pair an AMD CPU with VT-d."""
    tables, cpu = host["tables"].split(), host["cpu"]
    for table, kind in (("DMAR", "intel"), ("IVRS", "amd")):
        if table in tables:
            return kind
    return "intel" if "GenuineIntel" in cpu else "amd" if re.search(r"^flags\s*:", cpu, re.MULTILINE) else None


def modules_of(host: Dict) -> list[str]:
    """The modules that a KVM host of this CPU needs: KVM's own, where it has hardware virtualisation, and vfio-pci."""
    flags = re.search(r"^flags\s*:(.*)$", host["cpu"], re.MULTILINE)
    present = flags[1].split() if flags else []
    return [*(module for flag, module in KVM_MODULES.items() if flag in present), "vfio_pci"]


def loader_of(host: Dict) -> str | None:
    """The boot loader that the host has; the firmware's variable says who really booted it."""
    if "kernel=" in host.get("grubby", ""):
        return "grubby"
    if "systemd-boot" in host.get("loader", ""):
        return "systemd-boot"
    if host.get("grub_update") and GRUB in host:
        return "grub"
    return "systemd-boot" if host.get("bootctl") else None


def grub(host: Dict, wanted: Dict) -> Dict:
    """GRUB with its configuration made by grub-mkconfig.

    Words that are wrong are taken out of the files that have them. What is missing is in a file of the role's own
    where grub-mkconfig reads such files, so that it goes when it is no longer wanted.
    """
    before = split(host.get("grub", ""))
    right = repaired(before, wanted)
    added = missing(right, wanted)
    own_folder = bool(host.get("grub_folder"))
    paths = [path for path in host if path == GRUB or (path.startswith(GRUB_FOLDER) and path != OWN_GRUB)]
    contents = {path: without_wrong(host[path], wanted, before) for path in paths}
    if not own_folder:
        contents[GRUB] = with_words(contents.get(GRUB, ""), added)
    elif added:
        contents[OWN_GRUB] = f"{NOTE}; grub-mkconfig reads it last.\n{appended(added)}"
    files = changed_files(host, contents)
    stale = [OWN_GRUB] if own_folder and not added and OWN_GRUB in host else []
    entry = split(host.get("grub_entry", ""))
    # A configuration that grub-mkconfig has not made may have no entry.
    outdated = bool(files or stale or right != before or (entry and merged(entry, wanted) != entry))
    return {"files": files, "stale": stale, "commands": [host.get("grub_update", "update-grub").split()] * outdated,
            "line": " ".join(entry)}


def changed_files(host: Dict, contents: dict[str, str]) -> list[Dict]:
    """Those files of which the content is to be another; they keep their mode."""
    return [{"path": path, "content": content, "mode": host["modes"].get(path, "0644")}
            for path, content in contents.items() if host.get(path) != content]


def without_wrong(text: str, wanted: Dict, line: Words) -> str:
    """A file of GRUB's settings, without kernel arguments that are wrong. What a shell would work out stays.

    :param line: what comes of all settings, of which each has only a part
    """
    def assignment(found: re.Match[str]) -> str:
        quote, value = unquoted(found[2])
        words = split(value)
        right = repaired(words, wanted, line)
        return found[0] if right == words else f"{found[1]}{quote}{' '.join(right)}{quote}"

    return ASSIGNMENT.sub(assignment, text)


def with_words(text: str, words: Words) -> str:
    """The same with words added: within the last such line, or after it where that is not as simple as it mostly is."""
    if not words:
        return text
    last = next((found for found in reversed(list(ASSIGNMENT.finditer(text))) if "_DEFAULT" in found[1]), None)
    if last is None or re.search(r"^[^#\n]*GRUB_CMDLINE_LINUX_DEFAULT\+?=", text[last.end():], re.MULTILINE):
        return f"{text.rstrip()}\n{appended(words)}"
    quote, value = unquoted(last[2])
    line = " ".join([value, *map(quoted, words)]).strip()
    return f"{text[:last.start()]}{last[1]}{quote or chr(34)}{line}{quote or chr(34)}{text[last.end():]}"


def unquoted(value: str) -> tuple[str, str]:
    """The quote of a shell's word, or none, and what is within."""
    return (value[0], value[1:-1]) if value[:1] in ("'", '"') else ("", value)


def appended(words: Words) -> str:
    """The line, of a shell's, that adds words to those that there are."""
    return f'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT {" ".join(map(quoted, words))}"\n'


def quoted(word: str) -> str:
    """A word for within a shell's double quotes."""
    return re.sub(r'(["$`\\])', r"\\\1", word)


def grubby(host: Dict, wanted: Dict) -> Dict:
    """The tool of Fedora and RHEL, which keeps the entries of all kernels, and what new ones will get.

    Given an argument, it takes away all others of that name and adds it at the end: so all of that name are given.
    """
    found = re.search(r'^args="(.*)"$', host.get("grubby", ""), re.MULTILINE)
    before = split(found[1] if found else "")
    after = merged(before, wanted)
    removed, added = changes(before, after)
    touched = {name_of(word) for word in [*removed, *added]}
    if touched & {DEFAULT_SIZE, *HUGEPAGES}:
        touched.update((DEFAULT_SIZE, *HUGEPAGES))  # their order has a meaning
    given = [word for word in after if name_of(word) in touched]
    gone = [word for word in removed if name_of(word) not in {name_of(other) for other in given}]
    options = [f"--{option}={' '.join(words)}" for option, words in (("remove-args", gone), ("args", given)) if words]
    return {"commands": [["grubby", "--update-kernel=ALL", *options]] if options else [], "line": " ".join(before)}


def systemd_boot(host: Dict, wanted: Dict) -> Dict:
    """systemd-boot, of which the entries are made anew with the arguments in one file."""
    path = next((path for path in CMDLINES if path in host), None)
    before = split(host[path] if path else host["/proc/cmdline"])
    if path is None:
        before = [word for word in before if name_of(word) not in BOOT_LOADERS_OWN]
    after = merged(before, wanted)
    files = changed_files(host, {CMDLINES[0]: " ".join(after) + "\n"}) if after != before else []
    entries = [split(line)[1:] for line in host.get("entries", "").splitlines()]
    outdated = bool(files) or (bool(entries) and all(merged(entry, wanted) != entry for entry in entries))
    if host.get("proxmox"):
        commands = [[host["proxmox"].strip(), "refresh"]]
    else:
        commands = [["kernel-install", "add", *line.split()] for line in host.get("kernels", "").splitlines()]
    return {"files": files, "commands": commands if outdated else [], "line": " ".join(before)}


def changes(before: Words, after: Words) -> tuple[Words, Words]:
    """Which words go, and which come."""
    found = []
    for words, others in ((before, after), (after, before)):
        left, other = Counter(others), []
        for word in words:
            if left[word]:
                left[word] -= 1
            else:
                other.append(word)
        found.append(other)
    return found[0], found[1]


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"kvm_host_boot": door.guarded(kvm_host_boot, said=str, settings=shapes.KVM_HOST)}
