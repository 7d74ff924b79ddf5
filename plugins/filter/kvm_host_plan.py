# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter of the role kvm_host that says what a running host lacks, and what only a reboot brings."""

from __future__ import annotations

import re
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.kvm.plugins.filter.kvm_host import (
    Dict,
    canonical,
    hugepages_of,
    kib,
    merged,
    repaired,
    split,
)
from ansible_collections.nfv.kvm.plugins.filter.kvm_host_boot import (
    NOTE,
    changed_files,
    changes,
    host_of,
    modules_of,
    wanted_of,
)
from ansible_collections.nfv.kvm.plugins.plugin_utils import door, shapes

# kmod reads all files in the order of their names, and the kernel takes the last of two options.
OWN_OPTIONS = "/etc/modprobe.d/zz-nfv-kvm.conf"
OWN_MODULES = "/etc/modules-load.d/nfv-kvm.conf"
# Lines that keep a module from being loaded (modprobe.d(5)).
FORBIDDEN = re.compile(
    r"^[ \t]*(?:blacklist[ \t]+([\w-]+)|install[ \t]+([\w-]+)[ \t]+(?:/usr)?/s?bin/(?:true|false))[ \t]*$",
    re.MULTILINE,
)
# What runs QEMU: in one daemon, or in one of several (https://libvirt.org/daemons.html).
MONOLITHIC = "libvirtd"
MODULAR = ("virtqemud", "virtnetworkd", "virtnodedevd", "virtnwfilterd", "virtstoraged", "virtsecretd",
           "virtinterfaced")


def kvm_host_plan(said: str, settings: Dict) -> Dict:
    """What the host lacks besides kernel arguments.

    :param said: what the role's script ``read`` told of the host
    :param settings: as kvm_host_boot takes them
    :returns: ``modules`` {``files``, ``reload``, ``load``}, ``hugepages`` {``counts`` [{``path``, ``count``}],
        ``mounts`` [{``unit``, ``size``}]}, ``libvirt`` {``daemons``, ``files``, ``enable``, ``start``, ``running``},
        ``reboot`` (what waits for one), ``unreserved`` (huge pages that do so where they cannot be reserved now) and
        ``short`` (huge pages that the kernel could not reserve when it booted, either)
    """
    host = host_of(said)
    there = reserved(host)
    pages = [{"size": page["size"], "count": int(page["count"])} for page in settings["hugepages"]
             if kib(page["size"]) in there]
    nested = boolean(settings["nested"])
    return {
        "modules": modules_plan(host, nested),
        "hugepages": {"counts": counts_of(host, pages), "mounts": mounts_of(host, pages)},
        "libvirt": libvirt_plan(host),
        "reboot": not_booted_with(host, settings) + not_reloaded(host, nested),
        **lacking(host, pages),
    }


def states_of(host: Dict) -> dict[str, list[str]]:
    """Of each module that the kernel has or can load: its state, and of one that is loaded, nested and who uses it."""
    return {words[0]: words[1:] for words in map(str.split, host["modules"].splitlines())}


def modules_plan(host: Dict, nested: bool) -> Dict:
    """Files that have the modules at the next boot, those to load now, and KVM's if only its option is wrong."""
    wanted, states = modules_of(host), states_of(host)
    present = [module for module in wanted if module in states]
    contents = allowed(host, wanted)
    kvm = next((module for module in present if module != "vfio_pci"), None)
    if kvm and not option_holds(host, kvm, nested):
        contents[OWN_OPTIONS] = f"{NOTE}\noptions {kvm} nested={int(nested)}\n"
    own, elsewhere = at_boot(host, True), at_boot(host, False)
    # udev loads KVM's module, which is loaded then, unless somebody keeps it from that.
    named = [module for module in present if module not in elsewhere and states[module][0] != "builtin"
             and (module in own or module == "vfio_pci" or states[module][0] == "loadable")]
    if set(named) - set(own):
        contents[OWN_MODULES] = "\n".join([NOTE, *named]) + "\n"
    return {
        "files": changed_files(host, contents),
        "reload": [kvm] if kvm and wrongly_nested(states[kvm], nested) and reloadable(host, kvm, nested) else [],
        "load": [module for module in present if states[module][0] == "loadable"],
    }


def allowed(host: Dict, modules: list[str]) -> dict[str, str]:
    """The administrator's files for kmod, without lines that keep these modules from being loaded."""
    def line(found: re.Match[str]) -> str:
        return f"# nfv.kvm: {found[0]}" if canonical(found[1] or found[2]) in modules else found[0]

    return {path: FORBIDDEN.sub(line, content) for path, content in host.items() if path.startswith("/etc/modprobe.d/")}


def option_holds(host: Dict, module: str, nested: bool) -> bool:
    """Whether the module starts with the wanted nested: told by a file, or without one as it runs now.

    One that is still to be loaded nests unless it is told not to (arch/x86/kvm/vmx/vmx.c and svm/svm.c, nested).
    """
    # Of two files of one name, that of the administrator is read, whose path comes first.
    paths = {path.rpartition("/")[2]: path for path in sorted(host, reverse=True) if "/modprobe.d/" in path}
    found = [value for _name, path in sorted(paths.items()) for name, value in
             re.findall(r"^[ \t]*options[ \t]+([\w-]+)[ \t](?:.*[ \t])?nested=(\w+)", host[path], re.MULTILINE)
             if canonical(name) == module]
    if found:
        return yes(found[-1]) == nested
    state = states_of(host)[module]
    return nested if state[0] == "loadable" else not wrongly_nested(state, nested)


def yes(value: str) -> bool:
    """A parameter of a module as the kernel shows or takes it."""
    return value in ("1", "Y", "y")


def wrongly_nested(state: list[str], nested: bool) -> bool:
    """Whether a module is loaded, with another value of its parameter nested; not where it is a part of the kernel."""
    return state[0] == "loaded" and "-" not in state[1:] and yes(state[1]) != nested


def reloadable(host: Dict, module: str, nested: bool) -> bool:
    """Whether a module would be loaded with what files say: no guest runs, and the kernel was not booted otherwise."""
    words = split(host["/proc/cmdline"])
    return states_of(host)[module][2] == "0" and repaired(words, {"nested": nested}) == words


def at_boot(host: Dict, own: bool) -> list[str]:
    """The modules that systemd loads at boot (modules-load.d(5)), by the role's own file or by those of others."""
    return [canonical(line.split()[0]) for path, content in host.items()
            if (path == "/etc/modules" or "/modules-load.d/" in path) and (path == OWN_MODULES) is own
            for line in content.splitlines() if line.strip()]


def reserved(host: Dict) -> dict[int, tuple[str, int]]:
    """Of each size in KiB that the kernel has: the file that says how many there are, and what it says."""
    lines = [line.split() for line in host["hugepages"].splitlines()]
    return {int(re.sub(r".*hugepages-(\d+)kB/.*", r"\1", path)): (path, int(count)) for path, count in lines}


def counts_of(host: Dict, pages: list[Dict]) -> list[Dict]:
    """The counts that are others than wanted."""
    found = {page["size"]: reserved(host)[kib(page["size"]) or 0] for page in pages}
    return [{"path": found[page["size"]][0], "count": page["count"]} for page in pages
            if found[page["size"]][1] != page["count"]]


def mounts_of(host: Dict, pages: list[Dict]) -> list[Dict]:
    """The sizes for which libvirt has no mount to take pages from; systemd mounts that of the default size."""
    mounted = {kib(size) for size in re.findall(r"pagesize=(\w+)", host["mounts"])}
    return [{"unit": f"dev-hugepages{page['size']}.mount", "size": page["size"]}
            for page in pages if page["count"] and kib(page["size"]) not in mounted]


def lacking(host: Dict, pages: list[Dict]) -> dict[str, list[str]]:
    """Huge pages that are not there, by whether the kernel was told of them when it booted."""
    told = hugepages_of(split(host["/proc/cmdline"]))
    found: dict[str, list[str]] = {"unreserved": [], "short": []}
    for page in pages:
        size = kib(page["size"])
        there = reserved(host)[size or 0][1]
        if there < page["count"]:
            found["short" if told.get(size or 0) == page["count"] else "unreserved"].append(
                f"{page['count']} huge pages of {page['size']}, of which {there} are there")
    return found


def not_booted_with(host: Dict, settings: Dict) -> list[str]:
    """How the command line of the running kernel differs from what is wanted, huge pages apart."""
    words = split(host["/proc/cmdline"])
    removed, added = changes(words, merged(words, {**wanted_of(host, settings), "hugepages": []}))
    told = [" ".join(added)] if added else []
    told += [f"{'in place of' if added else 'without'} {' '.join(removed)}"] if removed else []
    return [f"kernel arguments {' '.join(told)}"] if told else []


def not_reloaded(host: Dict, nested: bool) -> list[str]:
    """A module of KVM whose option can only change when no guest runs."""
    return [f"{module} nested={int(nested)}, since guests run" for module, state in states_of(host).items()
            if wrongly_nested(state, nested) and state[2] != "0"]


def libvirt_plan(host: Dict) -> Dict:
    """The daemons of libvirt that the host has, and what keeps them from running, now and after a reboot.

    A daemon that nobody talks to ends, and starts anew by its socket: either of the two is enough.
    libvirt itself raises the limit of locked memory of a guest that has a VF, for which it needs CAP_SYS_RESOURCE. It
    is a daemon without it that has to be given the limit (src/util/virprocess.c, virProcessSetMaxMemLock).
    """
    units = {}
    for block in host["units"].split("\n\n"):
        told = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        units[told.get("Id", "")] = told

    def unit(name: str) -> dict[str, str]:
        found = units.get(name, {})
        return found if found.get("LoadState") == "loaded" else {}

    def used(daemon: str) -> bool:
        both = [unit(f"{daemon}.service"), unit(f"{daemon}.socket")]
        return any(each.get("ActiveState") == "active" or each.get("UnitFileState") == "enabled" for each in both)

    modular = [daemon for daemon in MODULAR if unit(f"{daemon}.service")]
    monolithic = unit(f"{MONOLITHIC}.service") and (used(MONOLITHIC) or MODULAR[0] not in modular)
    daemons = [MONOLITHIC] if monolithic else modular if MODULAR[0] in modular else []
    services = {daemon: unit(f"{daemon}.service") for daemon in daemons}
    bound = [daemon for daemon in daemons if daemon in (MONOLITHIC, MODULAR[0])
             and "cap_sys_resource" not in services[daemon].get("CapabilityBoundingSet", "cap_sys_resource")
             and services[daemon].get("LimitMEMLOCK") != "infinity"]
    return {
        "daemons": daemons,
        "files": [f"/etc/systemd/system/{daemon}.service.d/nfv-kvm.conf" for daemon in bound],
        "enable": [daemon for daemon in daemons if services[daemon].get("UnitFileState") == "disabled"],
        "start": [daemon for daemon in daemons if "active" not in
                  (services[daemon].get("ActiveState"), unit(f"{daemon}.socket").get("ActiveState"))],
        "running": [daemon for daemon in daemons if services[daemon].get("ActiveState") == "active"],
    }


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"kvm_host_plan": door.guarded(kvm_host_plan, said=str, settings=shapes.KVM_HOST)}
