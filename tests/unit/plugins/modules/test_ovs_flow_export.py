# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong input to ovs_flow_export, through the module itself: one error that names object and value, nothing changed."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.modules import ovs_flow_export
from ansible_collections.nfv.kvm.tests.unit.fakehost import FakeHost
from ansible_collections.nfv.kvm.tests.unit.moduleargs import patch_module_args
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.openvswitch.fakevsctl import FakeVsctl
from ansible_collections.nfv.kvm.tests.unit.runmain import refused
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result


def sflow(**options: t.Any) -> Result:
    """sFlow to a collector, with these options."""
    return {"sflow": {"targets": ["192.0.2.9:6343"], **options}}


def netflow(**options: t.Any) -> Result:
    """NetFlow to a collector, with these options."""
    return {"netflow": {"targets": ["192.0.2.9:2055"], **options}}


def ipfix(**options: t.Any) -> Result:
    """IPFIX to a collector, with these options."""
    return {"ipfix": {"targets": ["192.0.2.9:4739"], **options}}


def to(target: object) -> Result:
    """sFlow to one collector."""
    return {"sflow": {"targets": [target]}}


# The host: bridges flow0 and flow1 with the same sFlow, interfaces eth0 and lo.
WRONG: list[tuple[Result, str]] = [
    # the bridge, and what is asked for at all
    ({"bridge": None, **sflow()}, "missing required arguments: bridge"),
    ({"bridge": "flow9", **sflow()}, "bridge = 'flow9': Open vSwitch has no such bridge. Run ovs-vsctl "
     "add-br flow9, or use an existing one (flow0, flow1)"),
    ({"bridge": "", **sflow()}, "bridge = ''"),
    ({"bridge": "flow0 flow1", **sflow()}, "bridge = 'flow0 flow1'"),
    ({"bridge": "--", **sflow()}, "bridge = '--'"),
    ({"bridge": "-- del-br flow0", **sflow()}, "bridge = '-- del-br flow0'"),
    ({"bridge": ["flow0"], **sflow()}, "bridge = \"['flow0']\""),
    ({"bridge": "flow9", "state": "absent"}, "bridge = 'flow9'"),
    ({}, "ovs_flow_export: no export is given. Set at least one of sflow, netflow, ipfix"),
    ({"state": "present"}, "no export is given"),
    ({"state": "off", **sflow()}, "value of state must be one of: present, absent, got: off"),
    ({"sFlow": {}}, "Unsupported parameters"),
    ({"sflow": {"target": ["192.0.2.9:6343"]}}, "Unsupported parameters"),
    ({"sflow": "192.0.2.9:6343"}, "sflow = '192.0.2.9:6343': it must be a dictionary. Give its options (targets, "),
    ({"sflow": ["192.0.2.9:6343"]}, "sflow = ['192.0.2.9:6343']: it must be a dictionary"),
    ({"sflow": 6343}, "sflow = 6343: it must be a dictionary"),
    # collectors
    ({"netflow": {}}, "netflow.targets: flow0 has no NetFlow yet, and a new export needs a collector. "
                      "Add a collector such as 192.0.2.9:2055"),
    ({"ipfix": {"sampling": 1}}, "ipfix.targets: flow0 has no IPFIX yet"),
    ({"sflow": {"targets": []}}, "sflow.targets = []: an export needs at least one collector"),
    ({"ipfix": {"targets": []}}, "ipfix.targets = []"),
    ({"sflow": {"targets": {"ip": "192.0.2.9"}}}, "'targets' is of type dict"),
    (to("192.0.2.9"), "sflow.targets[0] = '192.0.2.9': its port is missing. Write 192.0.2.9:6343"),
    (to("2001:db8::9"), "sflow.targets[0] = '2001:db8::9': its port is missing"),
    (to("2001:db8::9:6343"), "'2001:db8::9:6343': its port is missing"),
    (to("[2001:db8::9]"), "'[2001:db8::9]': its port is missing"),
    (to("192.0.2.9:"), "'192.0.2.9:': it is not ADDRESS:PORT"),
    (to("192.0.2.9:0"), "'192.0.2.9:0': its port must be from 1 to 65535"),
    (to("192.0.2.9:65536"), "'192.0.2.9:65536': its port must be from 1 to 65535"),
    (to("192.0.2.9:-1"), "'192.0.2.9:-1': it is not ADDRESS:PORT"),
    (to("192.0.2.9:http"), "'192.0.2.9:http'"),
    (to("192.0.2.256:6343"), "'192.0.2.256:6343': it does not start with an IPv4 address"),
    (to("192.0.2:6343"), "'192.0.2:6343'"),
    (to("collector.example:6343"), "'collector.example:6343': it does not start with an IPv4 address, or an IPv6 "
                                   "address in brackets; names are not resolved"),
    (to("[192.0.2.9]:6343"), "'[192.0.2.9]:6343'"),
    (to("[2001:db8::9::]:6343"), "'[2001:db8::9::]:6343'"),
    (to("[fe80::9]:6343"), "'[fe80::9]:6343': a link-local address needs its interface"),
    (to("[fe80::9%eth9]:6343"), "sflow.targets = 'eth9': this host has no such network interface"),
    (to("0.0.0.0:6343"), "'0.0.0.0:6343': this is not the address of a collector"),
    (to("udp:192.0.2.9:6343"), "'udp:192.0.2.9:6343'"),
    (to('192.0.2.9:6343"'), "sflow.targets[0] = '192.0.2.9:6343\"'"),
    (to('192.0.2.9:6343", "192.0.2.10:6343'), "it is not ADDRESS:PORT"),
    (to("192.0.2.9:6343 sampling=1"), "'192.0.2.9:6343 sampling=1'"),
    (to("192.0.2.9:6343\n"), "'192.0.2.9:6343\\n'"),
    (to(""), "sflow.targets[0] = ''"),
    (to(6343), "sflow.targets[0] = '6343'"),
    ({"sflow": {"targets": ["192.0.2.9:6343", "192.0.2.9"]}}, "sflow.targets[1] = '192.0.2.9'"),
    ({"netflow": {"targets": ["192.0.2.9"]}}, "netflow.targets[0] = '192.0.2.9': its port is missing. "
                                              "Write 192.0.2.9:2055"),
    ({"ipfix": {"targets": "192.0.2.9"}}, "ipfix.targets[0] = '192.0.2.9': its port is missing. Write 192.0.2.9:4739"),
    # sFlow
    (sflow(agent="eth9"), "sflow.agent = 'eth9': this host has no such network interface"),
    (sflow(agent="192.0.2.300"), "sflow.agent = '192.0.2.300': this host has no such network interface"),
    (sflow(agent="../lo"), "sflow.agent = '../lo': this is neither the name of a network interface nor an IP address"),
    (sflow(agent=".."), "sflow.agent = '..'"),
    (sflow(agent="[2001:db8::1]"), "sflow.agent = '[2001:db8::1]'"),
    (sflow(agent="192.0.2.1/24"), "sflow.agent = '192.0.2.1/24'"),
    (sflow(agent="eth0 "), "sflow.agent = 'eth0 '"),
    (sflow(agent="an-interface-that-is-too-long"), "sflow.agent = 'an-interface-that-is-too-long'"),
    (sflow(agent=["eth0"]), "sflow.agent = \"['eth0']\""),
    (sflow(sampling=0), "sflow.sampling = 0: it must be from 1 to 4294967295"),
    (sflow(sampling=-1), "sflow.sampling = -1"),
    (sflow(sampling=2**32), "sflow.sampling = 4294967296"),
    (sflow(sampling=True), "sflow.sampling = True: it must be an integer"),
    (sflow(sampling="1/64"), "'sampling' is of type str"),
    (sflow(sampling=1.5), "'sampling' is of type float"),
    (sflow(polling=-1), "sflow.polling = -1: it must be from 0 to 4294967295"),
    (sflow(polling=2**32), "sflow.polling = 4294967296"),
    (sflow(header=0), "sflow.header = 0: it must be from 1 to 65535"),
    (sflow(header=65536), "sflow.header = 65536"),
    (sflow(engine_id=1), "Unsupported parameters"),
    # NetFlow
    (netflow(active_timeout=-2), "netflow.active_timeout = -2: it must be from -1 to 2147483647"),
    (netflow(active_timeout=2**31), "netflow.active_timeout = 2147483648"),
    (netflow(active_timeout="1m"), "'active_timeout' is of type str"),
    (netflow(engine_id=-1), "netflow.engine_id = -1: it must be from 0 to 255"),
    (netflow(engine_id=256), "netflow.engine_id = 256"),
    (netflow(engine_type=-1), "netflow.engine_type = -1: it must be from 0 to 255"),
    (netflow(engine_type=256), "netflow.engine_type = 256"),
    (netflow(add_id_to_interface="perhaps"), "'add_id_to_interface' is of type str"),
    (netflow(sampling=1), "Unsupported parameters"),
    # IPFIX
    (ipfix(sampling=0), "ipfix.sampling = 0: it must be from 1 to 4294967295"),
    (ipfix(sampling=2**32), "ipfix.sampling = 4294967296"),
    (ipfix(obs_domain_id=-1), "ipfix.obs_domain_id = -1: it must be from 0 to 4294967295"),
    (ipfix(obs_domain_id=2**32), "ipfix.obs_domain_id = 4294967296"),
    (ipfix(obs_point_id=-1), "ipfix.obs_point_id = -1"),
    (ipfix(obs_point_id=2**32), "ipfix.obs_point_id = 4294967296"),
    (ipfix(cache_active_timeout=-1), "ipfix.cache_active_timeout = -1: it must be from 0 to 4200"),
    (ipfix(cache_active_timeout=4201), "ipfix.cache_active_timeout = 4201"),
    (ipfix(cache_max_flows=-1), "ipfix.cache_max_flows = -1"),
    (ipfix(cache_max_flows=2**32), "ipfix.cache_max_flows = 4294967296"),
    (ipfix(stats_interval=0), "ipfix.stats_interval = 0: it must be from 1 to 3600"),
    (ipfix(stats_interval=3601), "ipfix.stats_interval = 3601"),
    (ipfix(template_interval=0), "ipfix.template_interval = 0: it must be from 1 to 3600"),
    (ipfix(template_interval=3601), "ipfix.template_interval = 3601"),
    (ipfix(other_config={"enable-tunel-sampling": True}), "ipfix.other_config = 'enable-tunel-sampling': Open vSwitch "
                                                          "does not have this key. Use one of enable-input-sampling, "),
    (ipfix(other_config={'a"=b,c': "d"}), "does not have this key"),
    (ipfix(other_config={1: "d"}), "does not have this key"),
    (ipfix(other_config={"enable-tunnel-sampling": "often"}),
     "ipfix.other_config.enable-tunnel-sampling = 'often': it must be true or false"),
    (ipfix(other_config={"enable-tunnel-sampling": 1}), "enable-tunnel-sampling = 1: it must be true or false"),
    (ipfix(other_config={"virtual_obs_id": ["a", "b" * 250]}), "it must be printable and have at most 254 bytes"),
    (ipfix(other_config={"virtual_obs_id": "v" * 255}), "it must be printable and have at most 254 bytes"),
    (ipfix(other_config={"virtual_obs_id": "é" * 128}), "it must be printable and have at most 254 bytes"),
    (ipfix(other_config={"virtual_obs_id": "a\tb"}), "ipfix.other_config.virtual_obs_id = 'a\\tb'"),
    (ipfix(other_config=["enable-tunnel-sampling"]), "ipfix.other_config = ['enable-tunnel-sampling']: it"),
    (ipfix(other_config=True), "ipfix.other_config = True: it must be a dictionary. Give its options (any), each with"),
    # one wrong export among right ones, and options of one that is to be off
    ({**sflow(sampling=1), **netflow(), **ipfix(sampling=0)}, "ipfix.sampling = 0"),
    ({"state": "absent", **to("192.0.2.9")}, "sflow.targets[0] = '192.0.2.9'"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_wrong_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
                     wrong: Result, told: str) -> None:
    host = FakeVsctl(tmp_path)
    row = host.add("sFlow", targets=["192.0.2.8:6343"])
    for name in ("flow0", "flow1"):
        host.bridge(name)["sflow"] = row
    before = copy.deepcopy(host.tables)
    monkeypatch.setattr(engine, "Host", lambda: host)
    assert told in refused(ovs_flow_export.main, {"bridge": "flow0", **wrong}, capsys)["msg"]
    assert host.tables == before


def test_documented_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                             capsys: pytest.CaptureFixture[str]) -> None:
    host = FakeVsctl(tmp_path)
    host.add("Bridge", name="br0")
    FakeHost(tmp_path).folder("/sys/class/net/eno1")
    monkeypatch.setattr(engine, "Host", lambda: host)
    for task in yaml.safe_load(ovs_flow_export.EXAMPLES):
        with patch_module_args(task["nfv.kvm.ovs_flow_export"]), pytest.raises(SystemExit) as ended:
            ovs_flow_export.main()
        result = json.loads(capsys.readouterr().out)
        assert (ended.value.code, result["changed"]) == (0, True), result
    assert [host.tables[table] for table in ("sFlow", "NetFlow", "IPFIX")] == [{}, {}, {}]
