# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB of hosts of all kinds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.arguments import Wanted
from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.grub import without_wrong
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import (
    APPEND,
    GOOD,
    HEAD,
    OWN_GRUB,
    Dict,
    boot,
    host,
    said,
    written,
)
from ansible_collections.nfv.kvm.tests.unit.readtyped import read


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
    assert without_wrong(f"x\n{before}\ny\n", Wanted(iommu="amd"), ["iommu=off"]) == f"x\n{after}\ny\n"


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
    line = [*linux.split(), *default.split()]
    assert without_wrong(text.format(linux, default), read(Wanted, wanted), line) == text.format(*after)


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
