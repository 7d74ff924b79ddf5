# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a NIC cannot be, whatever the host has: which type has what, and what goes together."""

from __future__ import annotations

from ansible_collections.nfv.kvm.plugins.module_utils.errors import NotSupported, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.mapping import DRIVER, ROWS, USB_NET
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.model import VIRTIO, Interface
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.places import GENERATED
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port import rules as port

# Others attach to nothing, without an error of libvirt (docs/formatdomain, src/qemu/qemu_interface.c). On a network
# it depends on the network.
VIRTUALPORTS = {
    "hostdev": ("802.1Qbh",),
    "direct": ("802.1Qbg", "802.1Qbh"),
    "bridge": ("openvswitch", "midonet"),
    "network": ("802.1Qbg", "802.1Qbh", "openvswitch", "midonet"),
}
# vhost-vdpa and vhost-user have no other (qemuValidateDomainDeviceDefNetwork; QEMU's net/vhost-user.c)
VIRTIO_ONLY = ("vdpa", "vhostuser")
# hw/net/virtio-net.c: others take no more than this many descriptors to send
TX_QUEUE_SIZE = 256


def check(subject: str, interface: Interface) -> None:
    """What depends on the type of a NIC, complete or not.

    :raises ValidationError: the type lacks an attribute that is given
    :raises NotSupported: libvirt cannot do it on this type
    """
    for row in ROWS:
        value = getattr(interface, row.field)
        if not row.of(interface.type) and value not in (None, row.default):
            shown = value if isinstance(value, (str, int)) else str(value)
            raise ValidationError(f"{subject}.{row.parameter}", f"a NIC of type {interface.type} does not support it",
                                  shown,
                                  f"Remove {row.parameter}, or set another type")
    if interface.type == "hostdev":
        port.check_vlan_of_vf(f"{subject}.vlan", interface.vlan)
    if interface.switch is not None and interface.switch not in VIRTUALPORTS[str(interface.type)]:
        raise NotSupported(
            f"{subject}.virtualport.type", f"libvirt would ignore it on a NIC of type {interface.type}",
            interface.switch, f"Set {' or '.join(VIRTUALPORTS[str(interface.type)])} for this type of NIC")


def check_whole(subject: str, nic: Interface, before: Interface | None = None) -> None:
    """What goes together in a NIC that is whole. What somebody made so before is not refused.

    :param before: it now, None for a new one
    :raises ValidationError: something is missing
    :raises NotSupported: libvirt cannot do it, or would ignore it
    """
    rules = (check, _virtualport, _vlan, _bandwidth, _filterref, _model, _driver, _teaming, _tap)
    port.check_changed(rules, (subject,), nic, before)


def _virtualport(subject: str, nic: Interface) -> None:
    if nic.type != "network" and nic.virtualport is not None:
        port.check_complete(f"{subject}.virtualport", nic.switch, nic.virtualport.parameters())


def _vlan(subject: str, nic: Interface) -> None:
    if nic.type == "direct" and nic.vlan and nic.source_mode != "passthrough":
        raise NotSupported(f"{subject}.vlan", f"libvirt cannot set a VLAN on a macvtap of mode {nic.source_mode}",
                           str(nic.vlan), "Set source.dev to a VLAN device, or use mode: passthrough on a VF")
    if nic.type == "direct":
        port.check_vlan_of_vf(f"{subject}.vlan", nic.vlan)
    if nic.type in ("hostdev", "direct"):
        port.check_vlan_of_profile(f"{subject}.vlan", nic.vlan, nic.switch)


def _bandwidth(subject: str, nic: Interface) -> None:
    inbound, outbound = nic.inbound, nic.outbound
    if (outbound is not None and outbound.floor is not None) or (
            inbound is not None and inbound.floor is not None and nic.type != "network"):
        raise NotSupported(f"{subject}.bandwidth", "libvirt guarantees a floor only for inbound traffic from a network "
                           "that it routes itself", str(inbound), "Remove floor")


def _filterref(subject: str, nic: Interface) -> None:
    if nic.filterref and nic.switch is not None:
        raise NotSupported(f"{subject}.filterref", f"libvirt does not filter on a virtualport of type {nic.switch}",
                           nic.filterref.filter, "Remove filterref, and filter in the switch")


def _model(subject: str, nic: Interface) -> None:
    if nic.model == USB_NET and nic.address is not None:
        raise NotSupported(f"{subject}.address", "a NIC of model usb-net has no PCI address",
                           nic.address, "Remove address")
    if nic.type in VIRTIO_ONLY and nic.model not in VIRTIO:
        raise NotSupported(f"{subject}.model", f"a NIC of type {nic.type} is always virtio", nic.model,
                           "Set virtio, or remove model")
    if nic.trust_guest_rx_filters and nic.model not in VIRTIO:
        raise NotSupported(f"{subject}.trust_guest_rx_filters", "only virtio reports its filters, and this NIC is "
                           f"{nic.model}", True, "Set model: virtio, or remove trust_guest_rx_filters")


def _driver(subject: str, nic: Interface) -> None:
    for row in DRIVER:
        value = getattr(nic, row.field)
        if value not in (None, row.default) and nic.model not in VIRTIO:
            raise NotSupported(f"{subject}.{row.option}", f"libvirt would ignore it on model {nic.model}", value,
                               f"Set model: virtio, or remove {row.key}")
    if nic.type == "user" and (nic.driver_queues or 1) > 1:
        raise NotSupported(f"{subject}.driver.queues", "a NIC of type user supports only one queue", nic.driver_queues,
                           "Remove queues")
    if (nic.driver_tx_queue_size or 0) > TX_QUEUE_SIZE and nic.type not in VIRTIO_ONLY:
        raise NotSupported(f"{subject}.driver.tx_queue_size", f"QEMU supports more than {TX_QUEUE_SIZE} only with "
                           f"{' and '.join(VIRTIO_ONLY)}", nic.driver_tx_queue_size, f"Set {TX_QUEUE_SIZE}, or remove "
                           "it")


def _teaming(subject: str, nic: Interface) -> None:
    kind = None if nic.teaming is None else nic.teaming.type
    if kind == "persistent" and (nic.model not in VIRTIO or nic.type == "hostdev"):
        raise NotSupported(f"{subject}.teaming", "the persistent NIC of a team must be virtio, and this one is "
                           f"{nic.model or nic.type}", remedy="Set model: virtio for it")
    if kind == "persistent" and nic.alias is None:
        raise ValidationError(f"{subject}.name", "the persistent NIC of a team needs a name, because the other NIC "
                              "refers to it",
                              remedy="Set name")
    if kind == "transient" and nic.type not in ("hostdev", "network"):
        raise NotSupported(f"{subject}.teaming", "the transient NIC of a team must be a VF, and this one has type "
                           f"{nic.type}", remedy="Set type: hostdev, or use a network of VFs")


def _tap(subject: str, nic: Interface) -> None:
    if nic.managed_tap is False and not nic.target_dev:
        raise ValidationError(f"{subject}.target_dev", "managed: false requires the name of an existing TAP device",
                              remedy="Set target_dev")
    if nic.managed_tap is not False and (nic.target_dev or "").startswith(GENERATED):
        raise ValidationError(f"{subject}.target_dev", "libvirt reserves such names for devices that it names itself, "
                              "and would drop this one", nic.target_dev, "Use a name that does not start with "
                              f"{', '.join(GENERATED)}, or type: ethernet with managed: false for an existing TAP "
                              "device")
