# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the options of modules into the argument specs of the roles that take them: python .ci/role_options.py

Below a line such as ``options: # of nfv.kvm.vm_interface interfaces`` in roles/*/meta/argument_specs.yml are the
suboptions of that option of the module. If no option is named, they are those that the module itself documents. Options
of doc fragments (the URI of libvirt, the account of UCS Manager) are left out: roles have variables for them.
``, without NAME`` leaves out one more.

The source is the documentation of the module. Descriptions have their first sentence only, because Ansible prints the
whole spec of a role when it refuses an argument.
Run this from the root of the repository when you have changed options of a module.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import typing as t
from pathlib import Path

import yaml

WIDTH = 120
MARKER = re.compile(r"( *)options: # of nfv\.kvm\.(\w+)(?: (\w+))?(?:, without (\w+))?")
FIELDS = ("type", "elements", "required", "default", "choices")
SENTENCE = re.compile(r"(?<=\.)\s+(?=[A-Z])")
# O(interfaces[].name) is an option of the module, and in a role it would be one of the role.
REFERENCE = re.compile(r"\b(?:O|RV)\((?:[\w.\[\]]*[.])?([^)]*)\)")

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
            lines += block(options_of(*marker.groups()[1:]), " " * (inside + 2))
    return "\n".join(lines) + "\n"


def options_of(module: str, option: str | None, without: str | None) -> Options:
    """What a module documents: its options, or the suboptions of one."""
    tree = ast.parse(Path(f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    (documentation,) = (node.value for node in tree.body if isinstance(node, ast.Assign)
                        and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "DOCUMENTATION")
    options: Options = yaml.safe_load(ast.literal_eval(documentation))["options"]
    if option:
        options = options[option]["suboptions"]
    if without:
        del options[without]
    return options


def block(options: Options, indent: str) -> t.Iterator[str]:
    """The lines of options, each in one line if it fits."""
    for name, spec in options.items():
        fields = [f"{field}: {scalar(spec[field])}" for field in FIELDS if field in spec]
        text = summary(spec["description"])
        line = f"{indent}{name}: {{{', '.join([*fields, f'description: {json.dumps(text, ensure_ascii=False)}'])}}}"
        if len(line) <= WIDTH and "suboptions" not in spec:
            yield line
            continue
        yield f"{indent}{name}:"
        inner = f"{indent}  "
        yield from described(text, inner)
        for field in fields:
            yield from wrapped(field, inner, " " * (field.find("[") + 1))
        if "suboptions" in spec:
            yield f"{inner}options:"
            yield from block(spec["suboptions"], f"{inner}  ")


def described(text: str, indent: str) -> t.Iterator[str]:
    """The lines of a description: one without quotes, if that can be."""
    line = f"{indent}description: {text}"
    if len(line) <= WIDTH and ": " not in text and " #" not in text:
        yield line
        return
    yield f"{indent}description: >-"
    yield from wrapped(text, f"{indent}  ")


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
