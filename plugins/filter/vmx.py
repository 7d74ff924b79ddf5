# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters of the role vmx that read a vendor's vmx.conf and vmx-junosdev.conf as they are.

Both are YAML. vmx.conf has a document for each of its sections (Juniper, vMX Getting Started Guide for KVM).
"""

from __future__ import annotations

import re
import typing as t

import yaml  # type: ignore[import-untyped]
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.kvm.plugins.module_utils.errors import ValidationError
from ansible_collections.nfv.kvm.plugins.plugin_utils import door

Dict = dict[str, t.Any]

CONF = "vmx.conf"
JUNOSDEV = "vmx-junosdev.conf"
# The keys of each section with our names for them; those without one say nothing that a deployment needs.
KEYS: dict[str, dict[str, str]] = {
    "HOST": {
        "identifier": "id", "host-management-interface": "management_interface", "routing-engine-image": "vcp",
        "routing-engine-hdd": "hdd", "forwarding-engine-image": "vfp",
    },
    "BRIDGES": {"type": "", "name": ""},
    "CONTROL_PLANE": {"vcpus": "vcpus", "memory-mb": "memory", "console_port": "console_port", "interfaces": ""},
    "FORWARDING_PLANE": {
        "vcpus": "vcpus", "memory-mb": "memory", "console_port": "console_port", "interfaces": "", "device-type": "",
    },
    "JUNOS_DEVICES": {
        "interface": "name", "mac-address": "mac", "description": "", "type": "", "port-speed-mbps": "port_speed",
        "nic": "nic", "mtu": "mtu", "virtual-function": "virtual_function",
    },
}
PLANE_INTERFACE = {"type": "", "ipaddr": "address", "macaddr": "mac"}
LISTS = ("BRIDGES", "JUNOS_DEVICES")
NUMBERS = {"vcpus", "memory", "console_port", "port_speed", "mtu", "virtual_function"}
# Juniper names the image of the control plane after the release: junos-vmx-x86-64-17.2R1.13.qcow2.
RELEASE = re.compile(r"-(\d+\.\d+[A-Z]\d[\w.]*?)(?:-[a-z]+)?\.(?:qcow2|img)$")
ENDPOINTS = {"bridge_dev": "bridge", "host_dev": "host_dev", "junos_dev": "peer"}


def vmx_conf(text: str) -> Dict:
    """The role's variables, without their prefix, from the text of a vmx.conf; what it does not say is left out.

    :returns: ``id``, ``release`` (by the name of the image), ``images`` {``vcp``, ``hdd``, ``vfp``},
        ``management_interface``, ``external_bridge``, ``vcp`` and ``vfp`` {``vcpus``, ``memory`` (MiB),
        ``console_port``, ``mac``, ``address``}, ``interfaces`` [{``name``, ``mac``, ``type``, ``nic``, …}], and
        ``ignored`` (what is written there and not understood)
    :raises AnsibleFilterError: it is no YAML, or has not the form of a vmx.conf
    """
    sections = sections_of(text)
    ignored = sorted(f"{name}.{key}" if key else name for name, key in unknown(sections))
    host = renamed(sections["HOST"], KEYS["HOST"])
    images = {name: host.pop(name) for name in ("vcp", "hdd", "vfp") if name in host}
    release = RELEASE.search(images.get("vcp", ""))
    external = [text_of(bridge["name"], "BRIDGES", CONF) for bridge in sections["BRIDGES"]
                if bridge.get("type") == "external" and "name" in bridge]
    return {
        **host,
        **({"release": release[1]} if release else {}),
        **({"external_bridge": external[0]} if external else {}),
        "images": images,
        "vcp": plane(sections["CONTROL_PLANE"], "CONTROL_PLANE"),
        "vfp": plane(sections["FORWARDING_PLANE"], "FORWARDING_PLANE"),
        "interfaces": [interface(device, sections["FORWARDING_PLANE"].get("device-type", "virtio"))
                       for device in sections["JUNOS_DEVICES"]],
        "ignored": ignored,
    }


def vmx_junosdev(text: str) -> list[Dict]:
    """What each Junos device of a vmx-junosdev.conf is joined to.

    :returns: for each ``vmx`` (its identifier), ``interface``, ``link`` (its name), ``mtu`` where there is one, and
        ``bridge`` (of the host), ``host_dev`` (a NIC of the host) or ``peer`` {``vmx``, ``interface``}
    :raises AnsibleFilterError: it is no YAML, or has not the form of a vmx-junosdev.conf
    """
    links = [link for document in documents(text, JUNOSDEV) if document
             for link in entries(mapping(document, JUNOSDEV, JUNOSDEV).get("interfaces") or [], "interfaces", JUNOSDEV)]
    return [join for place, link in enumerate(links) for join in joins_of(f"interfaces[{place}]", link)]


def joins_of(subject: str, link: Dict) -> list[Dict]:
    """The Junos devices at the ends of a link, each with what is at the other end."""
    if "link_name" not in link:
        raise wrong(subject, "it has no link_name", JUNOSDEV)
    subject = f"link {text_of(link['link_name'], subject, JUNOSDEV)}"
    ends = [endpoint(f"{subject}, {name}", link.get(name)) for name in ("endpoint_1", "endpoint_2")]
    mtu = {"mtu": number(text_of(link["mtu"], subject, JUNOSDEV))} if "mtu" in link else {}
    common = {"link": link["link_name"], **mtu}
    joins = [{**mine["peer"], **common, **other} for mine, other in (ends, ends[::-1]) if "peer" in mine]
    if not joins:
        raise wrong(subject, "neither end is a junos_dev", JUNOSDEV)
    return joins


def endpoint(subject: str, given: object) -> Dict:
    """One end of a link: ``bridge``, ``host_dev``, or ``peer`` for a Junos device."""
    ends = given if isinstance(given, list) else [given]
    end = ends[0] if len(ends) == 1 else None
    if not isinstance(end, dict) or str(end.get("type")) not in ENDPOINTS or "dev_name" not in end:
        raise wrong(subject, "it must be one device with a dev_name and the type bridge_dev, host_dev or junos_dev",
                    JUNOSDEV)
    device = text_of(end["dev_name"], subject, JUNOSDEV)
    if end["type"] == "junos_dev":
        if "vm_name" not in end:
            raise wrong(subject, "a junos_dev must have the vm_name of its vMX", JUNOSDEV)
        return {"peer": {"vmx": text_of(end["vm_name"], subject, JUNOSDEV), "interface": device}}
    return {ENDPOINTS[end["type"]]: device}


def sections_of(text: str) -> Dict:
    """The sections, from whatever documents and in whatever order they are."""
    found: Dict = {}
    for document in documents(text, CONF):
        for name, content in mapping(document or {}, CONF, CONF).items():
            if name in found:
                raise wrong(name, "there are two such sections", CONF)
            found[name] = content
    for name in KEYS:
        if not found.get(name):
            if name != "BRIDGES":
                raise wrong(name, "this section is missing or empty", CONF)
            found[name] = []
        found[name] = entries(found[name], name, CONF) if name in LISTS else mapping(found[name], name, CONF)
    return found


def documents(text: str, file: str) -> list[t.Any]:
    """The documents of a file, in which all values are texts: a MAC of digits alone would else become a number."""
    try:
        return list(yaml.load_all(text, Loader=yaml.BaseLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        raise wrong(place, f"this is no YAML ({getattr(error, 'problem', None) or error})", file) from None


def mapping(given: object, subject: str, file: str) -> Dict:
    """A mapping, or an error."""
    if not isinstance(given, dict):
        raise wrong(subject, "it must be a mapping of KEY: VALUE, with a blank behind each colon", file)
    return given


def entries(given: object, subject: str, file: str) -> list[Dict]:
    """A list of mappings, or an error."""
    if not isinstance(given, list):
        raise wrong(subject, "it must be a list, each element with a dash", file)
    return [mapping(entry, f"{subject}[{place}]", file) for place, entry in enumerate(given)]


def wrong(subject: str, cause: str, file: str) -> AnsibleFilterError:
    """An error about one of the files."""
    about = subject if subject == file else f"{file}: {subject}"
    return AnsibleFilterError(str(ValidationError(about, cause, None, f"Write it as in Juniper's sample of {file}")))


def unknown(sections: Dict) -> t.Iterator[tuple[str, str]]:
    """Sections, and keys of sections, that mean nothing to us."""
    for name, content in sections.items():
        if name not in KEYS:
            yield name, ""
            continue
        for entry in content if isinstance(content, list) else [content]:
            yield from ((name, key) for key in entry if key not in KEYS[name])
        if name in ("CONTROL_PLANE", "FORWARDING_PLANE"):
            interfaces = entries(content.get("interfaces") or [], f"{name}.interfaces", CONF)
            yield from ((name, f"interfaces[{place}]") for place in range(1, len(interfaces)))


def plane(section: Dict, name: str) -> Dict:
    """The sizes of a domain, and the MAC and address of its first NIC."""
    interfaces = entries(section.get("interfaces") or [], f"{name}.interfaces", CONF)
    first = renamed(interfaces[0], PLANE_INTERFACE) if interfaces else {}
    return {**renamed(section, KEYS[name]), **first}


def interface(device: Dict, device_type: str) -> Dict:
    """A Junos device. Of a mixed vMX, those with a NIC or a VF are SR-IOV."""
    found = renamed(device, KEYS["JUNOS_DEVICES"])
    if device_type == "mixed":
        device_type = device.get("type", "sriov" if {"nic", "virtual_function"} & set(found) else "virtio")
    return {**found, "type": text_of(device_type, "device-type", CONF)}


def renamed(section: Dict, names: dict[str, str]) -> Dict:
    """What of a section is needed, by our names; an empty value says nothing."""
    found = {names[key]: text_of(value, key, CONF) for key, value in section.items() if names.get(key)}
    return {name: number(value) if name in NUMBERS else value for name, value in found.items() if value != ""}


def text_of(given: object, subject: str, file: str) -> str:
    """A single value, or an error."""
    if not isinstance(given, str):
        raise wrong(subject, "it must be a single value", file)
    return given


def number(value: t.Any) -> t.Any:
    """A number as one; all else as it is, for vmx_refused to judge."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Their names."""
        return {"vmx_conf": door.guarded(vmx_conf, text=str), "vmx_junosdev": door.guarded(vmx_junosdev, text=str)}
