# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What udev does with the netdevs of new VFs."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host


def settle(host: Host, timeout: int = 30) -> None:
    """Wait, for so many seconds at most, until udev has named the netdevs and given them their MACs (systemd.link)."""
    host.run(["udevadm", "settle", f"--timeout={timeout}"], timeout=timeout + 5)
