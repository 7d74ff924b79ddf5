"""An appliance that a host cannot have, with one fault at a time: check mode and a real run give the same error, and
the host stays as it was. Run on a host of the lab that has nothing yet:

faults.py HOST_STATE: the script that prints all of a host that an appliance could leave a trace in.
"""

from __future__ import annotations

import copy
import subprocess
import sys
import typing as t
from pathlib import Path

from ansible_collections.nfv.kvm.extensions.molecule.files.inchild import module
from ansible_collections.nfv.kvm.plugins.modules import vm_appliance

Options = dict[str, t.Any]
PFS = ("enp1s0", "enp2s0")
FILES = Path("/run/faults")
IMAGE, OTHER_MAC = f"{FILES}/image.qcow2", "52:54:00:fa:00:01"
OMIT = object()
# To look at the whole host takes longer than a fault, so this is done after so many only.
TOGETHER = 8
# One that the host can have; it is never made.
RIGHT: Options = {
    "name": "faulty",
    "profile": {
        "image": IMAGE, "vcpus": 1, "memory": 64, "machine": "pc", "cpu": "host-passthrough",
        "disk": {"bus": "virtio"}, "day0": {"bus": "ide"}, "ready": {"console": "login:", "timeout": 1},
        "nics": {"management": ["eth0"], "data": "eth{n}", "first": 1, "model": "virtio"}},
    "pfs": [{"pf": PFS[0], "numvfs": 2, "up": True}],
    "interfaces": [{"type": "bridge", "source": {"bridge": "br-mgmt"}},
                   {"type": "hostdev", "source": {"pf": PFS[0], "vf": 0}, "vlan": {"tags": [100]}}],
    "day0": {"frr.conf": "hostname faulty\n"},
}
# What other appliances of this host have: a VF of the second PF, a MAC, names, and a folder.
DOMAINS = {
    "somebody": f"""<interface type='bridge'><mac address='{OTHER_MAC}'/><source bridge='br-mgmt'/></interface>""",
    "holder": """<interface type='hostdev' managed='yes'><source>
        <address type='pci' domain='0x0000' bus='0x02' slot='0x10' function='0x0'/></source></interface>
        <disk type='file' device='disk'><source file='/run/faults/taken/disk.qcow2'/><target dev='vda'/></disk>"""}
BRIDGE, VF, PROFILE, PF = "interfaces.0", "interfaces.1", "profile", "pfs.0"


def source(**keys: object) -> Options:
    return {"source": keys}


# What is wrong: by which options in place of the right ones, and what the error has to name
FAULTS: dict[str, tuple[Options, str]] = {
    "bridge missing": ({f"{BRIDGE}.source.bridge": "br-none"}, "interfaces[0].source.bridge = 'br-none'"),
    "network missing": ({BRIDGE: {"type": "network", **source(network="none")}}, "'none'"),
    "network inactive": ({BRIDGE: {"type": "network", **source(network="default")}}, "'default'"),
    "Open vSwitch bridge missing": ({f"{BRIDGE}.virtualport": {"type": "openvswitch"},
                                     f"{BRIDGE}.source.bridge": "ovs-none"}, "'ovs-none'"),
    "Open vSwitch on a Linux bridge": ({f"{BRIDGE}.virtualport": {"type": "openvswitch"}}, "'br-mgmt'"),
    "netdev missing": ({BRIDGE: {"type": "direct", **source(dev="eno99", mode="bridge")}}, "'eno99'"),
    "PF missing": ({f"{PF}.pf": "eno99"}, "pfs[0].pf = 'eno99'"),
    "PF without SR-IOV": ({f"{PF}.pf": "enp0s3"}, "'enp0s3'"),
    "PF down": ({f"{PF}.up": OMIT}, "is down"),
    "PF twice": ({"pfs": [RIGHT["pfs"][0], {"pf": "0000:01:00.0"}]}, "pfs[1].pf"),
    "PF of the NIC not prepared": ({f"{VF}.source.pf": PFS[1], f"{VF}.source.vf": 5}, "5"),
    "VF that cannot be": ({f"{VF}.source.vf": 2}, "has 2 VFs, and the first one is 0"),
    "VF negative": ({f"{VF}.source.vf": -1}, "-1"),
    "VF's settings beyond": ({f"{PF}.vfs": [{"index": 2, "vlan": 5}]}, "vfs.index"),
    "VF of another domain": ({f"{VF}.source": {"pf": PFS[1], "vf": 0}}, "holder"),
    "VF's settings twice": ({f"{PF}.vfs": [{"index": 0, "vlan": 5}]}, "interfaces[1].vlan = 100: pfs[0]"),
    "VF's driver": ({f"{PF}.vfs": [{"index": 0, "driver": "default"}]}, "interfaces[1].type"),
    "too many VFs": ({f"{PF}.numvfs": 8}, "pfs[0].numvfs = 8: enp1s0 (0000:01:00.0) can have at most 7 VFs"),
    "VF address": ({f"{VF}.source": {"pci_address": "0000:09:10.0"}}, "'0000:09:10.0'"),
    "VF driver missing": ({f"{PF}.vfs": [{"index": 1, "driver": "nonesuch"}]}, "nonesuch"),
    "interface type": ({f"{BRIDGE}.type": "bridg"}, "bridg"),
    "interface option": ({f"{BRIDGE}.speed": 1000}, "speed"),
    "interface option of another type": ({f"{VF}.bandwidth": {"inbound": {"average": 1}}}, "bandwidth"),
    "VLAN on a Linux bridge": ({f"{BRIDGE}.vlan": {"tags": [5]}}, "vlan"),
    "guest PCI address twice": ({f"{BRIDGE}.address": "0000:00:09.0", f"{VF}.address": "0000:00:09.0"},
                                "interfaces[1].address"),
    "guest PCI address on no bus": ({f"{BRIDGE}.address": "0000:05:00.0"}, "interfaces[0].address"),
    "guest PCI address taken": ({f"{BRIDGE}.address": "0000:00:01.0"}, "a chipset of the domain"),
    "MAC twice": ({f"{BRIDGE}.mac": OTHER_MAC[:-1] + "2", f"{VF}.mac": OTHER_MAC[:-1] + "2"}, "interfaces[1].mac"),
    "MAC of another domain": ({f"{BRIDGE}.mac": OTHER_MAC}, "somebody"),
    "NIC name": ({f"{BRIDGE}.name": "eth1"}, "this one is eth0"),
    "NIC boot order": ({f"{BRIDGE}.boot_order": 1}, "boot_order"),
    "NIC filter": ({f"{BRIDGE}.filterref": {"filter": "none"}}, "filter"),
    "NICs too many": ({f"{PROFILE}.nics.maximum": 1}, "at most 1"),
    "vhost-user without shared memory": ({BRIDGE: {"type": "vhostuser", **source(path="/run/none", mode="client")}},
                                         "does not share its memory"),
    "vDPA device missing": ({BRIDGE: {"type": "vdpa", **source(dev="/dev/vhost-vdpa-9")}}, "vhost-vdpa-9"),
    "CPU model": ({f"{PROFILE}.cpu": "Nonesuch"}, "does not know this CPU model"),
    "CPU model of another CPU": ({f"{PROFILE}.cpu": "Icelake-Server"}, "lacks features"),
    "CPU feature": ({f"{PROFILE}.cpu_features": ["nonesuch"]}, "nonesuch"),
    "CPU of another vendor": ({f"{PROFILE}.cpu": {"intel": "host-passthrough"}}, "cpu"),
    "machine type": ({f"{PROFILE}.machine": "pc-q35-99.0"}, "does not support this machine type"),
    "machine type without PCI": ({f"{PROFILE}.machine": "microvm"}, "profile: libvirt cannot run this on QEMU"),
    "IDE on q35": ({f"{PROFILE}.machine": "q35"}, "IDE controllers"),
    "vCPUs too many": ({f"{PROFILE}.vcpus": 1000}, "profile.vcpus"),
    "memory too much": ({f"{PROFILE}.memory": 1 << 20}, "profile.memory"),
    "huge pages missing": ({f"{PROFILE}.hugepages": True}, "profile.hugepages"),
    "console port taken": ({f"{PROFILE}.console": {"port": 22}}, "22"),
    "image missing": ({f"{PROFILE}.image": f"{FILES}/none.qcow2"}, "profile.image"),
    "image empty": ({f"{PROFILE}.image": f"{FILES}/empty.qcow2"}, "it is empty"),
    "image raw": ({f"{PROFILE}.image": f"{FILES}/image.raw"}, "its format is raw"),
    "image not raw": ({f"{PROFILE}.disk.format": "raw"}, "its format is qcow2"),
    "image based on none": ({f"{PROFILE}.image": f"{FILES}/based.qcow2"}, "based on none.qcow2"),
    "disk space": ({f"{PROFILE}.image": f"{FILES}/large.raw", f"{PROFILE}.disk.format": "raw",
                    "folder": f"{FILES}/small/faulty"}, "MiB free"),
    "disks more than IDE has": ({f"{PROFILE}.disks": [
        {"name": f"disk{number}", "image": IMAGE, "bus": "ide"} for number in range(5)]}, "IDE"),
    "profile omitted": ({PROFILE: OMIT}, "profile"),
    "profile key": ({f"{PROFILE}.colour": "red"}, "colour"),
    "day-0 without a medium": ({f"{PROFILE}.day0": OMIT}, "does not support a day-0"),
    "day-0 path": ({"day0": {"../frr.conf": ""}}, "without .."),
    "name of a domain of somebody": ({"name": "somebody"}, "not this appliance"),
    "name with a slash": ({"name": "a/b"}, "name = 'a/b'"),
    "name blank": ({"name": " "}, "name"),
    "folder relative": ({"folder": "images/faulty"}, "folder"),
    "folder below a file": ({"folder": "/etc/hostname/faulty"}, "not a folder"),
    "folder of another domain": ({"folder": f"{FILES}/taken"}, "taken/disk.qcow2"),
    "libvirt elsewhere": ({"uri": "qemu:///nonesuch"}, "cannot be reached"),
}


def with_fault(changes: Options) -> Options:
    """The right options with others in their places, each by its path such as ``profile.disk.bus``."""
    options = copy.deepcopy(RIGHT)
    for path, value in changes.items():
        *above, last = (int(part) if part.isdigit() else part for part in path.split("."))
        place: t.Any = options
        for part in above:
            place = place[part]
        if value is OMIT:
            del place[last]
        else:
            place[last] = value
    return options


def prepare() -> None:
    """What the faults need on the host, for as long as it is up."""
    for folder in (FILES / "small", FILES / "taken"):
        folder.mkdir(parents=True)
    for command in (
            f"qemu-img create -q -f qcow2 {IMAGE} 1M", f"cp {IMAGE} {FILES}/taken/disk.qcow2",
            f"qemu-img create -q -f raw {FILES}/image.raw 1M", f"touch {FILES}/empty.qcow2",
            f"qemu-img create -q -u -f qcow2 -F raw -b none.qcow2 {FILES}/based.qcow2 1M",
            f"fallocate -l 2M {FILES}/large.raw", f"mount -t tmpfs -o size=1m tmpfs {FILES}/small",
            f"ip link set {PFS[1]} up"):
        subprocess.run(command.split(), check=True)
    Path(f"/sys/class/net/{PFS[1]}/device/sriov_numvfs").write_text("1", encoding="ascii")
    for name, devices in DOMAINS.items():
        subprocess.run(["virsh", "define", "/dev/stdin"], check=True, stdout=subprocess.DEVNULL, text=True, input=(
            f"<domain type='kvm'><name>{name}</name><memory unit='MiB'>64</memory>"
            f"<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>{devices}</devices></domain>"))


def wrong(predicted: Options, done: Options, told: str) -> t.Iterator[str]:
    """What is wrong with an error.

    :param predicted: the result in check mode
    :param done: that of a real run
    """
    if not (predicted.get("failed") and done.get("failed")):
        yield "it was not refused"
    if predicted.get("msg") != done.get("msg"):
        yield "check mode tells something else"
    if told not in done.get("msg", ""):
        yield f"it does not name {told}"
    error = done.get("error")  # none if Ansible itself refuses it
    if error is not None and not error["remedy"] and "it must be" not in error["cause"]:
        yield "it has no remedy"
    if done.get("changed") or done.get("actions"):
        yield f"it has changed the host: {done}"


def main(script: str) -> None:
    """Give all faults, and tell what was wrong."""
    prepare()
    before, bad = state(script), []
    right = module(vm_appliance.main, RIGHT, check_mode=True)
    if not right.get("changed"):
        raise SystemExit(f"without a fault: {right}")
    names = list(FAULTS)
    for place in range(0, len(names), TOGETHER):
        together = names[place:place + TOGETHER]
        for name in together:
            changes, told = FAULTS[name]
            results = [module(vm_appliance.main, with_fault(changes), check_mode) for check_mode in (True, False)]
            print(f"{name}: {results[1].get('msg')}", flush=True)
            bad += [f"{name}: {one}" for one in wrong(*results, told)]
        after = state(script)
        if after != before:
            traces = sorted(set(after.splitlines()) ^ set(before.splitlines()))
            bad.append(f"one of {', '.join(together)} left a trace: {traces}")
            before = after
    if bad:
        raise SystemExit("\n".join(bad))
    print(f"{len(FAULTS)} faults, each refused with one message")


def state(script: str) -> str:
    """The host."""
    return subprocess.run(["sh", script], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1])
