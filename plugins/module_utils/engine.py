# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way through every module: desired → current → plan → diff → apply → verify → result.

A module hands :func:`run` a function that turns its parameters into a :class:`Resource`. A resource reads the
host and plans; it never applies, never looks at check mode and never ends the module: that is done here, once.
A module that changes nothing hands :func:`report` a function that returns its result.
"""

from __future__ import annotations

import contextlib
import traceback
import typing as t
from dataclasses import dataclass

from ansible_collections.nfv.kvm.plugins.module_utils import lock
from ansible_collections.nfv.kvm.plugins.module_utils.errors import CommandFailed, KvmError, VerificationFailed
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

State = t.TypeVar("State")

# Some drivers answer before they are done (i40e: "VF still in reset"), so a mismatch is looked at again.
SETTLE_SECONDS = 5.0
SETTLE_PAUSE = 0.25


class Step(t.Protocol):
    """One change to the host: plain data that can say what it is and do it.

    It may have a ``remedy``, for the user of a host on which it had no effect, and an ``undo(host)`` that puts back
    what was before, however far ``apply`` came, and returns what of it stays nevertheless, in words like those of
    ``describe`` (None or nothing: all of it is as it was before). A step without ``undo`` cannot be undone at all.
    """

    def describe(self) -> list[str]:
        """The change in words, a line each, such as ``VF 1 of enp1s0: vlan 0 → 100``."""

    def apply(self, host: Host) -> None:
        """Make the change, or raise :class:`KvmError`."""


@dataclass(frozen=True)
class Plan(t.Generic[State]):
    """What is to be done: the steps in order, and the state that they lead to.

    ``objects``: what is locked for the steps beside the objects of the resource, because only its state shows it
    """

    steps: tuple[Step, ...]
    after: State
    objects: tuple[str, ...] = ()


class Resource(t.Protocol[State]):
    """What a module manages, with the desired state inside. If that is not the host, ``place`` is its name in messages.
    """

    def objects(self, host: Host) -> tuple[str, ...]:
        """What no other run may change from reading to verification, as lock.held() wants it. Reads only.

        It is called twice in a run, so what only a larger reading shows belongs to ``Plan.objects``.
        """

    def read(self, host: Host) -> State:
        """The current state. Reads only."""

    def plan(self, current: State) -> Plan[State]:
        """A pure function of the current and the desired state; refuses here what must not be done."""

    def show(self, state: State) -> dict[str, t.Any]:
        """The managed part of a state, for the diff."""

    def result(self, state: State, plan: Plan[State]) -> dict[str, t.Any]:
        """What the module returns of a state, beside ``changed``, ``diff`` and ``actions``; ``plan`` led to it.

        Texts in ``warnings`` are shown to the user as such.
        """


def run(
    module: AnsibleModule, build: t.Callable[[dict[str, t.Any]], Resource[t.Any]], host: Host | None = None
) -> None:
    """Bring a resource into its desired state, and end the module.

    :param build: makes the resource from the module's parameters; raises ValidationError before the host is read
    """
    host = host or Host()
    actions: list[str] = []
    with one_failure_path(module, actions):
        resource = build(module.params)
        if module.check_mode:
            current, plan = look(resource, host)
            state = plan.after
            actions.extend(line for step in plan.steps for line in step.describe())
        else:
            current, plan, state = bring(resource, host, module._name, actions)
        diff = {"before": resource.show(current), "after": resource.show(plan.after)}
        result = resource.result(state, plan)
        for text in result.pop("warnings", ()):  # as a key of exit_json they are deprecated since ansible-core 2.19
            module.warn(text)
        module.exit_json(changed=bool(plan.steps), diff=diff, actions=actions, **result)


def look(resource: Resource[State], host: Host) -> tuple[State, Plan[State]]:
    """The current state, and what is to be done."""
    current = resource.read(host)
    return current, resource.plan(current)


def bring(resource: Resource[State], host: Host, holder: str, actions: list[str]) -> tuple[State, Plan[State], State]:
    """Bring the resource into its desired state, while no other run changes its objects.

    :param holder: what other runs are told of this one
    :returns: the state before, the plan, and the state afterwards
    """
    known: tuple[str, ...] = ()
    while True:
        objects = {*resource.objects(host), *known}
        if lock.busy(host, objects):
            # Who has nothing to do need not wait. What fails during the other run's change may not fail after it.
            with contextlib.suppress(KvmError):
                current, plan = look(resource, host)
                if not plan.steps:
                    return current, plan, plan.after
        with lock.held(host, objects, holder):
            # While this run waited, a name may have moved to another object, which is not locked.
            if not objects.issuperset(resource.objects(host)):
                continue
            current, plan = look(resource, host)
            if not plan.steps:
                return current, plan, plan.after
            if objects.issuperset(plan.objects):
                apply(plan.steps, host, actions)
                return current, plan, verify(resource, host)
        # All runs take locks in one order, so these cannot be added to those that were held. Between the two, another
        # run may change what was read.
        known = plan.objects


def apply(steps: tuple[Step, ...], host: Host, actions: list[str]) -> None:
    """Carry out the steps in order; where one fails, those that can be are undone.

    :param actions: gets what was done and stays, in words
    """
    for position, step in enumerate(steps):
        try:
            carry_out(step, host)
        except KvmError as error:
            undo(steps[:position + 1], host, actions, error)
            raise
        actions.extend(step.describe())


def carry_out(step: Step, host: Host) -> None:
    """:raises KvmError: the step failed, for whatever reason that the host gives."""
    try:
        step.apply(host)
    except OSError as error:
        raise CommandFailed(*system_answer(error)) from error


def undo(steps: tuple[Step, ...], host: Host, actions: list[str], error: KvmError) -> None:
    """Put back what the steps changed, the last first, and tell so in the error that is the reason.

    The way back ends at a step that cannot be undone: what was done before may be what it rests upon.
    """
    lasting = [position for position, step in enumerate(steps) if not hasattr(step, "undo")]
    first = lasting[-1] + 1 if lasting else 0
    if first == len(steps):
        return
    left = [line for step in steps[:first] for line in step.describe()]
    remains: list[str] = []
    try:
        for step in reversed(steps[first:]):
            remains[:0] = t.cast(t.Any, step).undo(host) or ()
    except (KvmError, OSError) as second:
        error.aftermath = f"Restoring the previous state also failed: {second}"
        return
    actions[:] = [*left, *remains]
    error.aftermath = "The previous state was restored"
    if actions:
        error.aftermath += f", except for these changes: {'; '.join(actions)}"


def verify(resource: Resource[State], host: Host) -> State:
    """Read the state again: a plan made from it must be empty.

    :raises VerificationFailed: something is still to be done after the time that drivers need to settle
    """
    deadline = host.now() + SETTLE_SECONDS
    while True:
        state = resource.read(host)
        left = resource.plan(state).steps
        if not left:
            return state
        if host.now() >= deadline:
            missing = "; ".join(line for step in left for line in step.describe())
            place = getattr(resource, "place", "the host")
            raise VerificationFailed(
                "verification", f"every step was applied, but {place} still needs: {missing}",
                remedy=getattr(left[0], "remedy", None) or "Check the logs of the kernel and of libvirt (journalctl) "
                "for what reverted the change",
            )
        host.sleep(SETTLE_PAUSE)


def report(
    module: AnsibleModule, examine: t.Callable[[dict[str, t.Any], Host], dict[str, t.Any]], host: Host | None = None
) -> None:
    """End a module that only reads, with what ``examine`` finds; ``failed`` in it fails the task with its ``msg``."""
    with one_failure_path(module, []):
        found = examine(module.params, host or Host())
        if found.pop("failed", False):
            module.fail_json(**found)
        module.exit_json(changed=False, **found)


@contextlib.contextmanager
def one_failure_path(module: AnsibleModule, actions: list[str]) -> t.Iterator[None]:
    """Turn whatever goes wrong into one ``fail_json`` that also says which actions were already done."""

    def fail(msg: str, **error: t.Any) -> None:
        done = {} if module.check_mode else {"actions": actions, "changed": bool(actions)}
        module.fail_json(msg=msg, **error, **done)

    try:
        yield
    except KvmError as error:
        fail(str(error), error=error.as_dict())
    except OSError as error:
        fail(f"{': '.join(system_answer(error))}.")
    except Exception as error:  # a defect of ours: one line for the user, the rest for the report of it
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rsplit('/', maxsplit=1)[-1]}:{place.lineno}"
        fail(f"defect in nfv.kvm, please report it: {type(error).__name__}: {error} ({where})")


def system_answer(error: OSError) -> tuple[str, str]:
    """What the operating system answered, and about what."""
    return str(error.filename or "the host"), error.strerror or str(error)
