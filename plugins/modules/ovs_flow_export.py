#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_flow_export
short_description: Configure sFlow, NetFlow and IPFIX on an Open vSwitch bridge
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Configures a bridge of Open vSwitch to export its traffic to collectors. This also makes traffic visible that stays
    between guests of one host.
  - Does not change exports that are omitted, nor options of an export that are omitted.
  - Reads all three exports with one process, and changes them with another one, in one transaction.
  - Does not change other bridges. If other bridges share the settings of an export with this bridge, this bridge gets
    settings of its own.
extends_documentation_fragment:
  - nfv.kvm.attributes
requirements:
  - Open vSwitch on the host
options:
  bridge:
    description: Name of the bridge, which must exist.
    type: str
    required: true
  sflow:
    description:
      - Exports samples of packets, and the counters of the bridge's ports. The options are columns of the table
        V(sFlow) of Open vSwitch.
      - If it is omitted, the module does not change sFlow.
    type: dict
    suboptions:
      targets:
        description:
          - Addresses of the collectors, such as V(192.0.2.9:6343) or V([2001:db8::9]:6343). Required to turn the
            export on.
        type: list
        elements: str
      agent:
        description:
          - How the collectors identify this switch. Either an IP address, or a netdev of the host that has one.
          - With an empty text, or if it was never set, Open vSwitch uses the address from which it reaches the first
            collector.
        type: str
      header:
        description:
          - Number of bytes of a packet that its sample holds. If it was never set, Open vSwitch uses 128. Open vSwitch
            drops samples that are longer than half a datagram, so use less than 600.
        type: int
      sampling:
        description: Samples one out of this number of packets. If it was never set, 400.
        type: int
      polling:
        description:
          - Interval in seconds at which the counters of the ports are sent. If it was never set, 30. V(0) turns them
            off.
        type: int
  netflow:
    description:
      - Exports records of IP flows in NetFlow version 5. The options are columns of the table V(NetFlow) of Open
        vSwitch.
      - If it is omitted, the module does not change NetFlow.
    type: dict
    suboptions:
      targets:
        description:
          - Addresses of the collectors, such as V(192.0.2.9:2055) or V([2001:db8::9]:2055). Required to turn the
            export on.
        type: list
        elements: str
      active_timeout:
        description:
          - Interval in seconds at which a flow that continues is recorded. V(0) is the default of Open vSwitch, 600.
            V(-1) turns these records off according to the manual of Open vSwitch, but version 3.5 then uses 600.
        type: int
      engine_id:
        description: Engine ID in the records, from V(0) to V(255). If it was never set, the ID of the datapath.
        type: int
      engine_type:
        description: Engine type in the records, from V(0) to V(255). If it was never set, the type of the datapath.
        type: int
      add_id_to_interface:
        description:
          - Whether the upper 7 bits of the interface numbers in the records hold the lower 7 bits of the engine ID.
            Some collectors need this to distinguish several bridges of a host.
        type: bool
  ipfix:
    description:
      - Exports records of the packets that are sampled at the ports of the bridge. The options are columns of the table
        V(IPFIX) of Open vSwitch.
      - The exports of OpenFlow C(sample) actions have other settings (table V(Flow_Sample_Collector_Set)), which the
        module does not change.
      - If it is omitted, the module does not change IPFIX.
    type: dict
    suboptions:
      targets:
        description:
          - Addresses of the collectors, such as V(192.0.2.9:4739) or V([2001:db8::9]:4739). Required to turn the
            export on.
        type: list
        elements: str
      sampling:
        description: Samples one out of this number of packets. If it was never set, 400.
        type: int
      obs_domain_id:
        description: Observation domain ID of every message. If it was never set, 0.
        type: int
      obs_point_id:
        description: Observation point ID of every record. If it was never set, 0.
        type: int
      cache_active_timeout:
        description:
          - Time in seconds, up to V(4200), for which the packets of a flow are collected into one record. Requires
            O(ipfix.cache_max_flows). With V(0), or if it was never set, each sample is a record.
        type: int
      cache_max_flows:
        description:
          - Maximum number of flows in the cache. Requires O(ipfix.cache_active_timeout). With V(0), or if it was never
            set, each sample is a record.
        type: int
      stats_interval:
        description:
          - Interval in seconds, from V(1) to V(3600), at which the statistics of the export itself are sent. If it was
            never set, 600. Requires Open vSwitch 3.2.
        type: int
      template_interval:
        description:
          - Interval in seconds, from V(1) to V(3600), at which the templates are sent. A collector that starts later
            cannot read records before it receives the templates. If it was never set, 600. Requires Open vSwitch 3.2.
        type: int
      other_config:
        description:
          - Keys of the column C(other_config). The module does not change keys that are omitted. An empty text removes
            a key.
          - V(enable-input-sampling) and V(enable-output-sampling), each V(true) or V(false), set whether packets are
            sampled when they enter and when they leave the bridge. V(enable-tunnel-sampling) sets whether the records
            of tunneled packets include the tunnel. If they were never set, all three are V(true).
          - V(virtual_obs_id) is a text of at most 254 bytes that is added to every record.
        type: dict
  state:
    description:
      - V(present) configures the exports that are given.
      - V(absent) turns the exports that are given off and ignores their options. If no export is given, it turns all
        three off.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - name: ovs-vswitchd.conf.db(5)
    description: The manual of Open vSwitch's database, with every column.
    link: https://www.openvswitch.org/support/dist-docs/ovs-vswitchd.conf.db.5.html
"""

EXAMPLES = r"""
- name: Send one out of 64 packets of br0 to an sFlow collector, and the counters of its ports every 10 seconds
  nfv.kvm.ovs_flow_export:
    bridge: br0
    sflow:
      targets: ["192.0.2.9:6343"]
      agent: eno1
      sampling: 64
      polling: 10

- name: Send NetFlow to two collectors, and IPFIX to a third one
  nfv.kvm.ovs_flow_export:
    bridge: br0
    netflow:
      targets: ["192.0.2.9:2055", "[2001:db8::9]:2055"]
      active_timeout: 60
    ipfix:
      targets: ["192.0.2.10:4739"]
      sampling: 1
      obs_domain_id: 42
      cache_active_timeout: 60
      cache_max_flows: 4096
      other_config:
        enable-output-sampling: false

- name: Turn NetFlow off
  nfv.kvm.ovs_flow_export:
    bridge: br0
    netflow: {}
    state: absent

- name: Turn all exports of a bridge off
  nfv.kvm.ovs_flow_export:
    bridge: br0
    state: absent
"""

RETURN = r"""
actions:
  description: The changes that were made, or that would be made in check mode.
  returned: always
  type: list
  elements: str
  sample: ["br0: sflow off → on", "br0: sflow.targets unset → 192.0.2.9:6343", "br0: sflow.sampling unset → 64"]
bridge:
  description: Name of the bridge.
  returned: success
  type: str
  sample: br0
sflow:
  description: The sFlow settings after the run, null if sFlow is off. An option that was never set is null.
  returned: success
  type: dict
  sample: {targets: ["192.0.2.9:6343"], agent: eno1, header: null, sampling: 64, polling: 10}
netflow:
  description: The NetFlow settings after the run, null if NetFlow is off. An option that was never set is null.
  returned: success
  type: dict
  sample: {targets: ["192.0.2.9:2055"], active_timeout: 60, engine_id: null, engine_type: null,
           add_id_to_interface: false}
ipfix:
  description: The IPFIX settings after the run, null if IPFIX is off. An option that was never set is null.
  returned: success
  type: dict
  sample: {targets: ["192.0.2.10:4739"], sampling: 1, obs_domain_id: 42, obs_point_id: null,
           cache_active_timeout: 60, cache_max_flows: 4096, stats_interval: null, template_interval: null,
           other_config: {enable-output-sampling: "false"}}
"""

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.openvswitch.plan import exports_resource
from ansible_collections.nfv.kvm.plugins.module_utils.parameters import module_with

INTEGER = {"type": "int"}
TARGETS = {"type": "list", "elements": "str"}
SFLOW_SPEC = {
    "targets": TARGETS, "agent": {"type": "str"}, "header": INTEGER, "sampling": INTEGER, "polling": INTEGER,
}
NETFLOW_SPEC = {
    "targets": TARGETS, "active_timeout": INTEGER, "engine_id": INTEGER, "engine_type": INTEGER,
    "add_id_to_interface": {"type": "bool"},
}
IPFIX_SPEC = {
    "targets": TARGETS, "sampling": INTEGER, "obs_domain_id": INTEGER, "obs_point_id": INTEGER,
    "cache_active_timeout": INTEGER, "cache_max_flows": INTEGER, "stats_interval": INTEGER,
    "template_interval": INTEGER,
    "other_config": {"type": "dict"},
}
SPEC = {
    "bridge": {"type": "str", "required": True},
    "sflow": {"type": "dict", "options": SFLOW_SPEC},
    "netflow": {"type": "dict", "options": NETFLOW_SPEC},
    "ipfix": {"type": "dict", "options": IPFIX_SPEC},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    engine.run(module_with(SPEC), exports_resource)


if __name__ == "__main__":
    main()
