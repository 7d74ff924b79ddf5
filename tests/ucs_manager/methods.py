# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods of the XML API: from a request's XML to an answer's XML.

Known: an answer has the name of its method, the cookie and response="yes"; an error is in its attributes, with HTTP's
status 200; what cannot be parsed is answered by an element error. A DN that does not exist is an empty answer, not an
error. Objects within others (inHierarchical) have their relative names only.
"""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable

from lxml import etree

from .derived import derive
from .errors import AUTHENTICATION, PARSE, UcsmError
from .failures import Failures
from .filters import select
from .metadata import inputs_of, kind_of
from .rules import Change
from .sessions import Session, Sessions
from .tree import Mo, Tree, split

PARSER = {"resolve_entities": False, "no_network": True, "remove_comments": True, "remove_pis": True,
          "remove_blank_text": True}


class Api:
    """What one UCS Manager has, and its methods."""

    def __init__(self, tree: Tree, sessions: Sessions, failures: Failures, users: dict[str, tuple[str, str]],
                 version: str):
        self.tree, self.sessions, self.failures, self.users, self.version = tree, sessions, failures, users, version
        self.requests: list[str] = []
        self.session: Session | None = None
        self.methods: dict[str, Callable[[t.Any, t.Any], None]] = {
            "aaaLogin": self.login, "aaaRefresh": self.refresh, "aaaKeepAlive": lambda request, answer: None,
            "aaaLogout": self.logout, "configConfMo": self.configure, "configConfMos": self.configure_all,
            "configFindDnsByClassId": self.find, "configResolveChildren": self.children,
            "configResolveClass": self.resolve_class, "configResolveClasses": self.classes,
            "configResolveDn": self.resolve_dn, "configResolveDns": self.resolve_dns,
            "configResolveParent": self.resolve_parent, "configScope": self.scope}

    def handle(self, body: bytes) -> bytes:
        """Answer one request."""
        answer = etree.Element("error", cookie="", response="yes")
        try:
            request = _parse(body)
            self.requests.append(request.tag)
            if request.tag not in self.methods:
                raise UcsmError(PARSE, detail=f"this server of tests does not implement {request.tag}")
            answer = etree.Element(request.tag, cookie=request.get("cookie", ""), response="yes")
            if not request.tag.startswith("aaa") or request.tag == "aaaKeepAlive":
                self.failures.count(self.sessions)
                self.session = self.sessions.check(request.get("cookie", ""))
            self.methods[request.tag](request, answer)
        except UcsmError as error:
            tag = "error" if error.fault is PARSE else answer.tag
            answer = etree.Element(tag, {**dict(answer.items()), **error.attributes()})
        return t.cast(bytes, etree.tostring(answer))

    def login(self, request: t.Any, answer: t.Any) -> None:
        self._authenticate(request)
        self._welcome(self.sessions.login(request.get("inName")), answer)

    def refresh(self, request: t.Any, answer: t.Any) -> None:
        self._authenticate(request)
        self._welcome(self.sessions.refresh(request.get("inCookie", "")), answer)

    def logout(self, request: t.Any, answer: t.Any) -> None:
        self.sessions.logout(request.get("inCookie", ""))
        answer.set("outStatus", "success")

    def configure(self, request: t.Any, answer: t.Any) -> None:
        configs = list(_input(request, "inConfig"))
        if len(configs) != 1 or configs[0].get("dn", request.get("dn")) != request.get("dn"):
            raise UcsmError(PARSE, detail="inConfig needs one element, with the dn of the request")
        configs[0].set("dn", request.get("dn", ""))
        answer.set("dn", request.get("dn", ""))
        self._commit(request, [(configs[0], etree.SubElement(answer, "outConfig"))])

    def configure_all(self, request: t.Any, answer: t.Any) -> None:
        out = etree.SubElement(answer, "outConfigs")
        pairs = []
        for pair in _input(request, "inConfigs"):
            _known(pair, {"key"}, "pair")
            if len(pair) != 1 or pair[0].get("dn") != pair.get("key"):
                raise UcsmError(PARSE, detail="a pair needs one element, with the key as its dn")
            pairs.append((pair[0], etree.SubElement(out, "pair", key=pair.get("key"))))
        self._commit(request, pairs)

    def find(self, request: t.Any, answer: t.Any) -> None:
        kind = kind_of(request.get("classId", "")).name
        dns = etree.SubElement(answer, "outDns")
        for mo in select(self.tree.of_kind(kind), request.find("inFilter")):
            etree.SubElement(dns, "dn", value=mo.dn)

    def children(self, request: t.Any, answer: t.Any) -> None:
        kind = request.get("classId", "")
        objects = self.tree.children(request.get("inDn", ""))
        self._out(request, answer, [mo for mo in objects if not kind or mo.kind == kind_of(kind).name])

    def resolve_class(self, request: t.Any, answer: t.Any) -> None:
        self._out(request, answer, self.tree.of_kind(kind_of(request.get("classId", "")).name))

    def classes(self, request: t.Any, answer: t.Any) -> None:
        kinds = [kind_of(item.get("value", "")).name for item in _input(request, "inIds")]
        self._out(request, answer, [mo for kind in kinds for mo in self.tree.of_kind(kind)])

    def resolve_dn(self, request: t.Any, answer: t.Any) -> None:
        answer.set("dn", request.get("dn", ""))
        self._out(request, answer, filter(None, [self.tree.get(request.get("dn", ""))]), "outConfig")

    def resolve_parent(self, request: t.Any, answer: t.Any) -> None:
        answer.set("dn", request.get("dn", ""))
        self._out(request, answer, filter(None, [self.tree.get(split(request.get("dn", ""))[0])]), "outConfig")

    def resolve_dns(self, request: t.Any, answer: t.Any) -> None:
        dns = [item.get("value", "") for item in _input(request, "inDns")]
        self._out(request, answer, filter(None, map(self.tree.get, dns)))
        missing = etree.SubElement(answer, "outUnresolved")
        for dn in dns:
            if not self.tree.get(dn):
                etree.SubElement(missing, "dn", value=dn)

    def scope(self, request: t.Any, answer: t.Any) -> None:
        kind, dn = kind_of(request.get("inClass", "")).name, request.get("dn", "")
        objects = self.tree.below(dn) if _true(request.get("inRecursive")) else self.tree.children(dn)
        self._out(request, answer, [mo for mo in objects if mo.kind == kind])

    def _authenticate(self, request: t.Any) -> None:
        name = request.get("inName", "")
        if name not in self.users or self.users[name][0] != request.get("inPassword", ""):
            raise UcsmError(AUTHENTICATION)

    def _welcome(self, session: Session, answer: t.Any) -> None:
        version = self.version if self.failures.version is None else self.failures.version
        for name, value in {
                "outCookie": session.cookie, "outRefreshPeriod": str(self.sessions.refresh_period),
                "outPriv": self.users[session.name][1], "outDomains": "org-root", "outChannel": "noencssl",
                "outEvtChannel": "noencssl", "outSessionId": f"web_{session.number}_A", "outVersion": version,
                "outName": session.name}.items():
            answer.set(name, value)

    def _commit(self, request: t.Any, pairs: Iterable[tuple[t.Any, t.Any]]) -> None:
        assert self.session
        change = Change(self.tree, self.users[self.session.name][1].split(","))
        self.failures.before_commit()
        done = [(change.apply(element), out) for element, out in pairs]
        change.finish()
        for (mo, status), out in done:
            _write(change.copy, change.copy.get(mo.dn) or mo, out, _true(request.get("inHierarchical")), status=status)
        self.failures.after_commit(self.tree)
        derive(self.tree)

    def _out(self, request: t.Any, answer: t.Any, objects: Iterable[Mo], name: str = "outConfigs") -> None:
        out = etree.SubElement(answer, name)
        for mo in select(objects, request.find("inFilter")):
            _write(self.tree, mo, out, _true(request.get("inHierarchical")))


def _parse(body: bytes) -> t.Any:
    try:
        request = etree.fromstring(body, etree.XMLParser(**PARSER))
    except etree.XMLSyntaxError as problem:
        raise UcsmError(PARSE, detail=problem.msg or "no element") from problem
    if request.getroottree().docinfo.doctype:
        raise UcsmError(PARSE, detail="a document type is not allowed")
    attributes, elements = inputs_of(request.tag)
    _known(request, attributes, request.tag)
    for child in request:
        if child.tag not in elements:
            raise UcsmError(PARSE, detail=f"unknown element '{child.tag}' in element '{request.tag}'")
    return request


def _known(element: t.Any, attributes: Iterable[str], name: str) -> None:
    for unknown in set(element.keys()) - set(attributes):
        raise UcsmError(PARSE, detail=f"unknown attribute '{unknown}' in element '{name}'")


def _input(request: t.Any, name: str) -> t.Any:
    element = request.find(name)
    if element is None:
        raise UcsmError(PARSE, detail=f"Required element '{name}' missing in element '{request.tag}'")
    return element


def _write(tree: Tree, mo: Mo, out: t.Any, below: bool, inner: bool = False, **more: str) -> None:
    name = {"rn": mo.rn} if inner else {"dn": mo.dn}
    element = etree.SubElement(out, mo.kind, {**mo.values, **name, **more})
    if below:
        for child in tree.children(mo.dn):
            _write(tree, child, element, below, inner=True)


def _true(value: str | None) -> bool:
    return value in ("true", "yes")
