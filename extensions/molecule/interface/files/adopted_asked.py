"""What a user asks of vm_interface who wants a NIC as it is.

It reads the XML by itself, so that what the module reads wrongly does not go unseen."""

from __future__ import annotations

import typing as t

TAP = ("bridge", "network", "ethernet")
LIMITED = (*TAP, "direct")
EMULATED = (*LIMITED, "user", "vdpa", "vhostuser")
MANAGED = ("hostdev", *EMULATED)
NUMBERS = ("managerid", "typeid", "typeidversion")
Element = t.Any


class Given(dict[str, t.Any]):
    """Options as the argument spec hands them over: those that are not given are None."""

    def __missing__(self, key: str) -> None:
        return None


def given(**values: t.Any) -> Given:
    """Those of the options that are not None."""
    return Given({key: given(**value) if isinstance(value, dict) and not isinstance(value, Given) else value
                  for key, value in values.items() if value is not None})


def value_of(nic: Element, path: str, name: str) -> str | None:
    found = nic.find(path)
    return None if found is None else t.cast("str | None", found.get(name))


def number_of(nic: Element, path: str, name: str) -> int | None:
    text = value_of(nic, path, name)
    return None if text is None else int(text)


def label_of(nic: Element) -> str | None:
    """Its name, if it has one that the user gave."""
    alias = nic.find("alias")
    return alias.get("name")[3:] if alias is not None and alias.get("name").startswith("ua-") else None


def pci_address(found: Element | None) -> str | None:
    if found is None or found.get("type", "pci") != "pci":
        return None
    domain, bus, slot, function = (int(found.get(name), 16) for name in ("domain", "bus", "slot", "function"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function}"


def is_manageable(nic: Element) -> bool:
    """Whether vm_interface can make such a NIC; others it knows by their name or MAC only."""
    return nic.get("type") in MANAGED and (nic.get("type") != "vhostuser" or nic.find("source[@path]") is not None)


def asked(nic: Element) -> Given:
    """A NIC as an item of ``interfaces`` that has everything, from the ``<interface>`` that libvirt wrote."""
    kind, teaming = nic.get("type"), nic.find("teaming")
    item = given(name=label_of(nic), mac=value_of(nic, "mac", "address"), boot_order=number_of(nic, "boot", "order"),
                 address=pci_address(nic.find("address")))
    if teaming is not None:
        item["teaming"] = given(type=teaming.get("type"), persistent=(teaming.get("persistent") or "")[3:] or None)
    if not is_manageable(nic):
        return item
    item.update(type=kind, source=source_of(nic, kind))
    if kind == "hostdev":
        item["managed"] = nic.get("managed") == "yes"
    if kind in ("bridge", "network", "direct", "hostdev"):
        item.update(given(vlan=vlan_of(nic), virtualport=virtualport_of(nic)))
    if kind in EMULATED:
        item.update(given(model=value_of(nic, "model", "type"), link_state=value_of(nic, "link", "state") or "up",
                          driver=driver_of(nic)))
    if kind in LIMITED:
        item.update(limits_of(nic))
    if kind == "ethernet":
        item["managed"] = nic.find("target[@managed='no']") is None
    return item


def source_of(nic: Element, kind: str) -> Given | None:
    found = nic.find("source")
    if kind == "hostdev":
        return given(pci_address=pci_address(found.find("address")))
    names = {"bridge": ("bridge",), "network": ("network", "portgroup"), "direct": ("dev", "mode"), "vdpa": ("dev",),
             "vhostuser": ("path", "mode")}.get(kind)
    return None if names is None else given(**{name: found.get(name) for name in names})


def vlan_of(nic: Element) -> Given | None:
    tags = nic.findall("vlan/tag")
    native = next((int(tag.get("id")) for tag in tags if tag.get("nativeMode") == "untagged"), None)
    trunk = nic.find("vlan[@trunk='yes']") is not None
    return given(tags=[int(tag.get("id")) for tag in tags], trunk=trunk, native=native) if tags else None


def virtualport_of(nic: Element) -> Given | None:
    port, parameters = nic.find("virtualport"), nic.find("virtualport/parameters")
    if port is None or port.get("type") is None:
        return None
    values = {} if parameters is None else parameters.attrib
    return given(type=port.get("type"),
                 **{name: int(value, 0) if name in NUMBERS else value for name, value in values.items()})


def driver_of(nic: Element) -> Given | None:
    sizes = {name: number_of(nic, "driver", name) for name in ("queues", "rx_queue_size", "tx_queue_size")}
    switches = {name: None if (text := value_of(nic, "driver", name)) is None else text == "on"
                for name in ("iommu", "ats", "packed")}
    return given(name=value_of(nic, "driver", "name"), **sizes, **switches) or None


def limits_of(nic: Element) -> Given:
    """What TAPs and macvtaps have more than others."""
    parameters: dict[str, list[str]] = {}
    for one in nic.findall("filterref/parameter"):
        parameters.setdefault(one.get("name"), []).append(one.get("value"))
    limits = {way: given(**{name: number_of(nic, f"bandwidth/{way}", name)
                            for name in ("average", "peak", "burst", "floor")}) or None
              for way in ("inbound", "outbound")}
    trusted, name = nic.get("trustGuestRxFilters"), value_of(nic, "filterref", "filter")
    return given(
        target_dev=value_of(nic, "target", "dev") or "", mtu=number_of(nic, "mtu", "size"),
        bandwidth=given(**limits) or None, trust_guest_rx_filters=None if trusted is None else trusted == "yes",
        filterref=None if name is None else given(filter=name, parameters=parameters or None))
