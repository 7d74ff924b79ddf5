# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks of the module bios_check the host of an appliance has to pass."""

from __future__ import annotations

EVERY = ("cpu_virtualisation", "kvm")
WITH_VFS = ("iommu_kernel", "interrupt_remapping", "nic_sriov", "mmio", "acs", "vfio", "numa", "pcie_link")
# Needs PFs, and the release of the appliance
MODEL = "nic_model"


def checks(pfs: tuple[str, ...], release: str | None = None, vfs: bool = False) -> list[str]:
    """The names of the checks.

    :param pfs: the PFs whose VFs it has, as far as they are named
    :param release: its release, None if nobody has said it
    :param vfs: whether it has VFs of other PFs as well
    """
    return [*EVERY, *(WITH_VFS if pfs or vfs else ()), *([MODEL] if pfs and release else ())]
