# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option of every module that uses libvirt."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.libvirt``."""

    DOCUMENTATION = r"""
options:
  uri:
    description: The libvirt connection URI, as for C(virsh --connect).
    type: str
    default: qemu:///system
requirements:
  - python3-libvirt on the host
  - python3-lxml on the host
"""
