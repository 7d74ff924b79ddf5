"""A vhost-vdpa device for a host that has no such NIC: it agrees to all that QEMU asks, and carries no packets.

It is a VDUSE device (Linux Documentation/userspace-api/vduse.rst, include/uapi/linux/vduse.h): the kernel asks this
process what it would ask a NIC. Run on a host of the lab: vduse.py NAME; it ends with SIGTERM.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys

VDUSE = 0x81
VIRTIO_ID_NET = 1
# VIRTIO_NET_F_MAC, VIRTIO_NET_F_STATUS, VIRTIO_F_VERSION_1 and, without which the kernel takes no device,
# VIRTIO_F_ACCESS_PLATFORM
FEATURES = 1 << 5 | 1 << 16 | 1 << 32 | 1 << 33
# struct virtio_net_config: a MAC of zeros, for which QEMU takes its own, and no link, so that the guest sends nothing
CONFIG = bytes(6) + struct.pack("<HHH", 0, 1, 1500)
QUEUES, QUEUE_SIZE = 2, 256
REQUEST = struct.Struct("<II4I32I")
GET_VQ_STATE = 0


def write_ioctl(number: int, argument: bytes) -> int:
    """_IOW of include/uapi/asm-generic/ioctl.h."""
    return 1 << 30 | len(argument) << 16 | VDUSE << 8 | number


def ask(device: int, number: int, argument: bytes, size: int | None = None) -> None:
    request = write_ioctl(number, argument[:size])
    fcntl.ioctl(device, request, argument)


def create(name: str) -> None:
    control = os.open("/dev/vduse/control", os.O_RDWR)
    ask(control, 0x01, struct.pack("<Q", 0))
    with contextlib.suppress(OSError):  # one that an earlier run left
        ask(control, 0x03, struct.pack("<256s", name.encode()))
    config = struct.pack("<256sIIQII13II", name.encode(), 0, VIRTIO_ID_NET, FEATURES, QUEUES, 4096, *[0] * 13,
                         len(CONFIG))
    ask(control, 0x02, config + CONFIG, len(config))


def serve(name: str) -> None:
    device = os.open(f"/dev/vduse/{name}", os.O_RDWR)
    for index in range(QUEUES):
        ask(device, 0x14, struct.pack("<IH13H", index, QUEUE_SIZE, *[0] * 13))
    if os.fork() == 0:
        # The kernel asks while it is being told: somebody has to answer.
        os.close(device)
        subprocess.run(["vdpa", "dev", "add", "name", name, "mgmtdev", "vduse"], check=True)
        os._exit(0)
    while True:
        kind, number, *rest = REQUEST.unpack(os.read(device, REQUEST.size))
        state = rest[4:] if kind == GET_VQ_STATE else [0] * 32
        os.write(device, REQUEST.pack(number, 0, *[0] * 4, *state))


if __name__ == "__main__":
    subprocess.run(["modprobe", "-a", "vduse", "vhost_vdpa"], check=True)
    create(sys.argv[1])
    serve(sys.argv[1])
