# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kernel's modules that a KVM host needs: at each boot, and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted, repaired
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import canonical
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Module
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.steps import NOTE, File, changed_files

# kmod reads all files in the order of their names, and the kernel takes the last of two options.
OWN_OPTIONS = "/etc/modprobe.d/zz-nfv-kvm.conf"
OWN_MODULES = "/etc/modules-load.d/nfv-kvm.conf"
# Lines that keep a module from being loaded (modprobe.d(5)).
FORBIDDEN = re.compile(
    r"^[ \t]*(?:blacklist[ \t]+([\w-]+)|install[ \t]+([\w-]+)[ \t]+(?:/usr)?/s?bin/(?:true|false))[ \t]*$",
    re.MULTILINE,
)
NESTED = re.compile(r"^[ \t]*options[ \t]+([\w-]+)[ \t](?:.*[ \t])?nested=(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Modules:
    """What is to be done about modules.

    :param reload: those of which only an option is wrong
    """

    files: list[File]
    reload: list[str]
    load: list[str]


def modules_plan(facts: Facts, nested: bool) -> Modules:
    """Files that have the modules at the next boot, and what is missing now."""
    present = {name: facts.modules[name] for name in facts.needed_modules if name in facts.modules}
    contents = allowed(facts)
    kvm = next((name for name in present if name != "vfio_pci"), None)
    if kvm and not option_holds(facts, kvm, nested):
        contents[OWN_OPTIONS] = f"{NOTE}\noptions {kvm} nested={int(nested)}\n"
    own, elsewhere = at_boot(facts, own=True), at_boot(facts, own=False)
    # udev loads KVM's module, which is loaded then, unless a file keeps it from that.
    named = [name for name, module in present.items() if name not in elsewhere and module.state != "builtin"
             and (name in own or name == "vfio_pci" or module.state == "loadable")]
    if set(named) - set(own):
        contents[OWN_MODULES] = "\n".join([NOTE, *named]) + "\n"
    return Modules(
        changed_files(facts, contents),
        [kvm] if kvm and wrongly_nested(present[kvm], nested) and reloadable(facts, kvm, nested) else [],
        [name for name, module in present.items() if module.state == "loadable"],
    )


def allowed(facts: Facts) -> dict[str, str]:
    """The administrator's files for kmod, without lines that keep these modules from being loaded."""
    def line(found: re.Match[str]) -> str:
        return f"# nfv.kvm: {found[0]}" if canonical(found[1] or found[2]) in facts.needed_modules else found[0]

    return {path: FORBIDDEN.sub(line, text) for path, text in facts.files("/etc/modprobe.d/").items()}


def option_holds(facts: Facts, name: str, nested: bool) -> bool:
    """Whether the module starts with the wanted nested: as a file says, or without one as it runs now.

    One that is still to be loaded nests unless an option says otherwise (arch/x86/kvm/vmx/vmx.c and svm/svm.c, nested).
    """
    found = [value for text in by_name(facts.files("/modprobe.d/")) for module, value in NESTED.findall(text)
             if canonical(module) == name]
    if found:
        return yes(found[-1]) == nested
    module = facts.modules[name]
    return nested if module.state == "loadable" else not wrongly_nested(module, nested)


def by_name(files: Mapping[str, str]) -> list[str]:
    """The contents of files in the order of their names. Of two of one name, that of the administrator counts, whose
    path comes first."""
    texts = {path.rpartition("/")[2]: text for path, text in sorted(files.items(), reverse=True)}
    return [text for _name, text in sorted(texts.items())]


def yes(value: str) -> bool:
    """A parameter of a module as the kernel shows or takes it."""
    return value in ("1", "Y", "y")


def wrongly_nested(module: Module, nested: bool) -> bool:
    """Whether a module is loaded, with another value of its parameter nested; not if it is a part of the kernel."""
    return module.state == "loaded" and "-" not in (module.nested, module.users) and yes(module.nested) != nested


def reloadable(facts: Facts, name: str, nested: bool) -> bool:
    """Whether a module would be loaded with what files say: no guest runs, and the kernel was not booted otherwise."""
    return facts.modules[name].users == "0" and repaired(facts.cmdline, Wanted(nested=nested)) == facts.cmdline


def at_boot(facts: Facts, own: bool) -> list[str]:
    """The modules that systemd loads at boot (modules-load.d(5)), by the role's own file or by those of others."""
    return [canonical(line.split()[0]) for path, text in facts.files("/etc/modules", "/modules-load.d/").items()
            if (path == OWN_MODULES) is own for line in text.splitlines() if line.strip()]


def not_reloaded(facts: Facts, nested: bool) -> list[str]:
    """A module of KVM whose option can only change when no guest runs."""
    return [f"{name} nested={int(nested)}, since guests run" for name, module in facts.modules.items()
            if wrongly_nested(module, nested) and module.users != "0"]
