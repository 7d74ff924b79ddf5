# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role kvm_host has done by the boot loaders of hosts of all kinds, what it finds lacking, and refuses."""

from __future__ import annotations

import base64
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.filter.kvm_host_boot import kvm_host_boot, without_wrong
from ansible_collections.nfv.kvm.plugins.filter.kvm_host_plan import kvm_host_plan
from ansible_collections.nfv.kvm.plugins.filter.kvm_host_refused import kvm_host_refused

Dict = dict[str, t.Any]

SMALL, LARGE = (f"/sys/kernel/mm/hugepages/hugepages-{size}kB/nr_hugepages" for size in (2048, 1048576))
OWN_GRUB = "/etc/default/grub.d/zz-nfv-kvm.cfg"
HEAD = "# Written by nfv.kvm's role kvm_host"
APPEND = 'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT '


def units(*told: str) -> str:
    """What systemctl told of units, each as in ``libvirtd.service active enabled``."""
    blocks = []
    for each in told:
        name, active, enabled, *more = each.split()
        blocks.append("\n".join([f"Id={name}", "LoadState=loaded", f"ActiveState={active}", f"UnitFileState={enabled}",
                                 *more]))
    return "\n\n".join([*blocks, "Id=virtnetworkd.socket\nLoadState=not-found\nActiveState=inactive\nUnitFileState="])


GOOD: Dict = {
    "/proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet intel_iommu=on iommu=pt\n",
    "/etc/default/grub": 'GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"\nGRUB_CMDLINE_LINUX=""\n',
    "cpu": "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx pdpe1gb\n",
    "memory": "MemTotal:       16000000 kB\nHugepagesize:       2048 kB\n",
    "tables": "APIC\nDMAR\nFACP\n",
    "modules": "kvm_intel loaded Y 0\nvfio_pci loaded - 0\n",
    "hugepages": f"{LARGE} 0\n{SMALL} 0\n",
    "mounts": "hugetlbfs /dev/hugepages hugetlbfs rw,nosuid,nodev,relatime,pagesize=2M 0 0\n",
    "grub": " quiet intel_iommu=on iommu=pt",
    "grub_entry": "\tlinux\t/vmlinuz root=/dev/vda1 ro  quiet intel_iommu=on iommu=pt\n",
    "grub_update": "/usr/sbin/update-grub\n",
    "grub_folder": "yes\n",
    "/etc/modules-load.d/nfv-kvm.conf": f"{HEAD}\nvfio_pci\n",
    "units": units("libvirtd.service inactive enabled", "libvirtd.socket active enabled"),
}
SETTINGS: Dict = {"iommu": True, "nested": True, "hugepages": [], "kernel_arguments": [], "boot_loader": "auto"}


def said(host: Dict) -> str:
    """What the script tells of a host; files have the mode 0640."""
    return "\n".join(f"{'640' if name.startswith('/') else '-'} {base64.b64encode(text.encode()).decode()} {name}"
                     for name, text in host.items() if text is not None)


def host(*without: str, **more: str) -> str:
    found = {**GOOD, **{name.replace("__", "/"): text for name, text in more.items()}}
    return said({name: text for name, text in found.items() if name not in without})


def boot(on: str, **settings: t.Any) -> Dict:
    return kvm_host_boot(on, {**SETTINGS, **settings})


def plan(on: str, **settings: t.Any) -> Dict:
    return kvm_host_plan(on, {**SETTINGS, **settings})


def refused(on: str, **settings: t.Any) -> list[str]:
    return kvm_host_refused(on, {**SETTINGS, **settings})


def written(found: Dict) -> dict[str, str]:
    return {file["path"]: file["content"] for file in found["files"]}


def test_a_good_host_is_left_alone() -> None:
    assert boot(host()) == {"loader": "grub", "files": [], "stale": [], "commands": [],
                            "line": "linux /vmlinuz root=/dev/vda1 ro quiet intel_iommu=on iommu=pt"}
    found = plan(host())
    assert found["modules"] == {"files": [], "reload": [], "load": []}
    assert found["hugepages"] == {"counts": [], "mounts": []}
    assert found["libvirt"] == {"daemons": ["libvirtd"], "files": [], "enable": [], "start": [], "running": []}
    assert found["reboot"] == found["unreserved"] == found["short"] == []
    assert refused(host()) == []


# GRUB

def grub_host(defaults: str, evaluated: str, **more: str) -> str:
    return host(**{"__etc__default__grub": defaults, "grub": evaluated, **more})


def test_grub_gets_what_is_missing_in_a_file_of_its_own() -> None:
    found = boot(grub_host('GRUB_CMDLINE_LINUX_DEFAULT="quiet"\n', " quiet"))
    assert written(found) == {OWN_GRUB: f'{HEAD}; grub-mkconfig reads it last.\n{APPEND}intel_iommu=on iommu=pt"\n'}
    assert found["files"][0]["mode"] == "0644"
    assert found["commands"] == [["/usr/sbin/update-grub"]]


def test_grub_loses_what_is_wrong_where_it_is() -> None:
    defaults = "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT='quiet intel_iommu=off'\nGRUB_CMDLINE_LINUX=nosmt # iommu\n"
    found = boot(grub_host(defaults, "nosmt quiet intel_iommu=off"))
    assert written(found)["/etc/default/grub"] == defaults.replace(" intel_iommu=off", "")
    assert written(found)[OWN_GRUB].endswith(f'{APPEND}intel_iommu=on iommu=pt"\n')
    assert {file["path"]: file["mode"] for file in found["files"]}["/etc/default/grub"] == "0640"


def test_grub_loses_what_is_wrong_in_a_file_of_the_folder() -> None:
    path = "/etc/default/grub.d/50-cloud.cfg"
    evaluated = " quiet intel_iommu=on iommu=pt iommu=off nosmt"
    found = boot(host(**{path: f'{APPEND}iommu=off nosmt"\n', "grub": evaluated}))
    assert written(found) == {path: f'{APPEND}nosmt"\n'}


def test_grub_forgets_what_is_no_longer_wanted() -> None:
    own = f'{HEAD}; grub-mkconfig reads it last.\n{APPEND}isolcpus=2-3"\n'
    assert written(boot(host(**{OWN_GRUB: own}), kernel_arguments=["isolcpus=2-3"])) == {}
    found = boot(host(**{OWN_GRUB: own}))
    assert (found["files"], found["stale"], found["commands"]) == ([], [OWN_GRUB], [["/usr/sbin/update-grub"]])


def test_grub_is_asked_again_if_it_did_not_hear() -> None:
    assert boot(host(grub_entry="linux /vmlinuz root=/dev/vda1 ro quiet"))["commands"] == [["/usr/sbin/update-grub"]]
    assert boot(host(grub_entry=""))["commands"] == [], "it has a configuration of another kind"


def test_grub_is_asked_what_comes_of_settings_that_a_shell_works_out() -> None:
    found = boot(grub_host('GRUB_CMDLINE_LINUX="$(x)"\n', "iommu=off intel_iommu=on iommu=pt"))
    assert (found["files"], found["commands"]) == ([], [["/usr/sbin/update-grub"]])


def test_grub_without_a_folder_has_it_all_in_one_file() -> None:
    def content(defaults: str, evaluated: str = "quiet") -> str:
        on = said({**GOOD, "/etc/default/grub": defaults, "grub": evaluated, "grub_folder": None})
        return written(boot(on))["/etc/default/grub"]

    wanted = "intel_iommu=on iommu=pt"
    assert content('GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="x"\n') == \
        f'GRUB_CMDLINE_LINUX_DEFAULT="quiet {wanted}"\nGRUB_CMDLINE_LINUX="x"\n'
    assert content('GRUB_CMDLINE_LINUX_DEFAULT=""\n', "") == f'GRUB_CMDLINE_LINUX_DEFAULT="{wanted}"\n'
    assert content("GRUB_TIMEOUT=1", "") == f'GRUB_TIMEOUT=1\n{APPEND}{wanted}"\n'
    assert content("GRUB_CMDLINE_LINUX_DEFAULT=quiet # x\n") == \
        f'GRUB_CMDLINE_LINUX_DEFAULT="quiet {wanted}" # x\n'
    assert content("GRUB_CMDLINE_LINUX_DEFAULT='quiet'\n") == f"GRUB_CMDLINE_LINUX_DEFAULT='quiet {wanted}'\n"
    several = 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX_DEFAULT="a"\' b\'\n'
    assert content(several) == f'{several}{APPEND}{wanted}"\n'
    assert content('GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=off"\n', "quiet intel_iommu=off") == \
        f'GRUB_CMDLINE_LINUX_DEFAULT="quiet {wanted}"\n'


@pytest.mark.parametrize(("before", "after"), [
    ('GRUB_CMDLINE_LINUX="iommu=off"', 'GRUB_CMDLINE_LINUX=""'),
    ('GRUB_CMDLINE_LINUX="a iommu=off b iommu=off"', 'GRUB_CMDLINE_LINUX="a b"'),
    ("GRUB_CMDLINE_LINUX=iommu=off", "GRUB_CMDLINE_LINUX="),
    ("export GRUB_CMDLINE_LINUX_DEFAULT+=' iommu=off'", "export GRUB_CMDLINE_LINUX_DEFAULT+=''"),
    ('GRUB_CMDLINE_LINUX="amd.iommu=off iommu=off2"', 'GRUB_CMDLINE_LINUX="amd.iommu=off iommu=off2"'),
    ('# GRUB_CMDLINE_LINUX="iommu=off"', '# GRUB_CMDLINE_LINUX="iommu=off"'),
    ('GRUB_CMDLINE_XEN="iommu=off"', 'GRUB_CMDLINE_XEN="iommu=off"'),
])
def test_words_are_taken_out_of_assignments(before: str, after: str) -> None:
    assert without_wrong(f"x\n{before}\ny\n", {"iommu": "amd"}, ["iommu=off"]) == f"x\n{after}\ny\n"


def with_pages(size: str, count: int, *arguments: str) -> Dict:
    return {"arguments": list(arguments), "hugepages": [{"size": size, "count": count}]}


@pytest.mark.parametrize(("linux", "default", "wanted", "after"), [
    ("default_hugepagesz=1G", "hugepages=4", with_pages("2M", 6), ("default_hugepagesz=1G", "hugepages=4")),
    ("default_hugepagesz=1G", "hugepages=4", with_pages("2M", 6, "default_hugepagesz=2M"),
     ("", "hugepagesz=1G hugepages=4")),
    ("default_hugepagesz=2M", "hugepages=4", with_pages("1G", 6, "default_hugepagesz=2M"),
     ("default_hugepagesz=2M", "hugepages=4")),
    ("hugepagesz=1G", "hugepages=4 ro", with_pages("1G", 4), ("hugepagesz=1G", "hugepages=4 ro")),
    ("hugepagesz=1G", "hugepages=4 ro", with_pages("1G", 5), ("", "ro")),
    ("hugepagesz=1G", "hugepages=4", with_pages("2M", 5, "default_hugepagesz=1G"), ("hugepagesz=1G", "hugepages=4")),
])
def test_a_setting_of_grub_is_a_part_of_a_line(linux: str, default: str, wanted: Dict, after: tuple[str, str]) -> None:
    text = 'GRUB_CMDLINE_LINUX="{}"\nGRUB_CMDLINE_LINUX_DEFAULT="{}"\n'
    assert without_wrong(text.format(linux, default), wanted, [*linux.split(), *default.split()]) == text.format(*after)


@pytest.mark.parametrize("defaults", [
    'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX="intel_iommu=off nosmt"\n',
    "GRUB_CMDLINE_LINUX_DEFAULT='quiet iommu=nopt,soft'\nGRUB_CMDLINE_LINUX='hugepages=4 dyndbg=\"file x +p\"'\n",
    'GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX_DEFAULT hugepagesz=1G hugepages=2"\n',
    "",
])
@pytest.mark.parametrize("folder", ["yes\n", None])
def test_a_shell_sees_what_is_wanted_in_what_is_written(tmp_path: Path, defaults: str, folder: str | None) -> None:
    def evaluated(*texts: str) -> str:
        (tmp_path / "grub").write_text("".join(texts))
        script = '. ./grub; printf "%s %s" "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"'
        return subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, check=True, text=True).stdout

    settings: Dict = {"hugepages": [{"size": "1G", "count": 4}], "kernel_arguments": ["isolcpus=2-3"]}
    first = {**GOOD, "/etc/default/grub": defaults, "grub": evaluated(defaults), "grub_folder": folder}
    files = written(boot(said(first), **settings))
    after = evaluated(files.get("/etc/default/grub", defaults), files.get(OWN_GRUB, ""))
    assert {"intel_iommu=on", "isolcpus=2-3", "hugepagesz=1G", "hugepages=4"} <= set(after.split())
    assert not {"intel_iommu=off", "iommu=nopt,soft", "hugepages=2"} & set(after.split())
    for other in ("quiet", "nosmt", "soft", "hugepages=4", 'dyndbg="file x +p"'):
        assert (other in after) or other not in defaults
    second = {**first, **files, "grub_entry": f"linux /vmlinuz {after}",
              "grub": evaluated(files.get("/etc/default/grub", defaults))}
    found = boot(said(second), **settings)
    assert (found["files"], found["stale"], found["commands"]) == ([], [], [])


# grubby

def grubby_host(args: str) -> str:
    return host(grubby=f'index=0\nkernel="/boot/vmlinuz-5.14"\nargs="{args}"\nroot="/dev/mapper/root"\n')


def test_grubby_is_given_all_arguments_of_a_name() -> None:
    on = grubby_host("ro console=tty0 intel_iommu=off rd.lvm.lv=vg/root $tuned_params")
    assert boot(on, kernel_arguments=["console=ttyS0"])["commands"] == [
        ["grubby", "--update-kernel=ALL", "--args=console=tty0 console=ttyS0 intel_iommu=on iommu=pt"]]
    assert boot(grubby_host("ro intel_iommu=on iommu=pt"))["commands"] == []


def test_grubby_takes_away_what_has_nothing_in_its_place() -> None:
    assert boot(grubby_host("ro intel_iommu=on iommu=pt nointremap intremap=off"))["commands"] == [
        ["grubby", "--update-kernel=ALL", "--remove-args=nointremap intremap=off"]]


def test_grubby_gets_huge_pages_in_their_order() -> None:
    on = grubby_host("ro intel_iommu=on iommu=pt hugepagesz=2M hugepages=5")
    assert boot(on, hugepages=[{"size": "1G", "count": 4}])["commands"] == [
        ["grubby", "--update-kernel=ALL", "--args=hugepagesz=2M hugepages=5 hugepagesz=1G hugepages=4"]]


def test_grubby_gets_the_default_size_in_its_place() -> None:
    on = grubby_host("ro intel_iommu=on iommu=pt hugepages=512")
    assert boot(on, kernel_arguments=["default_hugepagesz=1G"])["commands"] == [
        ["grubby", "--update-kernel=ALL", "--args=hugepagesz=2M hugepages=512 default_hugepagesz=1G"]]


# systemd-boot

SYSTEMD_BOOT = {"loader": "systemd-boot 257.9", "kernels": "6.1 /boot/vmlinuz-6.1\n6.12 /boot/vmlinuz-6.12\n"}
INSTALL = [["kernel-install", "add", version, f"/boot/vmlinuz-{version}"] for version in ("6.1", "6.12")]


def test_systemd_boot_has_it_in_the_file_for_new_entries() -> None:
    found = boot(host(**SYSTEMD_BOOT, **{"/etc/kernel/cmdline": "root=ZFS=a ro iommu=off\n"}))
    assert (found["loader"], found["commands"]) == ("systemd-boot", INSTALL)
    assert found["files"] == [{"path": "/etc/kernel/cmdline", "content": "root=ZFS=a ro intel_iommu=on iommu=pt\n",
                               "mode": "0640"}]


@pytest.mark.parametrize(("more", "content"), [
    ({"/usr/lib/kernel/cmdline": "ro quiet\n"}, "ro quiet intel_iommu=on iommu=pt\n"),
    ({"/proc/cmdline": "initrd=\\a\\initrd root=/dev/vda ro\n"}, "root=/dev/vda ro intel_iommu=on iommu=pt\n"),
])
def test_systemd_boot_without_that_file_starts_from_what_it_would_take(more: dict[str, str], content: str) -> None:
    assert written(boot(host(**SYSTEMD_BOOT, **more))) == {"/etc/kernel/cmdline": content}


def test_systemd_boot_entries_are_made_anew_until_one_has_it() -> None:
    entries = {"/etc/kernel/cmdline": "ro intel_iommu=on iommu=pt\n"}
    assert boot(host(**SYSTEMD_BOOT, **entries))["commands"] == []
    entries["entries"] = "options ro\n"
    assert boot(host(**SYSTEMD_BOOT, **entries))["commands"] == INSTALL
    entries["entries"] += "options ro intel_iommu=on iommu=pt\n"
    assert boot(host(**SYSTEMD_BOOT, **entries))["commands"] == []


def test_proxmox_has_a_tool_of_its_own() -> None:
    on = host(**SYSTEMD_BOOT, proxmox="/usr/sbin/proxmox-boot-tool\n", **{"/etc/kernel/cmdline": "root=ZFS=a\n"})
    assert boot(on)["commands"] == [["/usr/sbin/proxmox-boot-tool", "refresh"]]


@pytest.mark.parametrize(("on", "loader"), [
    (host(), "grub"),
    (host(**SYSTEMD_BOOT), "systemd-boot"),
    (host(loader="GRUB 2.12"), "grub"),
    (host(grubby='kernel="/boot/vmlinuz"\nargs="ro"\n', **SYSTEMD_BOOT), "grubby"),
    (host("grub_update", bootctl="yes\n"), "systemd-boot"),
    (host("grub_update"), None),
])
def test_the_boot_loader_is_found(on: str, loader: str | None) -> None:
    assert boot(on)["loader"] == loader


# the kind of IOMMU

@pytest.mark.parametrize(("tables", "cpu", "wanted"), [
    ("DMAR", "vendor_id : AuthenticAMD\nflags : svm", "intel_iommu=on iommu=pt"),
    ("IVRS", "vendor_id : AuthenticAMD\nflags : svm", "iommu=pt"),
    ("", "vendor_id : GenuineIntel\nflags : vmx", "intel_iommu=on iommu=pt"),
    ("", "vendor_id : HygonGenuine\nflags : svm", "iommu=pt"),
    ("", "CPU implementer : 0x41\nFeatures : fp", None),
])
def test_the_kind_of_iommu(tables: str, cpu: str, wanted: str | None) -> None:
    on = host(tables=tables, cpu=cpu, **{"/proc/cmdline": "ro"})
    assert plan(on)["reboot"] == ([f"kernel arguments {wanted}"] if wanted else [])


# modules

def test_modules_are_loaded_now_and_at_boot() -> None:
    found = plan(host("/etc/modules-load.d/nfv-kvm.conf", modules="kvm_intel loadable\nvfio_pci loadable\n"))["modules"]
    assert found["load"] == ["kvm_intel", "vfio_pci"]
    assert written(found) == {"/etc/modules-load.d/nfv-kvm.conf": f"{HEAD}\nkvm_intel\nvfio_pci\n"}


@pytest.mark.parametrize("more", [
    {"/etc/modules": "# x\n\nvfio-pci ids=8086:1520\n"},
    {"/usr/lib/modules-load.d/vfio.conf": "vfio-pci\n"},
    {"modules": "kvm_intel loaded Y 0\nvfio_pci builtin\n"},
    {"modules": "kvm_intel loaded Y 0\n"},
])
def test_modules_that_come_anyway_or_not_at_all_are_not_named(more: dict[str, str]) -> None:
    found = plan(host("/etc/modules-load.d/nfv-kvm.conf", **more))["modules"]
    assert (found["files"], found["load"]) == ([], [])


def test_no_module_of_kvm_without_hardware_virtualisation() -> None:
    assert plan(host(cpu="flags : fpu\n", modules="kvm_intel loadable\nvfio_pci loaded - 0\n"))["modules"]["load"] == []


def test_modules_are_allowed() -> None:
    path = "/etc/modprobe.d/hardening.conf"
    before = "blacklist vfio-pci\nblacklist nouveau\ninstall kvm_intel /bin/false\ninstall vfio_pci /bin/x\n"
    assert written(plan(host(**{path: before}))["modules"]) == {
        path: "# nfv.kvm: blacklist vfio-pci\nblacklist nouveau\n# nfv.kvm: install kvm_intel /bin/false\n"
              "install vfio_pci /bin/x\n"}
    assert plan(host(**{"/lib/modprobe.d/x.conf": before}))["modules"]["files"] == []


OWN_OPTIONS = "/etc/modprobe.d/zz-nfv-kvm.conf"


@pytest.mark.parametrize(("state", "files", "content", "reload"), [
    ("loaded N 0", {}, 1, True),
    ("loaded N 2", {}, 1, False),
    ("loaded N 0", {"/etc/modprobe.d/kvm.conf": "options kvm_intel ept=1 nested=1\n"}, None, True),
    ("loaded Y 0", {"/etc/modprobe.d/kvm.conf": "options kvm-intel nested=0 ept=1\n"}, 1, False),
    ("loaded Y 0", {"/etc/modprobe.d/a.conf": "options kvm_intel nested=1\n",
                    "/etc/modprobe.d/b.conf": "options kvm_intel nested=0\n"}, 1, False),
    ("loaded Y 0", {"/etc/modprobe.d/a.conf": "options kvm_intel nested=1\n",
                    "/lib/modprobe.d/a.conf": "options kvm_intel nested=0\n"}, None, False),
    ("loaded Y 0", {"/etc/modprobe.d/a.conf": "options kvm_amd nested=0\n# options kvm_intel nested=0\n"}, None, False),
    ("loadable", {"/etc/modprobe.d/kvm.conf": "options kvm_intel nested=N\n"}, 1, False),
    ("loadable", {}, None, False),
    ("loaded N -", {}, None, False),
])
def test_nested(state: str, files: dict[str, str], content: int | None, reload: bool) -> None:
    found = plan(host(modules=f"kvm_intel {state}\nvfio_pci loaded - 0\n", **files))["modules"]
    assert written(found).get(OWN_OPTIONS) == (f"{HEAD}\noptions kvm_intel nested={content}\n" if content else None)
    assert found["reload"] == (["kvm_intel"] if reload else [])


def test_a_module_is_not_reloaded_against_the_command_line() -> None:
    cmdline = {"/proc/cmdline": "intel_iommu=on iommu=pt kvm_intel.nested=0"}
    found = plan(host(modules="kvm_intel loaded N 0\nvfio_pci loaded - 0\n", **cmdline))
    assert found["modules"]["reload"] == []
    assert found["reboot"] == ["kernel arguments without kvm_intel.nested=0"]


def test_nested_turned_off() -> None:
    found = plan(host(), nested="no")["modules"]
    assert (written(found)[OWN_OPTIONS], found["reload"]) == (f"{HEAD}\noptions kvm_intel nested=0\n", ["kvm_intel"])


def test_nested_turned_off_before_the_module_is_loaded() -> None:
    found = plan(host(modules="kvm_intel loadable\nvfio_pci loaded - 0\n"), nested=False)["modules"]
    assert (written(found)[OWN_OPTIONS], found["load"]) == (f"{HEAD}\noptions kvm_intel nested=0\n", ["kvm_intel"])


# huge pages

def test_huge_pages_are_reserved_and_mounted() -> None:
    found = plan(host(), hugepages=[{"size": "2M", "count": "512"}, {"size": "1G", "count": 2}])
    assert found["hugepages"] == {"counts": [{"path": SMALL, "count": 512}, {"path": LARGE, "count": 2}],
                                  "mounts": [{"unit": "dev-hugepages1G.mount", "size": "1G"}]}
    assert found["unreserved"] == ["512 huge pages of 2M, of which 0 are there",
                                   "2 huge pages of 1G, of which 0 are there"]
    assert found["short"] == found["reboot"] == []


def test_huge_pages_that_are_there() -> None:
    found = plan(host(hugepages=f"{SMALL} 512\n"), hugepages=[{"size": "2M", "count": 512}, {"size": "1G", "count": 0}])
    assert (found["hugepages"], found["unreserved"], found["short"]) == ({"counts": [], "mounts": []}, [], [])


def test_huge_pages_that_a_boot_did_not_bring() -> None:
    on = host(**{"/proc/cmdline": "intel_iommu=on iommu=pt hugepagesz=1G hugepages=8", "hugepages": f"{LARGE} 5\n"})
    found = plan(on, hugepages=[{"size": "1G", "count": 8}])
    assert (found["short"], found["unreserved"]) == (["8 huge pages of 1G, of which 5 are there"], [])


def test_huge_pages_that_a_boot_did_not_bring_to_all_nodes() -> None:
    cmdline = "intel_iommu=on iommu=pt hugepagesz=1G hugepages=0:4,1:4"
    on = host(**{"/proc/cmdline": cmdline, "hugepages": f"{LARGE} 5\n"})
    found = plan(on, hugepages=[{"size": "1G", "count": 8}])
    assert (found["short"], found["unreserved"]) == (["8 huge pages of 1G, of which 5 are there"], [])


# libvirt

MODULAR = [f"virt{name}d" for name in ("qemu", "network", "nodedev", "nwfilter", "storage", "secret", "interface")]


@pytest.mark.parametrize(("told", "daemons", "enable", "start"), [
    (["libvirtd.service active enabled", "libvirtd.socket active enabled"], ["libvirtd"], [], []),
    (["libvirtd.service inactive disabled", "libvirtd.socket inactive disabled"],
     ["libvirtd"], ["libvirtd"], ["libvirtd"]),
    (["libvirtd.service active enabled"], ["libvirtd"], [], []),
    (["libvirtd.service active enabled", "virtqemud.service inactive disabled"], ["libvirtd"], [], []),
    (["libvirtd.service inactive disabled", "virtqemud.service inactive disabled", "virtqemud.socket active enabled"],
     ["virtqemud"], ["virtqemud"], []),
    ([f"{name}.service inactive enabled" for name in MODULAR], MODULAR, [], MODULAR),
    ([], [], [], []),
])
def test_daemons(told: list[str], daemons: list[str], enable: list[str], start: list[str]) -> None:
    found = plan(host(units=units(*told)))["libvirt"]
    assert (found["daemons"], found["enable"], found["start"]) == (daemons, enable, start)


@pytest.mark.parametrize(("more", "needed"), [
    ("LimitMEMLOCK=67108864 CapabilityBoundingSet=cap_chown_cap_sys_resource", False),
    ("LimitMEMLOCK=67108864 CapabilityBoundingSet=cap_chown", True),
    ("LimitMEMLOCK=infinity CapabilityBoundingSet=cap_chown", False),
    ("LimitMEMLOCK=67108864", False),
])
def test_memlock_only_where_libvirt_cannot_raise_it(more: str, needed: bool) -> None:
    found = plan(host(units=units(f"virtqemud.service active enabled {more}")))["libvirt"]
    assert found["files"] == (["/etc/systemd/system/virtqemud.service.d/nfv-kvm.conf"] if needed else [])
    assert found["running"] == ["virtqemud"]


# reboots

@pytest.mark.parametrize(("cmdline", "told"), [
    ("ro intel_iommu=on iommu=pt", []),
    ("ro intel_iommu=off", ["kernel arguments intel_iommu=on iommu=pt in place of intel_iommu=off"]),
    ("ro intel_iommu=on iommu=pt nointremap", ["kernel arguments without nointremap"]),
])
def test_a_reboot_waits_as_long_as_the_kernel_runs_otherwise(cmdline: str, told: list[str]) -> None:
    assert plan(host(**{"/proc/cmdline": cmdline}))["reboot"] == told


def test_a_reboot_waits_for_a_module_in_use() -> None:
    assert plan(host(modules="kvm_intel loaded N 1\n"))["reboot"] == ["kvm_intel nested=1, since guests run"]
    assert plan(host(modules="kvm_intel loaded N 0\n"))["reboot"] == []


# what is refused

PAGES_2M: Dict = {"hugepages": [{"size": "2M", "count": 512}]}


def sysctl_host(line: str = "vm.nr_hugepages = 128", path: str = "/etc/sysctl.d/vm.conf", **more: str) -> str:
    return host(**{path: f"vm.swappiness = 1\n{line}\n", **more})


@pytest.mark.parametrize(("on", "settings", "told"), [
    (host(), {"kernel_arguments": "nosmt"},
     "kvm_host_kernel_arguments = 'nosmt': it must be a list of texts. On the command line, give it as JSON: "
     """-e '{"kvm_host_kernel_arguments": ["nosmt"]}'."""),
    (host(), {"kernel_arguments": ["quiet", 1]}, "it must be a list of texts"),
    (host(), {"hugepages": "size=1G count=1"}, "kvm_host_hugepages = 'size=1G count=1': it must be a list of dictio"),
    (host(), {"hugepages": ["size=1G count=1"]}, "it must be a list of dictionaries"),
    (host(), {"hugepages": [{"size": "1G", "count": 15}]}, "they would take 15360 MiB of this host's 15625 MiB"),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"), {"hugepages": [{"size": "2M", "count": 2560}]},
     "they would take 5120 MiB of this host's 15625 MiB, beside 10240 MiB of huge pages of other sizes, and it needs "
     "1024 MiB for itself. Ask for fewer, or list the other sizes with a lower count."),
    (host(grub_entry="linux /vmlinuz hugepagesz=1G hugepages=0:6,1:4"), {"hugepages": [{"size": "2M", "count": 2560}]},
     "beside 10240 MiB of huge pages of other sizes"),
    (host("grub_update", **{"/proc/cmdline": "intel_iommu=on iommu=pt hugepagesz=1G hugepages=10"}),
     {"hugepages": [{"size": "2M", "count": 2560}]}, "beside 10240 MiB"),
    (sysctl_host(), PAGES_2M, "kvm_host_hugepages: /etc/sysctl.d/vm.conf sets vm.nr_hugepages = 128 at each boot, not "
     "512. Take that line out of /etc/sysctl.d/vm.conf, or ask for 128."),
    (sysctl_host("-vm/nr_hugepages=128"), PAGES_2M, "sets vm.nr_hugepages = 128"),
    (sysctl_host(path="/etc/sysctl.conf"), PAGES_2M, "/etc/sysctl.conf sets vm.nr_hugepages = 128"),
    (sysctl_host(**{"/etc/sysctl.d/a.conf": "vm.nr_hugepages=512\n"}), PAGES_2M, "/etc/sysctl.d/vm.conf sets"),
    (sysctl_host(), {"hugepages": [{"size": "1G", "count": 1}], "kernel_arguments": ["default_hugepagesz=1G"]},
     "sets vm.nr_hugepages = 128 at each boot, not 1."),
    (host(hugepages=f"{SMALL} 0\n"), {"hugepages": [{"size": "1G", "count": 1}]},
     "kvm_host_hugepages[0].size = '1G': this host has no huge pages of this size, but 2048 KiB. 1G needs"),
    (host(hugepages=""), {"hugepages": [{"size": "2M", "count": 1}]}, "of this size, but none"),
    (host(), {"hugepages": [{"size": "2M", "count": "-1"}]}, "hugepages[0].count = '-1': it must be a number"),
    (host(), {"hugepages": [{"size": "2M", "count": 1}] * 2}, "kvm_host_hugepages[1].size = '2M'"),
    (host(), {"kernel_arguments": ["a b"]}, "kvm_host_kernel_arguments[0] = 'a b': it must be one argument"),
    (host(), {"kernel_arguments": ["x=$(reboot)"]}, "it must be one argument"),
    (host(), {"kernel_arguments": [""]}, "it must be one argument"),
    (host(), {"kernel_arguments": ["--"]}, "it must be one argument"),
    (host(), {"kernel_arguments": ["quiet", "hugepages=4"]}, "arguments[1] = 'hugepages=4': huge pages"),
    (host(), {"kernel_arguments": ["intel_iommu=sm_on,off"]}, "off keeps VFs from guests"),
    (host("grub_update", **{"/proc/cmdline": "ro"}), {}, "to give the kernel intel_iommu=on iommu=pt. Give it these"),
    (host(), {"boot_loader": "grubby"}, "kvm_host_boot_loader = 'grubby': this host does not have it. It has grub"),
    (host("grub_update"), {"boot_loader": "grub"}, "this host does not have it. Leave it at auto"),
])
def test_refused(on: str, settings: Dict, told: str) -> None:
    assert told in " ".join(refused(on, **settings))


@pytest.mark.parametrize(("on", "settings"), [
    (host("grub_update"), {}),
    (host(), {"iommu": "false", "kernel_arguments": ["intel_iommu=off"]}),
    (host(), {"hugepages": [{"size": "1G", "count": 14}]}),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"), {"hugepages": [{"size": "2M", "count": 2000}]}),
    (host(hugepages=f"{LARGE} 10\n{SMALL} 0\n"),
     {"hugepages": [{"size": "2M", "count": 2560}, {"size": "1G", "count": 0}]}),
    (sysctl_host(), {}),
    (sysctl_host(), {"hugepages": [{"size": "1G", "count": 1}]}),
    (sysctl_host(), {"hugepages": [{"size": "2M", "count": 128}]}),
    (sysctl_host("# vm.nr_hugepages = 128\nvm.nr_hugepages_mempolicy = 128\n"), PAGES_2M),
    (sysctl_host(**{"/etc/sysctl.d/z.conf": "vm.nr_hugepages=512\n"}), PAGES_2M),
    (sysctl_host("vm.nr_hugepages=512", **{"/usr/lib/sysctl.d/vm.conf": "vm.nr_hugepages = 128\n"}), PAGES_2M),
    (host(hugepages=f"{SMALL} 0\n"), {"hugepages": [{"size": "1G", "count": 0}]}),
    (host(), {"kernel_arguments": ["pci=realloc", "isolcpus=managed_irq,2-7", "console=ttyS0,115200n8"]}),
])
def test_not_refused(on: str, settings: Dict) -> None:
    assert refused(on, **settings) == []
