# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each state of a domain is called, and what it means for every module.

=========== ============================ ==== ============ ========================================================
name        libvirt                      runs guest reacts what lets it run
=========== ============================ ==== ============ ========================================================
running     running, blocked,            yes  yes          nothing has to
            being shut down
paused      paused                       yes  no           it is resumed
pmsuspended pmsuspended (suspended to    yes  no           it is woken up
            memory by its guest)
crashed     crashed (on_crash: preserve) yes  no           its power is cut and it is started, if that is allowed;
                                                           resumed, it would be as dead as before
shutdown    shut off                     no   no           it is started
saved       shut off, with a managed     no   no           it is restored, with the hardware that it was saved with;
            save image                                     for other hardware the image is discarded, if that is
                                                           allowed, and it is started
=========== ============================ ==== ============ ========================================================

One that runs has a live configuration beside its definition. That of a saved one is in its image: what the definition
says otherwise waits for the image to be discarded, as it waits for the restart of one that runs.
"""

from __future__ import annotations

import typing as t

RUNNING, PAUSED, PMSUSPENDED, CRASHED, SHUTDOWN, SAVED = (
    "running", "paused", "pmsuspended", "crashed", "shutdown", "saved")

# virDomainState in libvirt-domain.h
STATE_NAMES = {1: RUNNING, 2: RUNNING, 3: PAUSED, 4: RUNNING, 5: SHUTDOWN, 6: CRASHED, 7: PMSUSPENDED}
# VIR_DOMAIN_PAUSED with VIR_DOMAIN_PAUSED_CRASHED
PAUSED_CRASHED = (3, 10)

# VIR_DOMAIN_RUNNING with VIR_DOMAIN_RUNNING_BOOTED
RUNNING_BOOTED = (1, 1)

# What lets a domain run, in words
TO_RUN = {PAUSED: "resume", PMSUSPENDED: "wake up", SHUTDOWN: "start", SAVED: "start from its saved state"}
# What to do about a guest that runs and cannot react; it is not done by itself: who paused it, such as a migration or a
# full disk, did so for a reason.
REMEDIES = {
    PAUSED: "Resume it first (nfv.kvm.vm_domain with state: running), or power it off with virsh destroy {name}",
    PMSUSPENDED: "Wake it up first (nfv.kvm.vm_domain with state: running), or power it off with virsh destroy {name}",
    CRASHED: "Run nfv.kvm.vm_domain with state: running and restart: allowed to power it off and start it. To keep its "
    "memory, run virsh dump --memory-only {name} FILE first",
}


def state_name(state: int, reason: int, saved: t.Callable[[], bool]) -> str:
    """The name of a state of libvirt.

    :param reason: of the state
    :param saved: whether the domain has a managed save image; only asked of one that is off
    """
    name = CRASHED if (state, reason) == PAUSED_CRASHED else STATE_NAMES.get(state, SHUTDOWN)
    return SAVED if name == SHUTDOWN and saved() else name
