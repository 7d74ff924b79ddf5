# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to sriov_vf, through the module itself: one error that names object and value, and nothing changed."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.modules import sriov_vf
from ansible_collections.nfv.kvm.tests.unit.fakekernel import PF, FakeKernel
from ansible_collections.nfv.kvm.tests.unit.fakekernel import sriov_vf as run_sriov_vf
from ansible_collections.nfv.kvm.tests.unit.runmain import refused
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

MAC = "52:54:00:00:00:01"


def vf(**settings: t.Any) -> Result:
    """The only entry of vfs, for VF 0 where no other is named."""
    return {"vfs": [{"index": 0, **settings}]}


# The host: enp1s0 (igb, up to 7 VFs) has 2 VFs, VF 1 is bound to vfio-pci; enp0s3 has no SR-IOV.
WRONG: list[tuple[Result, str]] = [
    # the PF
    ({"pf": None}, "missing required arguments: pf"),
    ({"pf": ""}, "pf = ''"),
    ({"pf": "eno9"}, "pf = 'eno9': this host has no such network interface"),
    ({"pf": "0000:99:00.0"}, "pf = '0000:99:00.0': this host has no such PCI device"),
    ({"pf": "0000:01:00.9"}, "pf = '0000:01:00.9'"),
    ({"pf": "01:00.0"}, "pf = '01:00.0'"),
    ({"pf": "enp0s3"}, "pf = 'enp0s3': this device does not support SR-IOV"),
    ({"pf": "0000:00:03.0"}, "pf = '0000:00:03.0': this device does not support SR-IOV"),
    ({"pf": "0000:01:10.0"}, "pf = '0000:01:10.0': this device does not support SR-IOV"),
    ({"pf": ".."}, "pf = '..'"),
    ({"pf": "enp1s0/device"}, "pf = 'enp1s0/device': this host has no such network interface"),
    ({"pf": "enp1s0; reboot"}, "pf = 'enp1s0; reboot'"),
    ({"pf": ["enp1s0"]}, "pf = \"['enp1s0']\""),
    ({"mtu": 5}, "mtu = 5: it must be from 68 to 65535"),
    ({"mtu": 65536}, "mtu = 65536"),
    ({"mtu": "jumbo"}, "'mtu' is of type str"),
    ({"up": "perhaps"}, "'up' is of type str"),
    ({"drivers_autoprobe": 2}, "'drivers_autoprobe' is of type int"),
    # how many
    ({"numvfs": -1}, "numvfs = -1: it must be from 0"),
    ({"numvfs": 8}, "numvfs = 8: enp1s0 (0000:01:00.0) can have at most 7 VFs"),
    ({"numvfs": 70000}, "numvfs = 70000"),
    ({"numvfs": True}, "numvfs = True: it must be an integer. Write a whole number"),
    ({"vfs": [{"index": 0, "vlan": True}]}, "vfs[0].vlan = True: it must be an integer"),
    ({"vfs": [{"index": "0\0"}]}, "vfs[0].index = '0\\x00': it has the character U+0000"),
    ({"numvfs": "all"}, "'numvfs' is of type str"),
    ({"numvfs": 1.5}, "'numvfs' is of type float"),
    ({"timeout": 0}, "timeout = 0: it must be from 1"),
    ({"timeout": 86401}, "timeout = 86401"),
    ({"in_use": "ignore"}, "value of in_use must be one of: fail, allow, got: ignore"),
    ({"persistent": "maybe"}, "'persistent' is of type str"),
    ({"numvf": 2}, "Unsupported parameters"),
    # which VFs
    ({"vfs": {"index": 0}}, "'vfs' is of type dict"),
    ({"vfs": [{"vlan": 5}]}, "missing required arguments: index found in vfs"),
    ({"vfs": [{"index": 0, "vlans": 5}]}, "Unsupported parameters"),
    (vf(index=2), "vfs.index = 2: enp1s0 would have 2 VFs"),
    (vf(index=9, vlan=5), "vfs.index = 9"),
    ({"numvfs": 1, "vfs": [{"index": 1}]}, "vfs.index = 1: enp1s0 would have 1 VFs"),
    (vf(index="3-1"), "vfs[0].index = '3-1': the range ends before it starts"),
    (vf(index="0-"), "vfs[0].index = '0-': this is not a VF index"),
    (vf(index="0,,1"), "vfs[0].index = '0,,1'"),
    (vf(index="all"), "vfs[0].index = 'all'"),
    (vf(index=""), "vfs[0].index = ''"),
    (vf(index=[]), "vfs[0].index = []: it contains no VF index"),
    (vf(index=[0, "x"]), "vfs[0].index = [0, 'x']"),
    (vf(index=-1), "vfs[0].index = -1"),
    (vf(index=1.5), "vfs[0].index = 1.5"),
    (vf(index=True), "vfs[0].index = True"),
    (vf(index={"from": 0}), "vfs[0].index = {'from': 0}"),
    ({"vfs": [{"index": 0}, {"index": "0-1"}]}, "vfs[1].index = 0: this VF already has an entry"),
    (vf(index=[1, 1]), "vfs[0].index = 1: this VF already has an entry"),
    # MACs
    (vf(mac="52:54:00:00:00"), "vfs[0].mac = '52:54:00:00:00': this is not a MAC address"),
    (vf(mac="52:54:00:00:00:0g"), "vfs[0].mac = '52:54:00:00:00:0g'"),
    (vf(mac="525400000001"), "vfs[0].mac = '525400000001'"),
    (vf(mac="52:54:00:00:00:01\n"), "vfs[0].mac = '52:54:00:00:00:01\\n'"),
    (vf(mac="01:00:5e:00:00:01"), "vfs[0].mac = '01:00:5e:00:00:01': this is a multicast"),
    (vf(mac="ff:ff:ff:ff:ff:ff"), "vfs[0].mac = 'ff:ff:ff:ff:ff:ff'"),
    (vf(mac="00:00:00:00:00:00"), "vfs[0].mac = '00:00:00:00:00:00': this is the all-zero address"),
    (vf(index="0-1", mac=MAC), f"vfs[0].mac = '{MAC}': 2 VFs cannot share one MAC"),
    ({"vfs": [{"index": 0, "mac": MAC}, {"index": 1, "mac": "52-54-00-00-00-01"}]}, "vfs[1].mac = '52:54:00:00:00:01'"),
    # VLANs
    (vf(vlan=4095), "vfs[0].vlan = 4095: it must be from 0 to 4094"),
    (vf(vlan=-1), "vfs[0].vlan = -1"),
    (vf(vlan="blue"), "'vlan' is of type str"),
    (vf(vlan=1, qos=8), "vfs[0].qos = 8: it must be from 0 to 7"),
    (vf(vlan=1, qos=-1), "vfs[0].qos = -1"),
    (vf(qos=3), "vfs[0].qos = 3: it is a property of the VLAN tag"),
    (vf(vlan=0, qos=3), "vfs[0].qos = 3"),
    (vf(vlan_protocol="802.1ad"), "vfs[0].vlan_protocol = '802.1ad': it is a property of the VLAN tag"),
    (vf(vlan=5, vlan_protocol="802.1q"), "value of vlan_protocol must be one of: 802.1Q, 802.1ad, got: 802.1q"),
    # rates and switches
    (vf(min_tx_rate=20, max_tx_rate=10), "vfs[0].min_tx_rate = 20: it is above max_tx_rate 10"),
    (vf(max_tx_rate=-1), "vfs[0].max_tx_rate = -1"),
    (vf(min_tx_rate=2**32), "vfs[0].min_tx_rate = 4294967296"),
    (vf(max_tx_rate="1G"), "'max_tx_rate' is of type str"),
    (vf(trust="sure"), "'trust' is of type str"),
    (vf(spoofchk=3), "'spoofchk' is of type int"),
    (vf(link_state="up"), "value of link_state must be one of: auto, enable, disable, got: up"),
    # drivers
    (vf(driver="vfio_pci!"), "vfs[0].driver = 'vfio_pci!': this is not the name of a driver"),
    (vf(driver="../igb"), "vfs[0].driver = '../igb'"),
    (vf(driver=""), "vfs[0].driver = ''"),
    (vf(driver="iavf"), "vfs.driver = 'iavf': this host has no such driver"),
    # what this driver cannot do
    (vf(query_rss=True), "VF 0 of enp1s0: query_rss is not supported by igb (0000:01:00.0)"),
    (vf(link_state="enable"), "VF 0 of enp1s0: link_state is not supported by igb (0000:01:00.0)"),
    (vf(vlan=5, vlan_protocol="802.1ad"), "vlan_protocol is not supported by igb (0000:01:00.0)"),
    ({"numvfs": 4, "vfs": [{"index": 0, "trust": True}, {"index": 3, "link_state": "disable"}]},
     "VF 3 of enp1s0: link_state is not supported by igb (0000:01:00.0)"),
    ({"mtu": 9000, "up": True, "vfs": [{"index": 1, "link_state": "enable", "driver": "default"}]},
     "VF 1 of enp1s0: link_state is not supported by igb (0000:01:00.0)"),
]


def state(kernel: FakeKernel) -> Result:
    """All that the module could change."""
    drivers = {name: kernel.link_name(f"/sys/bus/pci/devices/{name}/driver")
               for name in kernel.names("/sys/bus/pci/devices")}
    files = [name for folder in ("/etc/systemd/network", "/etc/udev/rules.d", "/run/nfv-kvm")
             for name in kernel.names(folder) if not name.endswith(".lock")]
    return copy.deepcopy({"link": kernel.link_state, "drivers": drivers, "files": files,
                          "autoprobe": kernel.autoprobes()})


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_wrong_input(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                     wrong: Result, told: str) -> None:
    run_sriov_vf(kernel, numvfs=2, vfs=[{"index": 1, "driver": "vfio-pci", "vlan": 100}])
    before = state(kernel)
    monkeypatch.setattr(engine, "Host", lambda: kernel)
    assert told in refused(sriov_vf.main, {"pf": PF if "pf" not in wrong else None, **wrong}, capsys)["msg"]
    assert state(kernel) == before
