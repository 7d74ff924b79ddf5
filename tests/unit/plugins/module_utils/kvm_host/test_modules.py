# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules of hosts of all kinds."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import HEAD, host, plan, written


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


@pytest.mark.parametrize(("loaded", "files", "settings", "content", "stale", "reload"), [
    ("Y 0 Y Y", {}, {"pml": False}, "pml=0", False, True),
    ("Y 0 Y Y", {}, {"pml": "no", "apicv": False}, "pml=0 enable_apicv=0", False, True),
    ("Y 1 Y Y", {}, {"pml": False}, "pml=0", False, False),
    ("Y 0 N Y", {OWN_OPTIONS: "options kvm_intel pml=0\n"}, {"pml": False}, "pml=0", False, False),
    ("Y 0 N Y", {"/etc/modprobe.d/kvm.conf": "options kvm_intel ept=1 pml=n\n"}, {"pml": False}, None, False, False),
    ("N 0 N N", {OWN_OPTIONS: "options kvm_intel pml=0 enable_apicv=0\n"}, {"apicv": False},
     "nested=1 enable_apicv=0", False, True),
    ("Y 0 N Y", {OWN_OPTIONS: "options kvm_intel pml=0\n"}, {}, None, True, False),
    ("Y 0 N Y", {OWN_OPTIONS: "options kvm_intel pml=0\n"}, {"pml": True}, "pml=1", False, True),
    ("Y 0 Y Y", {}, {"pml": True, "apicv": ""}, None, False, False),
])
def test_options_of_intel(loaded: str, files: dict[str, str], settings: dict[str, t.Any], content: str | None,
                          stale: bool, reload: bool) -> None:
    on = host(modules=f"kvm_intel loaded {loaded}\nvfio_pci loaded - 0\n", **files)
    found = plan(on, **settings)["modules"]
    after = {**files, **written(found)}
    assert after.get(OWN_OPTIONS, "").partition("options kvm_intel ")[2].strip() == (
        content or ("pml=0" if stale else ""))
    assert found["stale"] == ([OWN_OPTIONS] if stale else [])
    assert found["reload"] == (["kvm_intel"] if reload else [])
    # what is written holds: nothing more is to be written
    assert plan(host(modules=f"kvm_intel loaded {loaded}\nvfio_pci loaded - 0\n", **after), **settings)[
        "modules"]["files"] == []


def test_options_of_intel_are_not_those_of_amd() -> None:
    on = host(cpu="vendor_id : AuthenticAMD\nflags : svm\n", modules="kvm_amd loaded 1 0\nvfio_pci loaded - 0\n")
    assert plan(on, pml=False, apicv=False)["modules"] == {"files": [], "stale": [], "reload": [], "load": []}


def test_options_wait_for_a_reboot_while_guests_run() -> None:
    on = host(modules="kvm_intel loaded N 3 Y Y\nvfio_pci loaded - 0\n")
    assert plan(on, pml=False)["reboot"] == ["kvm_intel nested=1 pml=0, since guests run"]


def test_nested_turned_off() -> None:
    found = plan(host(), nested="no")["modules"]
    assert (written(found)[OWN_OPTIONS], found["reload"]) == (f"{HEAD}\noptions kvm_intel nested=0\n", ["kvm_intel"])


def test_nested_turned_off_before_the_module_is_loaded() -> None:
    found = plan(host(modules="kvm_intel loadable\nvfio_pci loaded - 0\n"), nested=False)["modules"]
    assert (written(found)[OWN_OPTIONS], found["load"]) == (f"{HEAD}\noptions kvm_intel nested=0\n", ["kvm_intel"])
