# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a BMC does not do what it was asked."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.errors import (
    CommandFailed,
    KvmError,
    NotSupported,
    ValidationError,
)
from ansible_collections.nfv.kvm.plugins.module_utils.redfish.model import ROOT, Answer, Known


def fault(answer: Answer, state: Known) -> str:
    """Why the BMC did not take new settings, an empty text if it did."""
    return "" if answer.status in (200, 202, 204) else str(refusal(state, answer))


def absent(subject: str, what: str) -> t.NoReturn:
    """The BMC is one, but lacks what it takes.

    :raises NotSupported: always
    """
    raise NotSupported(subject, f"its Redfish service does not provide {what}", None,
                       "Update the firmware of the BMC, and check whether it needs a license for Redfish")


def refusal(state: Known, answer: Answer) -> KvmError:
    """Why an answer is not the one that was hoped for."""
    subject, status = f"BMC {state.uri}", answer.status
    place = f"{status} at {state.path}"
    said = "; ".join([place, *(answer.json.errors if answer.json else ())])
    if status == -1:
        return no_answer(state, answer.msg)
    if status == 401:
        return ValidationError("kvm_host_bmc.username", f"{subject} rejects this user name or its password ({place})",
                               state.username, "Set kvm_host_bmc.username and kvm_host_bmc.password to an account of "
                               "the BMC")
    if status == 403:
        return ValidationError("kvm_host_bmc.username", f"{subject} does not allow this account to do that ({said})",
                               state.username, "Use an account that is allowed to change BIOS settings")
    if 300 <= status < 400:
        return ValidationError("kvm_host_bmc.uri", "the BMC redirects to another address, and the password is not sent "
                               "there", state.uri, f"Set kvm_host_bmc.uri to {answer.location}")
    if state.path == ROOT and status < 500:
        return CommandFailed(subject, f"it answers, but not as a Redfish service ({place})", None,
                             "Check that this is the address of the BMC and that Redfish is enabled on it")
    remedy = "Wait until the BMC is up, or restart it" if status >= 500 else "Check the log of the BMC"
    return CommandFailed(subject, f"it did not complete the request ({said})", None, remedy)


def no_answer(state: Known, said: str) -> KvmError:
    """The BMC cannot be talked to.

    :param said: what ansible.builtin.uri says of that, which nothing depends on
    """
    trust = (". If its certificate is not trusted, have it signed by a CA that the controller trusts, or set "
             "kvm_host_bmc.validate_certs: false") if state.uri.startswith("https:") else ""
    return CommandFailed(f"BMC {state.uri}", f"it does not answer ({said.rstrip('.')})", None,
                         f"Check the address, and whether the controller can reach it{trust}")
