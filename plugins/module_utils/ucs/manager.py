# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UCS Manager as the collection uses it: one login, reading, one transaction, logout; all by ucsmsdk's UcsHandle."""

from __future__ import annotations

import contextlib
import functools
import importlib
import ipaddress
import re
import sys
import typing as t
from xml.etree.ElementTree import ParseError

from ansible_collections.nfv.kvm.plugins.module_utils import engine
from ansible_collections.nfv.kvm.plugins.module_utils.errors import (
    CommandFailed,
    DependencyMissing,
    KvmError,
    ValidationError,
)
from ansible_collections.nfv.kvm.plugins.module_utils.host import Host
from ansible_collections.nfv.kvm.plugins.module_utils.ucs.driver import Driver
from ansible_collections.nfv.kvm.plugins.module_utils.values import in_range

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

OLDEST = (0, 9, 27)
LOGOUT_SECONDS = 10
LABEL = "[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
NAME = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*\.?")

# What UCS Manager's error codes mean, and what to do about them.
KNOWN = {
    "102": ("an object no longer exists, another writer may have removed it", "Run this again: it reads first"),
    "103": ("another writer has created the object in the meantime", "Run this again: it reads first"),
    "551": ("it refused the login", "Check username and password; a user of an authentication domain is "
            "ucs-DOMAIN\\USER"),
    "552": ("the session ended during the run", "Run this again; if it happens often, give the user a longer "
            "session timeout in UCS Manager"),
    "572": ("it has no session left", "End sessions of this user in UCS Manager, or raise their limit"),
}

Mo = t.Any


class UcsManager:
    """A connection that logs in at the first request and, as a context, always logs out.

    :param params: the module's parameters
    """

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.params = params
        self.name = f"UCS Manager {params['hostname']}"
        self._handle: t.Any = None
        self._driver: Driver | None = None

    def __enter__(self) -> UcsManager:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    def check(self) -> None:
        """Check the parameters, and whether ucsmsdk is there. Sends nothing.

        :raises ValidationError: a parameter is not valid
        :raises DependencyMissing: ucsmsdk is missing or too old
        """
        hostname = self.params["hostname"]
        if not NAME.fullmatch(hostname) and not _is_ipv6(hostname):
            raise ValidationError("hostname", "it is neither a host name nor an IP address", hostname,
                                  "Write ucs1.example.com or 192.0.2.1, with the port in port")
        for key in ("username", "password"):
            if not self.params[key]:
                raise ValidationError(key, "it is empty", remedy=f"Give {key}")
        in_range("port", self.params["port"], 1, 65535)
        in_range("timeout", self.params["timeout"], 1, 3600)
        load()

    def release(self) -> str:
        """The release of UCS Manager, such as ``4.0(4b)``."""
        with self._answering("read"):
            return str(self._session().version.version or "")

    def one(self, dn: str) -> Mo | None:
        """The object of a DN, None if there is none."""
        with self._answering("read"):
            return self._session().query_dn(dn)

    def children(self, dn: str) -> list[Mo]:
        """The objects right below a DN."""
        with self._answering("read"):
            return list(self._session().query_children(in_dn=dn))

    def of_classes(self, *names: str) -> dict[str, list[Mo]]:
        """All objects of some classes, by class."""
        with self._answering("read"):
            found = self._session().query_classids(*names)
        return {name: found.get(name, []) for name in names}

    def commit(self, what: str, objects: t.Sequence[Mo]) -> None:
        """Change objects in one transaction. Each has its status: created, modified or deleted.

        :param what: what is changed, for messages
        """
        base, factory = (importlib.import_module(f"ucsmsdk.{name}") for name in ("ucsbasetype", "ucsmethodfactory"))
        config = base.ConfigMap()
        for mo in objects:
            pair = base.Pair()
            pair.key = mo.dn
            pair.child_add(mo)
            config.child_add(pair)
        session = self._session()
        unknown = f"Whether it has changed {what} is unknown. Run this again: it reads first"
        with self._answering(f"change {what}", unknown):
            answer = session.post_elem(factory.config_conf_mos(session.cookie, config, False))
        if answer.error_code != 0:
            raise self._refused(f"change {what}", str(answer.error_code), str(answer.error_descr))

    def close(self) -> None:
        """Log out if there is a session. A failure is ignored, because UCS Manager ends the session later."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.set_timeout(min(self.params["timeout"], LOGOUT_SECONDS))
            with contextlib.suppress(Exception):
                handle.logout()

    def _session(self) -> t.Any:
        """The handle, logged in."""
        if self._handle is None:
            handle_class = load()
            params = self.params
            self._driver = Driver(self.name, params["validate_certs"])
            hostname = f"[{params['hostname']}]" if ":" in params["hostname"] else params["hostname"]
            handle = handle_class(hostname, params["username"], params["password"], secure=params["secure"],
                                  port=params["port"], timeout=params["timeout"])
            handle._UcsSession__driver = self._driver
            self._handle = handle  # from here on, a session that was made is ended
            with self._answering("log in"):
                handle.login()
        return self._handle

    @contextlib.contextmanager
    def _answering(self, doing: str, unknown: str = "") -> t.Iterator[None]:
        """Turn what ucsmsdk raises into one error.

        :param doing: what was asked for, as an infinitive
        :param unknown: what the error adds if UCS Manager has not refused it, but its answer is missing or unreadable
        """
        errors = importlib.import_module("ucsmsdk.ucsexception")
        try:
            yield
        except KvmError as error:
            error.aftermath = unknown
            raise
        except errors.UcsException as error:
            raise self._refused(doing, str(error.error_code), str(error.error_descr)) from None
        except errors.UcsLoginError:  # it hides why
            raise (self._driver and self._driver.failure) or CommandFailed(
                self.name, "it refused the first request after the login: it is not UCS Manager, or it has ended the "
                "session", remedy="Check hostname and port, and run this again") from None
        except (ParseError, AttributeError, LookupError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__}: {error}"[:200]
            failure = CommandFailed(self.name, f"ucsmsdk does not understand its answer ({reason})",
                                    remedy="Check that hostname and port are those of UCS Manager")
            failure.aftermath = unknown
            raise failure from error

    def _refused(self, doing: str, code: str, descr: str) -> KvmError:
        """What UCS Manager answered instead."""
        cause, remedy = KNOWN.get(code, (f"it refused to {doing}", ""))
        who = f" of user {self.params['username']}" if code == "551" else ""
        reason = " ".join(descr.split()).rstrip(".") or "no reason given"
        return CommandFailed(self.name, f"{cause}{who}: {reason} (error {code})", remedy=remedy)


def _is_ipv6(name: str) -> bool:
    try:
        return not ipaddress.IPv6Address(name).scope_id
    except ValueError:
        return False


def load() -> t.Any:
    """ucsmsdk's UcsHandle.

    :raises DependencyMissing: it is not installed for this Python, or too old
    """
    remedy = f"Install it: {sys.executable} -m pip install 'ucsmsdk>={'.'.join(map(str, OLDEST))}'"
    subject = "the Python library ucsmsdk"
    try:
        version = str(importlib.import_module("ucsmsdk").__version__)
        handle: t.Any = importlib.import_module("ucsmsdk.ucshandle").UcsHandle
    except ImportError as error:
        raise DependencyMissing(subject, f"cannot be imported by {sys.executable}: {error}", remedy=remedy) from error
    if tuple(int(number) for number in re.findall(r"\d+", version)[:3]) < OLDEST:
        raise DependencyMissing(subject, "is too old", version, remedy)
    if not hasattr(importlib.import_module("ucsmsdk.ucssession").UcsSession, "post_xml"):
        raise DependencyMissing(subject, "has another transport than this collection knows, whose TLS it could not "
                                "verify", version, remedy)
    return handle


def run(module: AnsibleModule, build: t.Callable[[dict[str, t.Any], UcsManager], engine.Resource[t.Any]]) -> None:
    """Bring a resource of UCS Manager into its desired state, log out, and end the module."""
    with UcsManager(module.params) as manager:
        engine.run(module, functools.partial(_resource, manager, build))


def _resource(manager: UcsManager, build: t.Callable[[dict[str, t.Any], UcsManager], engine.Resource[t.Any]],
              params: dict[str, t.Any]) -> engine.Resource[t.Any]:
    manager.check()
    return build(params, manager)


def report(module: AnsibleModule, examine: t.Callable[[dict[str, t.Any], UcsManager], dict[str, t.Any]]) -> None:
    """End a module that only reads, with what ``examine`` finds."""
    def examined(params: dict[str, t.Any], _host: Host) -> dict[str, t.Any]:
        manager.check()
        return examine(params, manager)

    with UcsManager(module.params) as manager:
        engine.report(module, examined)
