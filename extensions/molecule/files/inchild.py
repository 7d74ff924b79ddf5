"""Runs of a module in children of one process, which saves the imports; some are killed (SIGKILL)."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import typing as t

from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.libvirt.connection import Connection, Domain

Result = dict[str, t.Any]
for library in ("libvirt", "lxml.etree"):  # which modules import when they need them
    importlib.import_module(library)
# The calls that change a host. To replace a file takes two: one before it has a name, one before it has the right one.
CHANGING: dict[t.Any, tuple[str, ...]] = {
    Host: ("write", "replace", "remove", "save", "rename", "hard_link", "make_folder", "remove_tree", "remove_folder",
           "run"),
    os: ("replace",),
    Connection: ("define",),
    Domain: ("undefine", "set_autostart", "set_metadata", "start", "power_off"),
}


def end_after(lives: int) -> None:
    """Let this process make so many of these calls; before the next one it is killed."""
    left = lives

    def mortal(call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def called(*given: t.Any, **named: t.Any) -> t.Any:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*given, **named)

        return called

    for place, names in CHANGING.items():
        for name in names:
            setattr(place, name, mortal(getattr(place, name)))


def killed(lives: int, work: t.Callable[[], object]) -> bool:
    """Whether a child that does the work was killed after so many calls, and did not come to its end."""
    sys.stdout.flush()  # or the child would have it, too
    child = os.fork()
    if child == 0:
        end_after(lives)
        work()
        sys.stdout.flush()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and status != 0:
        raise SystemExit(f"the child failed by itself after {lives} calls")
    return os.WIFSIGNALED(status)


def module(main: t.Callable[[], None], options: Result, check_mode: bool = False, lives: int = sys.maxsize) -> Result:
    """What a module returns; nothing if it was killed after so many calls."""
    from ansible.module_utils.testing import patch_module_args

    def work() -> None:
        os.dup2(writing, 1)
        with contextlib.suppress(SystemExit), patch_module_args({**options, "_ansible_check_mode": check_mode}):
            main()

    reading, writing = os.pipe()
    with open(reading, encoding="utf-8") as told, contextlib.ExitStack() as stack:
        stack.callback(os.close, writing)
        if killed(lives, work):
            return {}
        stack.close()
        found: Result = json.loads(told.read())
        return found
