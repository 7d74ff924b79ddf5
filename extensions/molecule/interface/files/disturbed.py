"""vm_interface on a running domain, disturbed at its calls to libvirt: before one call after the other libvirt is
restarted, then the guest is killed. The run ends well or with one clear error, and the next one reaches what is wanted.
Run on a host of the lab: disturbed.py PF VF"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.interface.plan import interface_resource
from ansible_collections.nfv.kvm.tests.unit.runmodule import Result, run

# A guest without a disk takes NICs, too; it is never asked to give one up.
DOMAIN = "disturbed"
XML = f"<domain type='kvm'><name>{DOMAIN}</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>\
<features><acpi/></features></domain>"
# A run makes some sixteen calls, and takes the lab's host seconds; every fifth one is tried.
STRIDE = 5
answering = Connection.answering


class Disturbance:
    """What happens before one of the calls to libvirt; ``calls`` counts them."""

    def __init__(self, at: int, words: list[str]) -> None:
        self.at = at
        self.command = words
        self.calls = 0

    def __enter__(self) -> Disturbance:
        disturbance = self

        @contextlib.contextmanager
        def disturbed(self: Connection, subject: str, doing: str) -> t.Iterator[None]:
            disturbance.calls += 1
            if disturbance.calls == disturbance.at:
                command(*disturbance.command)
            with answering(self, subject, doing):
                yield

        Connection.answering = disturbed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_error: object) -> None:
        Connection.answering = answering  # type: ignore[method-assign]

    def happened(self) -> bool:
        """Whether the run made so many calls."""
        return self.calls >= self.at


class Options(dict[str, t.Any]):
    """Options as an argument spec hands them over, None for those that are not given."""

    def __missing__(self, key: str) -> None:
        return None


def vm_interface(*interfaces: Result, state: str = "present") -> Result:
    params = {"domain": DOMAIN, "state": state, "restart": "never", "timeout": 120, "uri": "qemu:///system",
              "interfaces": [Options(interface) for interface in interfaces]}
    return run(interface_resource, params, Host())


def succeeded(result: Result) -> Result:
    if result["failed"]:
        raise SystemExit(result["msg"])
    return result


def command(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")
    return done.stdout


def virsh(*words: str) -> str:
    return command("virsh", *words)


def running() -> bool:
    return DOMAIN in virsh("list", "--name").split()


def check(nics: list[Result]) -> None:
    """The definition has all NICs, and so has the domain if it runs."""
    for xml in [virsh("dumpxml", "--inactive", DOMAIN), *([virsh("dumpxml", DOMAIN)] if running() else [])]:
        missing = [nic["name"] for nic in nics if f"ua-{nic['name']}" not in xml]
        if missing:
            raise SystemExit(f"the second run does not bring {missing}: {xml}")


def disturb(nics: list[Result], words: list[str], first_call: int) -> int:
    """How many runs failed because they were disturbed; each did with a clear error, and the next one was good."""
    failures = 0
    for at in itertools.count(first_call, STRIDE):
        if running():
            virsh("destroy", DOMAIN)
            command("udevadm", "settle")  # the VF is the host's again
        succeeded(vm_interface(*nics, state="absent"))
        virsh("start", DOMAIN)
        with Disturbance(at, words) as disturbance:
            first = vm_interface(*nics)
        print(f"{' '.join(words)} before call {at}: {first.get('msg', 'good')}", flush=True)
        if not disturbance.happened():
            succeeded(first)
        if "defect" in first.get("msg", ""):
            raise SystemExit(first["msg"])
        failures += first["failed"]
        succeeded(vm_interface(*nics))
        check(nics)
        if succeeded(vm_interface(*nics))["changed"]:
            raise SystemExit("the third run changes something")
        if not disturbance.happened():
            return failures
    raise AssertionError  # count() does not end


def main(pf: str, vf: str) -> None:
    nics: list[Result] = [
        {"name": "late0", "type": "hostdev", "source": {"pf": pf, "vf": int(vf)}},
        {"name": "late1", "type": "bridge", "source": {"bridge": "br-mgmt"}}]
    subprocess.run(["virsh", "define", "/dev/stdin"], input=XML, text=True, check=True)
    # Not before the same calls.
    for first_call, words in ((1, ["systemctl", "restart", "libvirtd"]), (3, ["virsh", "-q", "destroy", DOMAIN])):
        if not disturb(nics, words, first_call):
            raise SystemExit(f"{words}: it disturbs no run")
    virsh("destroy", DOMAIN)
    virsh("undefine", DOMAIN)


if __name__ == "__main__":
    main(*sys.argv[1:])
