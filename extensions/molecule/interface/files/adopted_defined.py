"""What vm_domain makes of a domain that others have made."""

from __future__ import annotations

import typing as t

import libvirt
from lxml import etree

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain import plan
from ansible_collections.nfv.kvm.tests.unit.runmodule import run

# Each how many of the domains that ask for nothing get another description, and so a definition with a record
SHARE = 8


class NotTheSame(Exception):
    """The second run of vm_domain has something to do, or the first one has touched what is not its own."""


def defined(host: Host, handle: libvirt.virDomain, text: str, number: int) -> str:
    """Give a domain's own XML to vm_domain, without its NICs: the second run has nothing to do, and NICs stay.

    :param number: of the domain
    :returns: what it counts for
    """
    root = etree.fromstring(text.encode())
    for nic in root.findall("devices/interface"):
        nic.getparent().remove(nic)
    silent = not steps(host, handle.name(), root)
    if silent and number % SHARE:
        return "adopted silently"
    if silent:
        described = root.find("description")
        described = etree.SubElement(root, "description") if described is None else described
        described.text = "as it was asked for"
    nics = nics_of(handle)
    result = run(plan.domain_resource, params_of(handle.name(), root), host)
    if result["failed"] or not result["changed"]:
        raise NotTheSame(f"vm_domain: {result.get('msg', 'changes nothing')}")
    left = steps(host, handle.name(), root)
    if left:
        raise NotTheSame(f"the second run of vm_domain plans {left}")
    if nics_of(handle) != nics:
        raise NotTheSame(f"vm_domain changed NICs: {nics} became {nics_of(handle)}")
    return "adopted silently" if silent else "adopted by a definition"


def steps(host: Host, name: str, root: t.Any) -> list[str]:
    """What a run would do."""
    resource = plan.domain_resource(params_of(name, root))
    return [line for step in resource.plan(resource.read(host)).steps for line in step.describe()]


def params_of(name: str, root: t.Any) -> dict[str, t.Any]:
    return {"name": name, "xml": etree.tostring(root, encoding="unicode"), "state": "defined", "autostart": None,
            "restart": "never", "timeout": 120, "keep_firmware_state": False, "uri": "qemu:///system"}


def nics_of(handle: libvirt.virDomain) -> list[bytes]:
    root = etree.fromstring(handle.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    return [etree.tostring(nic, method="c14n") for nic in root.findall("devices/interface")]
