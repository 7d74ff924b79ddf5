# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libvirt's calls for the state of a domain."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.domain.states import RUNNING_BOOTED, state_name

if t.TYPE_CHECKING:
    from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection


class Power:
    """The part of connection.Domain that says in which state it is, and changes that."""

    _connection: Connection
    _handle: t.Any
    name: str

    def _answering(self, doing: str) -> contextlib.AbstractContextManager[None]:
        return self._connection.answering(f"domain {self.name}", doing)

    def active(self) -> bool:
        """Whether it runs, or is paused."""
        with self._answering("read whether it runs"):
            return bool(self._handle.isActive())

    def state(self) -> str:
        """One of the names of states.py."""
        with self._answering("read its state"):
            number, reason = self._handle.state()[:2]
        return state_name(number, reason, self.saved)

    def booted(self) -> bool:
        """Whether it runs because it was started, rather than restored, migrated, or resumed from a pause."""
        with self._answering("read its state"):
            return tuple(self._handle.state()[:2]) == RUNNING_BOOTED

    def saved(self) -> bool:
        """Whether it has a managed save image."""
        with self._answering("read whether it is saved"):
            return bool(self._handle.hasManagedSaveImage())

    def saved_xml(self) -> str | None:
        """The configuration that its managed save image was made with; None without an image, or a readable one.

        libvirt starts a domain with an incomplete image as one without.
        """
        flags = self._connection.library.VIR_DOMAIN_SAVE_IMAGE_XML_SECURE
        codes = ("VIR_ERR_NO_DOMAIN", "VIR_ERR_OPERATION_INVALID", "VIR_ERR_OPERATION_FAILED")
        with self._answering("read its saved state"):
            text = self._connection.unless(codes, lambda: (
                str(self._handle.managedSaveGetXMLDesc(flags)) if self._handle.hasManagedSaveImage() else None))
        return self._connection.known(text)

    def discard_saved(self) -> None:
        """Remove its managed save image."""
        with self._answering("discard its saved state"):
            if self._handle.hasManagedSaveImage():
                self._handle.managedSaveRemove()

    def start(self) -> None:
        """Start it; one with a managed save image is restored."""
        with self._answering("start it"):
            self._handle.create()

    def resume(self) -> None:
        """Let a paused one go on."""
        with self._answering("resume it"):
            self._handle.resume()

    def wake_up(self) -> None:
        """Wake up a guest that has suspended itself to memory."""
        with self._answering("wake it up"):
            self._handle.pMWakeup()

    def shutdown(self) -> None:
        """Ask the guest to shut down; it may take its time or not do it."""
        # It may have gone between the look and the call: that is what was wanted.
        with self._answering("shut it down"):
            self._connection.unless(("VIR_ERR_OPERATION_INVALID",), self._handle.shutdown)

    def power_off(self) -> None:
        """End it without its guest."""
        with self._answering("end it"):
            self._connection.unless(("VIR_ERR_OPERATION_INVALID",), self._handle.destroy)
