# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to bios_check, through the module itself, which reads the machine that the test runs on."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.modules import bios_check
from ansible_collections.nfv.kvm.tests.unit.runmain import refused
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

VSRX = {"appliance": "vsrx", "release": "18.1R1"}

WRONG: list[tuple[Result, str]] = [
    ({"require": ["bios"]}, "value of require must be one or more of: cpu_virtualisation, kvm, nested"),
    ({"fail_on": "unknown"}, "value of fail_on must be one of: fail, warn, never"),
    ({"appliance": "vsrx"}, "parameters are required together: appliance, release"),
    ({"release": "18.1R1"}, "parameters are required together: appliance, release"),
    ({"require": ["nic_model"]}, "require = 'nic_model': this check is about an appliance"),
    ({**VSRX, "appliance": "vSRX"}, "appliance = 'vSRX': its NICs are not known. Give one of vsrx, vmx"),
    ({**VSRX, "appliances": [{"name": "mine"}]}, "missing required arguments: nics found in appliances"),
    ({**VSRX, "appliances": [{"name": "mine", "nics": [{"model": "E810"}]}]}, "missing required arguments: ids"),
    ({**VSRX, "appliances": [{"name": "mine", "nics": [{"model": "E810", "ids": ["E810"]}]}]},
     "appliances[0].nics[0].ids = 'E810': this is not a PCI ID"),
    ({"pfs": ["no-such-nic"], "require": ["nic_sriov"]},
     "This host is not ready. nic_sriov (host): no-such-nic: this host has no such network interface."),
    ({"pfs": ["0000:FF:1f.7"], "require": ["nic_sriov"]}, "0000:FF:1f.7: this host has no such PCI device."),
    ({"pfs": ["lo", "../net/lo", ""], "require": ["nic_sriov"]}, "lo: is not a PCI NIC; ../net/lo: this host has no"),
]


@pytest.mark.parametrize(("params", "told"), WRONG)
def test_wrong_input(params: Result, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refused(bios_check.main, params, capsys)["msg"]
