# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loaders of hosts of all kinds, GRUB apart."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.kvm_host.said import boot, host, written


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
