# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that a user can meet: each names the object, the value, the cause and the remedy."""

from __future__ import annotations


class KvmError(Exception):
    """Anything that stops a module for a reason the user can act on.

    :param subject: what it is about, such as ``vfs[0].vlan`` or ``VF 3 of enp1s0``
    :param cause: what is wrong, as the end of the sentence that ``subject`` begins
    :param value: the value that was given or found, None if there is none
    :param remedy: what to do about it, one sentence

    ``aftermath``: what became of the host, a sentence that is added where a failure left a trace.
    """

    def __init__(self, subject: str, cause: str, value: object = None, remedy: str = "") -> None:
        self.subject = subject
        self.value = value
        self.cause = cause
        self.remedy = remedy
        self.aftermath = ""
        super().__init__(subject, cause, value, remedy)

    def __str__(self) -> str:
        shown = "" if self.value is None else f" = {self.value!r}"
        sentences = (f"{self.subject}{shown}: {self.cause}", self.remedy, self.aftermath)
        return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences if sentence)

    def as_dict(self) -> dict[str, object]:
        """The same for machines: ``type``, ``object``, ``value``, ``cause`` and ``remedy``."""
        return {
            "type": type(self).__name__,
            "object": self.subject,
            "value": self.value,
            "cause": self.cause,
            "remedy": self.remedy,
        }


class ValidationError(KvmError):
    """A parameter is not valid; raised before the host is touched."""


class NotSupported(KvmError):
    """The kernel, the driver or libvirt cannot do what was asked."""


class InUse(KvmError):
    """A step would take something away from who uses it; raised before the host is touched."""


class VerificationFailed(KvmError):
    """The change was made, but reading the host again shows something else."""


class DependencyMissing(KvmError):
    """A program or Python library is not installed on the host."""


class CommandFailed(KvmError):
    """A program on the host, the kernel or libvirt answered with an error."""
