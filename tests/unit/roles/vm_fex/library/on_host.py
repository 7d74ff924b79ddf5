# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for vm_network, port_profile, vm_interface and bios_check: a host whose state is a JSON file.

The test copies it under the name of each. It answers as they do in what the role relies upon: what they change and
refuse, in check mode, too.
"""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

State = dict[str, t.Any]


def vm_network(state: State, params: State, answer: State) -> None:
    name = params["name"]
    if params["state"] == "absent":
        if any(nic["network"] == name for nic in state["nics"]):
            raise ValueError(f"network {name} is in use")
        answer["changed"] = state["networks"].pop(name, None) is not None
        answer["uuid"] = None
        return
    wanted = {key: params[key] for key in ("forward", "autostart")}
    held = state["networks"].setdefault(name, {"groups": {}})
    answer["uuid"] = "made" if "forward" in held else None
    answer["changed"] = {**held, **wanted} != held
    held.update(wanted)


def port_profile(state: State, params: State, answer: State) -> None:
    name, network = params["name"], params["network"]
    if network not in state["networks"]:
        raise ValueError(f"libvirt has no network {network}")
    groups = state["networks"][network]["groups"]
    answer["consumers"] = [{"running": True, "current": True, **nic} for nic in state["nics"]
                           if (nic["network"], nic["group"]) == (network, name)]
    if params["state"] == "absent":
        if answer["consumers"]:
            raise ValueError(f"NICs have port group {name}")
        answer["changed"] = groups.pop(name, None) is not None
        return
    wanted = {key: params.get(key) for key in ("virtualport", "default")}
    answer["changed"] = groups.get(name) != wanted
    groups[name] = wanted


def vm_interface(state: State, params: State, answer: State) -> None:
    for nic in params["interfaces"]:
        network, group = nic["source"]["network"], nic["source"]["portgroup"]
        if group not in state["networks"][network]["groups"]:
            raise ValueError(f"network {network} has no port group {group}")
        made = {"domain": params["domain"], "name": nic["name"], "mac": "52:54:00:00:00:01", "network": network,
                "group": group}
        answer["changed"] = made not in state["nics"]
        state["nics"] += [made] * answer["changed"]


def bios_check(state: State, params: State, answer: State) -> None:
    answer.update(changed=False, checks=[{"name": name, **state["checks"].get(name, {"status": "ok", "found": ""})}
                                         for name in params["require"]])
    failing = {"fail": ("fail",), "warn": ("fail", "warn"), "never": ()}[params["fail_on"]]
    if any(check["status"] in failing for check in answer["checks"]):
        raise ValueError("This host is not ready")


def main() -> None:
    any_of_them = {key: {"type": "raw"} for key in (
        "name", "state", "forward", "autostart", "uri", "network", "virtualport", "default", "domain", "interfaces",
        "pfs", "require", "fail_on")}
    module = AnsibleModule(any_of_them, supports_check_mode=True)
    file = Path(os.environ["ON_HOST"])
    state = json.loads(file.read_text())
    answer: State = {}
    name = module._name.removeprefix("on_host_")
    try:
        globals()[name](state, module.params, answer)
    except ValueError as error:
        module.fail_json(msg=str(error), **answer)
    state["calls"].append([name, module.params["name"] or module.params["domain"], module.check_mode])
    if module.check_mode:
        state = {**json.loads(file.read_text()), "calls": state["calls"]}
    elif name == "vm_network" and module.params["state"] != "absent":
        answer["uuid"] = "made"
    file.write_text(json.dumps(state))
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
