# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the options of modules into the argument specs of the roles that take them: python .ci/role_options.py

Below a line such as ``options: # of nfv.kvm.vm_appliance pfs`` in roles/*/meta/argument_specs.yml are the suboptions of
that option of the module. If no option is named, they are the options of the module, without the URI of libvirt and the
account of UCS Manager, for which roles have variables. With ``, none required``, any part of them can be given.

The source is the documentation of the module. Descriptions have their first sentence only, because Ansible prints the
whole spec of a role when it refuses an argument.
Run this from the root of the repository when you have changed options of a module.
"""

from __future__ import annotations

import ast
import json
import re
import runpy
import textwrap
import typing as t
from pathlib import Path

import yaml

WIDTH = 120
MARKER = re.compile(r"( *)options:(?: &\w+)? # of nfv\.kvm\.(\w+)(?: (\w+))?(, none required)?")
OF_ROLES = ("libvirt", "ucs")  # the doc fragments whose options are variables of roles
FIELDS = ("type", "elements", "required", "default", "choices")
SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")
# O(interfaces[].name) is an option of the module, and in a role it would be one of the role.
REFERENCE = re.compile(r"\b(?:O|RV)\((?!nfv\.)(?:[\w.\[\]]*[.])?([^)]*)\)")

Options = dict[str, dict[str, t.Any]]


def main() -> None:
    for path in sorted(Path("roles").glob("*/meta/argument_specs.yml")):
        path.write_text(rendered(path.read_text(encoding="utf-8")), encoding="utf-8")


def rendered(text: str) -> str:
    """An argument spec with the options that its markers ask for; other lines stay."""
    lines: list[str] = []
    inside: int | None = None
    for line in text.splitlines():
        if inside is not None and len(line) - len(line.lstrip()) > inside:
            continue
        inside = None
        lines.append(line)
        if marker := MARKER.fullmatch(line):
            inside = len(marker[1])
            fields = [field for field in FIELDS if not (marker[4] and field == "required")]
            lines += block(options_of(marker[2], marker[3]), " " * (inside + 2), fields)
    return "\n".join(lines) + "\n"


def options_of(module: str, option: str | None) -> Options:
    """What a module and its doc fragments document: its options, or the suboptions of one."""
    tree = ast.parse(Path(f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    (text,) = (node.value for node in tree.body if isinstance(node, ast.Assign)
               and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DOCUMENTATION")
    documents = [yaml.safe_load(ast.literal_eval(text))]
    for fragment in documents[0]["extends_documentation_fragment"]:
        name, part = [*fragment.split(".")[2:], "documentation"][:2]
        if name not in OF_ROLES:
            found = runpy.run_path(f"plugins/doc_fragments/{name}.py")["ModuleDocFragment"]
            documents.append(yaml.safe_load(getattr(found, part.upper())))
    options: Options = {name: spec for document in documents for name, spec in document.get("options", {}).items()}
    return options[option]["suboptions"] if option else options


def block(options: Options, indent: str, wanted: t.Sequence[str] = FIELDS) -> t.Iterator[str]:
    """The lines of options with the wanted fields, each in one line if it fits."""
    for name, spec in options.items():
        fields = [f"{field}: {scalar(spec[field])}" for field in wanted if field in spec]
        text = summary(spec["description"])
        line = f"{indent}{name}: {{{', '.join([*fields, f'description: {json.dumps(text, ensure_ascii=False)}'])}}}"
        if len(line) <= WIDTH and "suboptions" not in spec:
            yield line
            continue
        inner = f"{indent}  "
        plain = f"{inner}description: {text}"
        fits = len(plain) <= WIDTH and ": " not in text and " #" not in text
        yield f"{indent}{name}:"
        yield from [plain] if fits else [f"{inner}description: >-", *wrapped(text, f"{inner}  ")]
        for field in fields:
            yield from wrapped(field, inner, " " * (field.find("[") + 1))
        if "suboptions" in spec:
            yield f"{inner}options:"
            yield from block(spec["suboptions"], f"{inner}  ", wanted)


def wrapped(text: str, indent: str, further: str = "") -> list[str]:
    """Lines of a text; ``further`` comes before all but the first one."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + further,
                         break_long_words=False, break_on_hyphens=False)


def summary(description: str | list[str]) -> str:
    """The first sentence of a description."""
    text = " ".join((description if isinstance(description, str) else description[0]).split())
    return REFERENCE.sub(r"C(\1)", SENTENCE.split(text)[0])


def scalar(value: t.Any) -> str:
    """A value as YAML within a line."""
    if isinstance(value, list):
        return f"[{', '.join(map(scalar, value))}]"
    text = str(value)
    return text if isinstance(value, str) and yaml.safe_load(f"[{text}]") == [text] else json.dumps(value)


if __name__ == "__main__":
    main()
