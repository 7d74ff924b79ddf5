"""Changes of one attribute of a NIC, each with the place of libvirt's XML that alone may differ then."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import dataclass

from lxml import etree

from ansible_collections.nfv.kvm.extensions.molecule.interface.files.adopted_asked import (
    EMULATED,
    LIMITED,
    MANAGED,
    TAP,
    Element,
    Given,
    asked,
    given,
    is_manageable,
    label_of,
    source_of,
    value_of,
)


@dataclass(frozen=True)
class Change:
    """A change of one attribute.

    :param kinds: types of NICs that can have it
    :param values: for the option, of which one is new to each NIC
    :param carrier: where the XML says it, below ``<interface>``
    :param needs: what else the NIC must be, of its ``<interface>``
    """

    kinds: tuple[str, ...]
    option: str
    values: tuple[t.Any, ...]
    carrier: str
    needs: t.Callable[[Element], bool] = lambda nic: True

    def fits(self, nic: Element) -> bool:
        """Whether the NIC can have it, and be asked for it."""
        return nic.get("type") in self.kinds and is_manageable(nic) and self.needs(nic)

    def item(self, nic: Element, value: t.Any) -> Given:
        """The item that asks for it."""
        first, _dot, second = self.option.partition(".")
        item = given(mac=nic.find("mac").get("address")) if self.option != "mac" else given(name=label_of(nic))
        if nic.find("teaming") is not None:  # two NICs have this MAC
            item["address"] = asked(nic)["address"]
        item.update(given(**{first: {second: value} if second else value}))
        if first == "source":
            item["type"], item["source"] = nic.get("type"), given(**{**(source_of(nic, nic.get("type")) or {}),
                                                                     second: value})
        return item

    def value(self, nic: Element) -> t.Any:
        """One that the NIC does not have; a MAC must be new to all domains of the host."""
        if self.option == "mac":
            return f"52:54:ff{nic.find('mac').get('address')[8:]}"
        first, _dot, second = self.option.partition(".")
        has = asked(nic)[first]
        now = (has or {}).get(second) if second else has
        return next(value for value in self.values if value != now)


def is_virtio(nic: Element) -> bool:
    return (value_of(nic, "model", "type") or "").startswith("virtio")


def is_pcie(nic: Element) -> bool:
    return value_of(nic, "model", "type") in ("virtio", "e1000e", "igb") and nic.find("driver") is None


def has_no(*tags: str) -> t.Callable[[Element], bool]:
    return lambda nic: all(nic.find(tag) is None for tag in tags)


def of_port(kind: str) -> t.Callable[[Element], bool]:
    return lambda nic: nic.find(f"virtualport[@type='{kind}']") is not None


PASSTHROUGH = "source[@mode='passthrough']"
CHANGES = (
    Change(MANAGED, "mac", (), "mac@address", lambda nic: label_of(nic) is not None and nic.find("teaming") is None),
    Change(MANAGED, "name", ("new/0", "new/1"), "alias", lambda nic: label_of(nic) is None),
    Change(EMULATED, "model", ("e1000e", "virtio"), "model@type",
           lambda nic: is_pcie(nic) and nic.find("teaming") is None and nic.get("type") not in ("vdpa", "vhostuser")
           and nic.get("trustGuestRxFilters") is None),
    Change(EMULATED, "link_state", ("up", "down"), "link"),
    Change(TAP, "mtu", (1300, 8000), "mtu"),
    Change(LIMITED, "bandwidth.inbound", ({"average": 77}, {"average": 0}), "bandwidth/inbound",
           lambda nic: nic.find("source[@network='pool']") is None),
    Change(LIMITED, "bandwidth.outbound", ({"average": 78, "burst": 5}, {"average": 0}), "bandwidth/outbound",
           lambda nic: nic.find("source[@network='pool']") is None),
    Change(TAP, "driver.name", ("vhost", "qemu"), "driver@name", is_virtio),
    Change(("bridge", "direct", "network", "vhostuser"), "driver.queues", (3, 5), "driver@queues", is_virtio),
    Change(EMULATED, "driver.rx_queue_size", (256, 1024), "driver@rx_queue_size", is_virtio),
    Change(EMULATED, "driver.iommu", (True, False), "driver@iommu", is_virtio),
    Change(EMULATED, "driver.packed", (True, False), "driver@packed", is_virtio),
    Change(LIMITED, "trust_guest_rx_filters", (True, False), "@trustGuestRxFilters", is_virtio),
    Change(LIMITED, "target_dev", ("other0", "other1"), "target@dev", has_no("target[@managed='no']")),
    Change(("bridge", "ethernet"), "filterref", ({"filter": "no-mac-spoofing"}, {"filter": "clean-traffic"}),
           "filterref", has_no("virtualport")),
    Change(("bridge",), "vlan", ({"tags": [5]}, {"tags": [5, 6], "native": 6}), "vlan", of_port("openvswitch")),
    Change(("hostdev",), "vlan", ({"tags": [5]}, {"tags": [6]}), "vlan", has_no("virtualport")),
    Change(("direct",), "vlan", ({"tags": []},), "vlan", lambda nic: nic.find("vlan") is not None),
    Change(("bridge",), "virtualport", ({"type": "openvswitch", "profileid": "blue"},), "virtualport",
           of_port("openvswitch")),
    Change(("direct",), "virtualport", ({"type": "802.1Qbg", "typeid": 9},), "virtualport", of_port("802.1Qbg")),
    Change(("direct", "hostdev"), "virtualport", ({"type": "802.1Qbh", "profileid": "blue"},), "virtualport",
           of_port("802.1Qbh")),
    Change(("hostdev",), "managed", (True, False), "@managed"),
    Change(("ethernet",), "managed", (True,), "target@managed",
           lambda nic: nic.find("target[@managed='no']") is not None),
    Change(("bridge",), "source.bridge", ("ovsbr0", "ovsbr1"), "source@bridge", of_port("openvswitch")),
    Change(("network",), "source.portgroup", ("red", "blue"), "source@portgroup",
           lambda nic: nic.find("source[@network='lan']") is not None),
    Change(("direct",), "source.mode", ("bridge", "private"), "source@mode", has_no("virtualport", "vlan")),
    Change(("vdpa",), "source.dev", ("/dev/vhost-vdpa-0", "/dev/vhost-vdpa-1"), "source@dev"),
    Change(("vhostuser",), "source.path", ("/run/new0", "/run/new1"), "source@path"),
    Change(EMULATED, "teaming", ({"type": "persistent"},), "teaming", lambda nic: is_virtio(nic)
           and label_of(nic) is not None and nic.find("source[@network='pool']") is None),
)


def nics_of(root: Element) -> list[Element]:
    """The NICs of a domain's XML."""
    return list(root.findall("devices/interface"))


def differences(before: Element, after: Element, number: int, carrier: str) -> list[str]:
    """What two definitions differ in beside the one attribute of a NIC; itself, if it does not."""
    old, new = flat(nics_of(before)[number]), flat(nics_of(after)[number])
    differ = {path for path in {**old, **new} if old.get(path) != new.get(path)}
    for root in (before, after):
        nics_of(root)[number].clear()
        _sort_controllers(root)
    rest = ["the rest of the domain"] if etree.tostring(before, method="c14n") != etree.tostring(
        after, method="c14n") else []
    above = {carrier[:end] for end, sign in enumerate(carrier) if sign in "/@"}
    strange = sorted(path for path in differ if path not in above and path != carrier
                     and not path.startswith((f"{carrier}@", f"{carrier}/")))
    return strange + rest + ([] if differ else ["nothing"])


def _sort_controllers(domain: Element) -> None:
    """libvirt 9.0 puts the controllers into another order when it reads its own XML again."""
    devices = domain.find("devices")
    controllers = sorted(devices.findall("controller"), key=lambda one: (one.get("type"), int(one.get("index"))))
    for place, controller in enumerate(controllers):
        devices.remove(controller)
        devices.insert(place, controller)


def flat(nic: Element) -> dict[str, str]:
    """All that a NIC says, by where it says it."""
    found: dict[str, str] = {}

    def walk(one: Element, path: str) -> None:
        found.update({f"{path}@{name}": value for name, value in one.attrib.items()})
        seen: Counter[str] = Counter()
        for inner in one:
            seen[inner.tag] += 1
            below = f"{path}/{inner.tag}".lstrip("/") + (f"[{seen[inner.tag]}]" if seen[inner.tag] > 1 else "")
            found[below] = (inner.text or "").strip()
            walk(inner, below)

    walk(nic, "")
    return found
