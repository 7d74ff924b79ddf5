# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-visible text is plain English: documentation, messages, argument specs, tasks and Markdown have no PATTERNS."""

from __future__ import annotations

import ast
import re
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.nfv.kvm.tests.unit.texts import patterns

REPOSITORY = Path(__file__).parents[3]


def tracked(*folders: str) -> list[Path]:
    command = ["git", "ls-files", "-z", *folders]
    names = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [REPOSITORY / name for name in names.stdout.split("\0") if name]


def strings(path: Path) -> t.Iterator[tuple[int, str]]:
    """The string literals of a Python file except docstrings, with their lines; a placeholder of an f-string is …"""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(map(id, node.values))
            parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield node.lineno, "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def scalars(value: object) -> t.Iterator[str]:
    """The texts of a YAML document, keys left out."""
    if isinstance(value, str):
        yield value
    for item in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()):
        yield from scalars(item)


def paragraphs(path: Path) -> list[str]:
    """The paragraphs and table rows of a Markdown file, without its code blocks."""
    text = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
    return re.split(r"\n\s*\n|\n(?=[|#-])", text)


def texts(path: Path) -> t.Iterable[tuple[object, str]]:
    if path.suffix == ".py":
        return strings(path)
    if path.suffix in (".yml", ".yaml"):
        documents = yaml.safe_load_all(path.read_text(encoding="utf-8"))
        return (("", text) for document in documents for text in scalars(document))
    return (("", text) for text in paragraphs(path))


def user_visible() -> list[Path]:
    python = [path for path in tracked("plugins") if path.suffix == ".py"]
    tasks = [path for path in tracked("roles", "playbooks", "plugins/filter") if path.suffix == ".yml"]
    return [*python, *tasks, *tracked("*.md", ":!CHANGELOG.md")]


@pytest.mark.parametrize("path", user_visible(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_text_is_plain(path: Path) -> None:
    assert not [f"line {line}: {finding} in: {' '.join(text.split())[:200]}" for line, text in texts(path)
                for finding in patterns.found(text)]


@pytest.mark.parametrize("pattern", patterns.PATTERNS, ids=lambda pattern: pattern.example)
def test_each_pattern_finds_its_example(pattern: patterns.Pattern) -> None:
    assert re.search(pattern.find, pattern.example, re.IGNORECASE)


@pytest.mark.parametrize("sentence", patterns.ORDINARY)
def test_ordinary_sentences_pass(sentence: str) -> None:
    assert not patterns.found(sentence)


def test_what_is_read(tmp_path: Path) -> None:
    """Each kind of file: messages and documentation are read, docstrings, comments, keys and code blocks are not."""
    (tmp_path / "a.py").write_text(
        '"""anew"""\n# anew\nDOC = """\nread anew"""\n\ndef f(x):\n    "anew"\n    return f"be it {x} or" " anew"\n')
    (tmp_path / "a.yml").write_text("# anew\n- anew: {name: bound anew}\n")
    (tmp_path / "a.md").write_text("One\nanew\n\n```\nanew\n```\n| once | more |\n| whole |\n")
    findings = {name: [finding for _where, text in texts(tmp_path / name) for finding in patterns.found(text)]
                for name in ("a.py", "a.yml", "a.md")}
    assert [len(findings[name]) for name in ("a.py", "a.yml", "a.md")] == [3, 1, 2]
