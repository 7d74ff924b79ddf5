# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's API, as far as the collection uses it: every call, and every error that one can answer, is here."""

from __future__ import annotations

import contextlib
import importlib
import re
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, DependencyMissing, ValidationError
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.power import Power

# Only the XML of a running domain has an ID. Asked for that of one that has just ended, libvirt gives the definition.
RUNNING = re.compile(r"\s*<domain\b[^>]*\sid=")
# VIR_DOMAIN_UNDEFINE_KEEP_TPM in libvirt-domain.h: since 8.9.0
KEEPS_TPM = 8_009_000

Answer = t.TypeVar("Answer")


def load(library: str, package: str) -> t.Any:
    """Import a Python library of the host when it is needed.

    :raises DependencyMissing: it is not installed
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise DependencyMissing(
            f"the Python library {library}", "is not installed on this host", remedy=f"Install {package}"
        ) from error


class Domain(Power):
    """One domain of a connection: its definitions as text, its state, and what can be done with it."""

    def __init__(self, connection: Connection, handle: t.Any) -> None:
        self._connection = connection
        self._handle = handle
        self.name: str = handle.name()
        self.uuid: str = handle.UUIDString()

    def definition(self) -> str | None:
        """The persistent definition with passwords (VIR_DOMAIN_XML_SECURE), without which it could not be redefined.

        None for a domain that ends with its run, or is gone.
        """
        flags = self._connection.library.VIR_DOMAIN_XML_INACTIVE | self._connection.library.VIR_DOMAIN_XML_SECURE
        with self._answering("read its definition"):
            text = self._connection.unless(
                ("VIR_ERR_NO_DOMAIN",),
                lambda: str(self._handle.XMLDesc(flags)) if self._handle.isPersistent() else None)
        return self._connection.known(text)

    def live_xml(self) -> str | None:
        """The running configuration, None when the domain does not run; it may end or vanish at any time."""
        flags = self._connection.library.VIR_DOMAIN_XML_SECURE
        with self._answering("read its live configuration"):
            text = self._connection.unless(("VIR_ERR_NO_DOMAIN", "VIR_ERR_OPERATION_INVALID"),
                                           lambda: str(self._handle.XMLDesc(flags)))
        return self._connection.known(text) if text is not None and RUNNING.match(text) else None

    def autostart(self) -> bool:
        """Whether it starts with the host."""
        with self._answering("read its autostart"):
            return bool(self._handle.autostart())

    def set_autostart(self, wanted: bool) -> None:
        """Start it with the host, or do not."""
        with self._answering("set its autostart"):
            self._handle.setAutostart(int(wanted))

    def set_metadata(self, doing: str, text: str | None, prefix: str, namespace: str, live: bool) -> None:
        """Put an element of ours into the metadata of its definition; None takes it out.

        :param doing: what for, for the error
        :param text: XML without a namespace: libvirt gives it one, and takes none that has one already
        :param live: whether it also goes into the metadata that it runs with
        """
        library = self._connection.library
        flags = library.VIR_DOMAIN_AFFECT_CONFIG
        with self._answering(doing):
            if live and self._handle.isActive():
                flags |= library.VIR_DOMAIN_AFFECT_LIVE
            self._handle.setMetadata(library.VIR_DOMAIN_METADATA_ELEMENT, text, prefix, namespace, flags)

    def undefine(self, nvram: bool, keep_tpm: bool = False) -> None:
        """Remove its definition with the metadata of snapshots; its disks stay. libvirt refuses it for a saved one.

        :param nvram: whether its file of UEFI variables goes too, if it has one
        :param keep_tpm: whether the state of its emulated TPM stays
        """
        library = self._connection.library
        flags = library.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | library.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
        flags |= library.VIR_DOMAIN_UNDEFINE_NVRAM if nvram else library.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM
        with self._answering("undefine it"):
            self._handle.undefineFlags(flags | (library.VIR_DOMAIN_UNDEFINE_KEEP_TPM if keep_tpm else 0))

    def attach_live(self, device: str) -> None:
        """Plug a device (XML) into the running domain only."""
        with self._answering("attach a device"):
            self._handle.attachDeviceFlags(device, self._connection.library.VIR_DOMAIN_AFFECT_LIVE)

    def detach_live(self, device: str) -> None:
        """Ask the running guest to release a device (XML); it is gone when it is no longer in the live XML."""
        with self._answering("detach a device"):
            self._handle.detachDeviceFlags(device, self._connection.library.VIR_DOMAIN_AFFECT_LIVE)

    def update_live(self, device: str) -> None:
        """Change a device (XML) of the running domain only."""
        with self._answering("change a device"):
            self._handle.updateDeviceFlags(device, self._connection.library.VIR_DOMAIN_AFFECT_LIVE)


class Connection:
    """An open connection to libvirt.

    :param handle: a virConnect
    :param library: the libvirt module that it comes from
    """

    def __init__(self, handle: t.Any, library: t.Any) -> None:
        self.handle = handle
        self.library = library
        self._domains: list[str] = []

    def known(self, text: str | None) -> str | None:
        """The XML of a domain, of which no secret is shown from now on where libvirt's errors quote it."""
        self._domains += [] if text is None else [text]
        return text

    @contextlib.contextmanager
    def answering(self, subject: str, doing: str) -> t.Iterator[None]:
        """Turn libvirt's error into ours.

        :raises CommandFailed: libvirt refused what is done inside
        """
        try:
            yield
        except self.library.libvirtError as error:
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.secrets import without_secrets
            from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.port.answers import remedy_of

            answer = str(error.get_error_message()).rstrip(".")
            lost = "The connection to libvirt was lost; run the task again when it is back"
            raise CommandFailed(
                subject, f"libvirt cannot {doing}: {without_secrets(answer, self._domains)}",
                remedy=remedy_of(answer) if self.alive() else lost,
            ) from error

    def alive(self) -> bool:
        """Whether libvirt still holds the other end of the connection."""
        try:
            return bool(self.handle.isAlive())
        except self.library.libvirtError:
            return False

    def unless(self, codes: tuple[str, ...], call: t.Callable[[], Answer]) -> Answer | None:
        """What a call answers, None when it is an error of libvirt with one of these constants."""
        try:
            return call()
        except self.library.libvirtError as error:
            if error.get_error_code() not in [getattr(self.library, code) for code in codes]:
                raise
            return None

    def version(self) -> int:
        """libvirt's version as major x 1000000 + minor x 1000 + release."""
        with self.answering("libvirt", "report its version"):
            return int(self.handle.getLibVersion())

    def keeps_tpm(self) -> bool:
        """Whether it can keep the state of an emulated TPM when a domain is undefined."""
        return hasattr(self.library, "VIR_DOMAIN_UNDEFINE_KEEP_TPM") and self.version() >= KEEPS_TPM

    def qemu_version(self) -> tuple[int, int]:
        """QEMU's major and minor version."""
        with self.answering("libvirt", "report the version of QEMU"):
            version = int(self.handle.getVersion())  # major x 1000000 + minor x 1000 + release
        return version // 1_000_000, version // 1000 % 1000

    def domain_capabilities(self, arch: str, machine: str, kind: str) -> str | None:
        """What QEMU can do with a machine type, None without it (https://libvirt.org/formatdomaincaps.html)."""
        with self.answering(f"machine type {machine}", "report its capabilities"):
            return self.unless(("VIR_ERR_INVALID_ARG", "VIR_ERR_CONFIG_UNSUPPORTED"), lambda: str(
                self.handle.getDomainCapabilities(None, arch, machine, kind)))

    def check_domain(self, subject: str, xml: str) -> None:
        """Have QEMU's command line made of a domain, which needs neither its disks nor its huge pages.

        :raises CommandFailed: libvirt refuses it, as it would its definition or its start
        """
        self.known(xml)
        with self.answering(subject, "run this on QEMU"):
            self.unless(("VIR_ERR_NO_SUPPORT",), lambda: self.handle.domainXMLToNative("qemu-argv", xml, 0))

    def find(self, name: str) -> Domain | None:
        """A domain, None if there is none of that name."""
        with self.answering(f"domain {name}", "look it up"):
            handle = self.unless(("VIR_ERR_NO_DOMAIN",), lambda: self.handle.lookupByName(name))
        return None if handle is None else Domain(self, handle)

    def domain(self, name: str) -> Domain:
        """A domain that must be there.

        :raises ValidationError: there is none of that name
        """
        found = self.find(name)
        if found is None:
            raise ValidationError("domain", "this host has no such domain", name, "Define it with nfv.kvm.vm_domain")
        return found

    def domains(self) -> list[Domain]:
        """All domains, running or not."""
        with self.answering("libvirt", "list the domains"):
            return [Domain(self, handle) for handle in self.handle.listAllDomains()]

    def define(self, name: str, xml: str) -> None:
        """Set the persistent definition of a domain, in one step."""
        self.known(xml)
        with self.answering(f"domain {name}", "define it"):
            self.handle.defineXML(xml)

    def has_filter(self, name: str) -> bool:
        """Whether there is a network filter (nwfilter) of this name."""
        with self.answering(f"network filter {name}", "look it up"):
            return self.unless(("VIR_ERR_NO_NWFILTER",), lambda: self.handle.nwfilterLookupByName(name)) is not None


def connect(uri: str) -> Connection:
    """Open libvirt.

    :raises ValidationError: the URI is empty, for which libvirt would take what its own configuration names
    :raises DependencyMissing: its Python library is not installed
    :raises CommandFailed: it does not answer at this URI
    """
    if not uri:
        raise ValidationError("uri", "it is empty", uri, "Write a URI such as qemu:///system, or omit the option")
    library = load("libvirt", "python3-libvirt")
    # Without a handler of ours libvirt writes every error to stderr as well, also those that are expected.
    library.registerErrorHandler(lambda _context, _error: None, None)
    try:
        return Connection(library.open(uri), library)
    except library.libvirtError as error:
        raise CommandFailed(
            f"libvirt at {uri}", f"cannot be reached: {str(error.get_error_message()).rstrip('.')}",
            remedy="Run systemctl status libvirtd (or virtqemud) to check whether libvirt runs",
        ) from error
