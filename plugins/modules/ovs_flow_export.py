#!/usr/bin/python
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_flow_export
short_description: sFlow, NetFlow and IPFIX of an Open vSwitch bridge
version_added: 0.1.0
author: nfv.kvm contributors (@nfv-kvm)
description:
  - Makes a bridge of Open vSwitch tell collectors what passes through it, so that traffic between guests of one host
    can be seen, too.
  - An export that is not given is left as it is, and so is an option of an export that is not given.
  - One process reads all three exports, and one changes them, in one transaction.
  - Other bridges keep what they have, even where several were made to share the settings of an export. This bridge
    then gets settings of its own.
extends_documentation_fragment:
  - nfv.kvm.attributes
requirements:
  - Open vSwitch on the host
options:
  bridge:
    description: The bridge, by its name. It has to be there.
    type: str
    required: true
  sflow:
    description:
      - Samples of packets, and the counters of the bridge's ports. The options are those of Open vSwitch's table
        V(sFlow).
    type: dict
    suboptions:
      targets:
        description:
          - The collectors, each V(192.0.2.9:6343) or V([2001:db8::9]:6343). Needed to turn the export on.
        type: list
        elements: str
      agent:
        description:
          - What the collectors know this switch by, an IP address or a network interface that has one. An empty text
            leaves it to Open vSwitch, which takes the address that it reaches the first collector from.
        type: str
      header:
        description:
          - How many bytes of a packet go into its sample, 128 if never set. Open vSwitch drops samples that are
            longer than half a datagram, so stay below 600.
        type: int
      sampling:
        description: One out of how many packets is sampled, 400 if never set.
        type: int
      polling:
        description: Every how many seconds the ports' counters are sent, 30 if never set; V(0) for never.
        type: int
  netflow:
    description:
      - Records of IP flows, NetFlow version 5. The options are those of Open vSwitch's table V(NetFlow).
    type: dict
    suboptions:
      targets:
        description: The collectors, each V(192.0.2.9:2055) or V([2001:db8::9]:2055). Needed to turn the export on.
        type: list
        elements: str
      active_timeout:
        description:
          - After how many seconds a flow that goes on is recorded. V(0) is Open vSwitch's own, 600. V(-1) is for never
            by its manual, but 3.5 takes 600 then.
        type: int
      engine_id:
        description: The engine ID in the records, V(0) to V(255); that of the datapath if never set.
        type: int
      engine_type:
        description: The engine type in the records, V(0) to V(255); that of the datapath if never set.
        type: int
      add_id_to_interface:
        description:
          - Whether the upper 7 bits of the records' interface numbers are the lower ones of the engine ID, for
            collectors that cannot tell several bridges of a host apart.
        type: bool
  ipfix:
    description:
      - Records of what is sampled at the bridge's ports. The options are those of Open vSwitch's table V(IPFIX).
      - What OpenFlow C(sample) actions send has other settings (table V(Flow_Sample_Collector_Set)), which stay.
    type: dict
    suboptions:
      targets:
        description: The collectors, each V(192.0.2.9:4739) or V([2001:db8::9]:4739). Needed to turn the export on.
        type: list
        elements: str
      sampling:
        description: One out of how many packets is sampled, 400 if never set.
        type: int
      obs_domain_id:
        description: The observation domain ID of every message, 0 if never set.
        type: int
      obs_point_id:
        description: The observation point ID of every record, 0 if never set.
        type: int
      cache_active_timeout:
        description:
          - For how many seconds the packets of a flow are gathered into one record, up to V(4200). With V(0), or if
            never set, each sample is a record. Needs O(ipfix.cache_max_flows).
        type: int
      cache_max_flows:
        description:
          - How many flows are gathered at a time. With V(0), or if never set, each sample is a record. Needs
            O(ipfix.cache_active_timeout).
        type: int
      stats_interval:
        description:
          - Every how many seconds the export's own statistics are sent, V(1) to V(3600), 600 if never set. Needs Open
            vSwitch 3.2.
        type: int
      template_interval:
        description:
          - Every how many seconds the templates are sent, which a collector that was started later waits for; V(1) to
            V(3600), 600 if never set. Needs Open vSwitch 3.2.
        type: int
      other_config:
        description:
          - Keys of this column, each left as it is if not given. An empty text takes a key away.
          - V(enable-input-sampling) and V(enable-output-sampling), true or false, for whether packets are sampled where
            they come in and where they go out; V(enable-tunnel-sampling) for whether the records of packets in
            tunnels tell the tunnel. All three are so if never set.
          - V(virtual_obs_id), a text of at most 254 bytes that goes with every record.
        type: dict
  state:
    description:
      - V(present) for the exports that are given to be so.
      - V(absent) for those that are given to be off, whatever their options, and all three where none is given.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - name: ovs-vswitchd.conf.db(5)
    description: The manual of Open vSwitch's database, with every column.
    link: https://www.openvswitch.org/support/dist-docs/ovs-vswitchd.conf.db.5.html
"""

EXAMPLES = r"""
- name: One out of 64 packets of br0 to an sFlow collector, and the ports' counters every 10 seconds
  nfv.kvm.ovs_flow_export:
    bridge: br0
    sflow:
      targets: ["192.0.2.9:6343"]
      agent: eno1
      sampling: 64
      polling: 10

- name: NetFlow to two collectors, IPFIX to a third
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

- name: No NetFlow any more
  nfv.kvm.ovs_flow_export:
    bridge: br0
    netflow: {}
    state: absent

- name: Nothing is exported
  nfv.kvm.ovs_flow_export:
    bridge: br0
    state: absent
"""

RETURN = r"""
actions:
  description: The changes in words; the same in check mode.
  returned: always
  type: list
  elements: str
  sample: ["br0: sflow off → on", "br0: sflow.targets unset → 192.0.2.9:6343", "br0: sflow.sampling unset → 64"]
bridge:
  description: The bridge.
  returned: success
  type: str
  sample: br0
sflow:
  description: Its sFlow afterwards, none where it is off. An option that is left to Open vSwitch is none.
  returned: success
  type: dict
  sample: {targets: ["192.0.2.9:6343"], agent: eno1, header: null, sampling: 64, polling: 10}
netflow:
  description: Its NetFlow afterwards, none where it is off. An option that is left to Open vSwitch is none.
  returned: success
  type: dict
  sample: {targets: ["192.0.2.9:2055"], active_timeout: 60, engine_id: null, engine_type: null,
           add_id_to_interface: false}
ipfix:
  description: Its IPFIX afterwards, none where it is off. An option that is left to Open vSwitch is none.
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
