# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs with 802.1Qbh where it is known not to work: warnings, the same in check mode, and nothing of it for others."""

from __future__ import annotations

import json
import sys

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource
from ansible_collections.nfv.kvm.plugins.modules.vm_interface import SPEC
from ansible_collections.nfv.kvm.tests.unit.fakehost import PCI_DEVICES
from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.libvirt.conftest import PF, Lab
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result

OVERRIDES = "/etc/nfv.kvm/vm_fex.json"
VM_FEX = "ansible_collections.nfv.kvm.plugins.module_utils.vm_fex"
PROFILE: Result = {"type": "802.1Qbh", "profileid": "finance"}
HOSTDEV: Result = {"name": "ge0", "type": "hostdev", "source": {"pf": "enp2s0", "vf": 0}, "virtualport": PROFILE}
PASSTHROUGH: Result = {"name": "ge0", "type": "direct", "source": {"dev": "enp2s0v0", "mode": "passthrough"},
                       "virtualport": PROFILE}
QBH = "<virtualport type='802.1Qbh'><parameters profileid='finance'/></virtualport>"
VIC = "PF enp2s0 belongs to a VIC 1340"


def direct(dev: str, mode: str) -> Result:
    """A macvtap."""
    return {**PASSTHROUGH, "source": {"dev": dev, "mode": mode}}


def on(network: str, **more: object) -> Result:
    """A NIC on a network."""
    return {"name": "ge0", "type": "network", "source": {"network": network}, **more}


# (a NIC, words of each warning), on a host whose enp2s0 belongs to a VIC 1340
WARNED: list[tuple[Result, list[str]]] = [
    (HOSTDEV, [VIC]),
    ({**HOSTDEV, "source": {"pci_address": "0000:02:10.2"}}, [VIC]),
    (PASSTHROUGH, [VIC]),
    (direct("enp2s0v0", "private"), ["interfaces[0] (mode private): UCS does not support", VIC]),
    (direct("enp2s0v0", "vepa"), ["interfaces[0] (mode vepa): VM-FEX supports", VIC]),
    (direct("eth7", "passthrough"), ["interfaces[0] (mode passthrough): Linux 5.4 and later"]),
    ({**HOSTDEV, "virtualport": None}, []),
    ({**PASSTHROUGH, "virtualport": None}, []),
    (on("pool"), []),
    (on("fex"), [VIC]),
    (on("pool", virtualport=PROFILE), [VIC]),
    (on("vfs"), [VIC]),
    (on("groups"), []),
    ({**on("groups"), "source": {"network": "groups", "portgroup": "finance"}}, [VIC]),
    (on("macvtaps"), ["interfaces[0] (mode bridge): VM-FEX", "interfaces[0] (mode bridge): VM-FEX", VIC]),
    (on("lan"), []),
]


@pytest.fixture
def vic(lab: Lab) -> Lab:
    """A host with VFs of a VIC, and networks that give them."""
    lab.files.write(f"{PCI_DEVICES}/{PF}/subsystem_vendor", "0x1137")
    lab.files.write(f"{PCI_DEVICES}/{PF}/subsystem_device", "0x012c")
    lab.files.netdev("0000:02:10.0", "enp2s0v0")
    pool = "<forward mode='hostdev'><pf dev='enp2s0'/></forward>"
    lab.network("pool", pool)
    lab.network("fex", pool + QBH)
    lab.network("vfs", "<forward mode='hostdev'><address type='pci' domain='0' bus='2' slot='16' function='0'/>"
                       f"<address type='pci' domain='0' bus='2' slot='16' function='2'/></forward>{QBH}")
    lab.network("groups", f"{pool}<portgroup name='finance'>{QBH}</portgroup><portgroup name='other'/>")
    lab.network("macvtaps", "<forward mode='bridge'><interface dev='eth7'/><interface dev='enp2s0v0'/></forward>" + QBH)
    lab.domain()
    return lab


@pytest.mark.parametrize(("nic", "told"), WARNED)
def test_warnings(vic: Lab, nic: Result, told: list[str]) -> None:
    """The same before the change, with it and after it."""
    found = vic.four_runs(nic).get("warnings", [])
    assert len(found) == len(told), found
    assert all(words in warning for words, warning in zip(told, found))
    assert vic.vm_interface(nic, check_mode=True).get("warnings", []) == found


def test_none_for_a_good_pf(vic: Lab) -> None:
    vic.files.write(OVERRIDES, '{"unsupported_adapters": {}}')
    assert "warnings" not in vic.four_runs(HOSTDEV)


def test_a_nic_that_has_it_already_and_one_that_goes(vic: Lab) -> None:
    vic.vm_interface(HOSTDEV)
    assert len(vic.vm_interface({"name": "ge0"})["warnings"]) == 1
    assert len(vic.vm_interface({"name": "ge0", "boot_order": 1})["warnings"]) == 1
    assert "warnings" not in vic.vm_interface({"name": "ge0", "virtualport": {"type": "none"}})
    vic.vm_interface(HOSTDEV)
    assert "warnings" not in vic.vm_interface({"name": "ge0"}, state="absent")


def test_a_port_group_that_has_gone_warns_of_nothing(vic: Lab) -> None:
    nic = {**on("groups"), "source": {"network": "groups", "portgroup": "finance"}}
    vic.vm_interface(nic)
    vic.network("groups", f"<forward mode='hostdev'/><portgroup name='other'>{QBH}</portgroup>")
    assert "warnings" not in vic.four_runs(nic, {"name": "eth0", "type": "bridge", "source": {"bridge": "br0"}})


def test_broken_overrides_change_nothing(vic: Lab) -> None:
    vic.files.write(OVERRIDES, '{"vf_limits": "none"}')
    for check_mode in (True, False):
        refused = vic.vm_interface(HOSTDEV, check_mode=check_mode)
        assert refused["failed"]
        assert refused["error"]["type"] == "ValidationError"
        assert (refused["error"]["object"], refused["error"]["value"]) == (f"{OVERRIDES}: vf_limits", "none")
    assert vic.libvirt.defined == 0


@pytest.mark.parametrize("nic", [{**HOSTDEV, "virtualport": None}, on("pool"), {**PASSTHROUGH, "virtualport": None}])
def test_nothing_of_it_is_loaded_or_read_for_others(vic: Lab, nic: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    vic.files.write(OVERRIDES, "broken")
    for name in (VM_FEX, VM_FEX.replace("vm_fex", "libvirt.interface.fex")):
        monkeypatch.delitem(sys.modules, name, raising=False)
    vic.four_runs(nic)
    assert VM_FEX not in sys.modules


def test_networks_are_asked_for_once(vic: Lab) -> None:
    nics = [{**on("pool"), "name": f"ge{number}"} for number in range(3)]
    assert not vic.vm_interface(*nics)["failed"]
    vic.libvirt.calls.clear()
    vic.vm_interface(*nics)
    assert vic.libvirt.calls["listAllNetworks"] == 1
    assert vic.libvirt.calls["networkLookupByName"] == 0


def test_they_go_through_ansible(vic: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    # Where they go from here depends on what else of Ansible this process has imported.
    monkeypatch.setattr(AnsibleModule, "warn", lambda self, text: told.append(text))
    with patch_module_args({"domain": "a", "interfaces": [HOSTDEV]}), pytest.raises(SystemExit):
        engine.run(AnsibleModule(argument_spec=SPEC), interface_resource, vic.host)
    result = json.loads(capsys.readouterr().out)
    assert result["changed"]
    assert "warnings" not in result
    assert len(told) == 1
    assert VIC in told[0]
