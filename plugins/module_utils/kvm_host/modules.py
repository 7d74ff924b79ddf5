# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The kernel's modules that a KVM host needs: at each boot, and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted, repaired
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import canonical
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.facts import Facts, Module, Settings
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.steps import NOTE, File, changed_files

# kmod reads all files in the order of their names, and the kernel takes the last of two options.
OWN_OPTIONS = "/etc/modprobe.d/zz-nfv-kvm.conf"
OWN_MODULES = "/etc/modules-load.d/nfv-kvm.conf"
# Lines that keep a module from being loaded (modprobe.d(5)).
FORBIDDEN = re.compile(
    r"^[ \t]*(?:blacklist[ \t]+([\w-]+)|install[ \t]+([\w-]+)[ \t]+(?:/usr)?/s?bin/(?:true|false))[ \t]*$",
    re.MULTILINE,
)
OPTIONS = re.compile(r"^[ \t]*options[ \t]+([\w-]+)[ \t]+(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Modules:
    """What is to be done about modules.

    :param stale: files to remove
    :param reload: those of which only an option is wrong
    """

    files: list[File]
    stale: list[str]
    reload: list[str]
    load: list[str]


def modules_plan(facts: Facts, settings: Settings) -> Modules:
    """Files that have the modules at the next boot, and what is missing now."""
    present = {name: facts.modules[name] for name in facts.needed_modules if name in facts.modules}
    contents = allowed(facts)
    kvm = next((name for name in present if name != "vfio_pci"), None)
    options = settings.module_options[kvm] if kvm else {}
    in_own = own_options(facts, kvm, options) if kvm else ""
    if in_own:
        contents[OWN_OPTIONS] = f"{NOTE}\noptions {kvm} {in_own}\n"
    own, elsewhere = at_boot(facts, own=True), at_boot(facts, own=False)
    # udev loads KVM's module, which is loaded then, unless a file keeps it from that.
    named = [name for name, module in present.items() if name not in elsewhere and module.state != "builtin"
             and (name in own or name == "vfio_pci" or module.state == "loadable")]
    if set(named) - set(own):
        contents[OWN_MODULES] = "\n".join([NOTE, *named]) + "\n"
    return Modules(
        changed_files(facts, contents),
        [OWN_OPTIONS] if kvm and not in_own and OWN_OPTIONS in facts.texts else [],
        [kvm] if kvm and wrong_options(present[kvm], options) and reloadable(facts, kvm, options) else [],
        [name for name, module in present.items() if module.state == "loadable"],
    )


def own_options(facts: Facts, name: str, options: Mapping[str, bool]) -> str:
    """The options in the role's own file: those that it had and that are still wanted, and those that do not hold."""
    had = options_of(facts.text(OWN_OPTIONS), name)
    return " ".join(f"{option}={int(value)}" for option, value in options.items()
                    if option in had or not option_holds(facts, name, option, value))


def allowed(facts: Facts) -> dict[str, str]:
    """The administrator's files for kmod, without lines that keep these modules from being loaded."""
    def line(found: re.Match[str]) -> str:
        return f"# nfv.kvm: {found[0]}" if canonical(found[1] or found[2]) in facts.needed_modules else found[0]

    return {path: FORBIDDEN.sub(line, text) for path, text in facts.files("/etc/modprobe.d/").items()}


def options_of(text: str, name: str) -> dict[str, str]:
    """The options of a module in a file for kmod, each by its name; of two, the last counts."""
    words = [word for module, words in OPTIONS.findall(text) if canonical(module) == name for word in words.split()]
    return {canonical(option): value for option, _sign, value in (word.partition("=") for word in words)}


def option_holds(facts: Facts, name: str, option: str, wanted: bool) -> bool:
    """Whether the module starts with an option as wanted: as a file says, or without one as it runs now.

    One that is still to be loaded has the options of Linux, all on (arch/x86/kvm/vmx/vmx.c and svm/svm.c).
    """
    found = [options[option] for text in by_name(facts.files("/modprobe.d/"))
             for options in [options_of(text, name)] if option in options]
    if found:
        return yes(found[-1]) == wanted
    module = facts.modules[name]
    return wanted if module.state == "loadable" else not wrongly_set(module, option, wanted)


def by_name(files: Mapping[str, str]) -> list[str]:
    """The contents of files in the order of their names. Of two of one name, that of the administrator counts, whose
    path comes first."""
    texts = {path.rpartition("/")[2]: text for path, text in sorted(files.items(), reverse=True)}
    return [text for _name, text in sorted(texts.items())]


def yes(value: str) -> bool:
    """A parameter of a module as the kernel shows or takes it."""
    return value in ("1", "Y", "y")


def wrongly_set(module: Module, option: str, wanted: bool) -> bool:
    """Whether a module is loaded, with another value of an option; not if it is a part of the kernel."""
    value = module.value(option)
    return module.state == "loaded" and "-" not in (value, module.users) and yes(value) != wanted


def wrong_options(module: Module, options: Mapping[str, bool]) -> list[str]:
    """The options that a loaded module has otherwise, as they are to be."""
    return [f"{option}={int(value)}" for option, value in options.items() if wrongly_set(module, option, value)]


def reloadable(facts: Facts, name: str, options: Mapping[str, bool]) -> bool:
    """Whether a module would be loaded with what files say: no guest runs, and the kernel was not booted otherwise."""
    wanted = Wanted(options={f"{name}.{option}": value for option, value in options.items()})
    return facts.modules[name].users == "0" and repaired(facts.cmdline, wanted) == facts.cmdline


def at_boot(facts: Facts, own: bool) -> list[str]:
    """The modules that systemd loads at boot (modules-load.d(5)), by the role's own file or by those of others."""
    return [canonical(line.split()[0]) for path, text in facts.files("/etc/modules", "/modules-load.d/").items()
            if (path == OWN_MODULES) is own for line in text.splitlines() if line.strip()]


def not_reloaded(facts: Facts, settings: Settings) -> list[str]:
    """A module of KVM whose options can only change when no guest runs."""
    wrong = {name: wrong_options(module, settings.module_options.get(name, {}))
             for name, module in facts.modules.items() if module.users != "0"}
    return [f"{name} {' '.join(options)}, since guests run" for name, options in wrong.items() if options]
