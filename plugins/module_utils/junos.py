# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos configuration text as a tree of its words, to be looked at, not to be checked: any text is taken.

Curly braces and set commands lead to the same tree: ``unit 0 { family inet; }`` below ``interfaces { ge-0/0/0 {`` and
``set interfaces ge-0/0/0 unit 0 family inet`` are both a path of six words (Juniper, Junos OS CLI User Guide).
"""

from __future__ import annotations

import re
import typing as t

Tree = dict[str, "Tree"]
"""What may follow at a place, by its next word."""
Statements = t.Mapping[str, "Statements | None"]
"""What stands at a place, by all its words; None for a statement that ends there."""
Path = tuple[str, ...]

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?(?:\*/|\Z)|\#[^\n]*)
      | "(?P<string>(?:\\.|[^"\\])*)"?
      | (?P<mark>[{};\[\]\n])
      # a bracket within a word is a range, as in ge-0/0/[0-3]; ${node} is the node of a cluster
      | (?P<word>(?:\$\{\w+\}|[^\s{};"\[\]])(?:\$\{\w+\}|[^\s{};"\[\]]|\[[^\s{};"\[\]]*\])*)""",
    re.VERBOSE | re.DOTALL,
)
# Commands of configuration mode, each on a line of its own.
COMMANDS = ("set", "delete", "activate", "deactivate", "annotate", "copy", "insert", "protect", "rename", "unprotect")
# What stands before statements that do not count, and before statements that do.
NOT_COUNTED = ("inactive:", "delete:")
COUNTED = ("active:", "protect:", "replace:")


class Reader:
    """Takes one token after the other.

    ``levels``: the trees of the braces that are open, from the root. ``words``: those of the statement so far.
    """

    def __init__(self) -> None:
        self.root: Tree = {}
        self.levels = [self.root]
        self.words: list[str] = []
        self.inactive: list[list[str]] = []
        self.within_list = False

    def is_command(self) -> bool:
        """Whether the statement so far is a command."""
        return len(self.levels) == 1 and bool(self.words) and self.words[0] in COMMANDS

    def take_mark(self, mark: str) -> None:
        """A brace, a bracket, a semicolon or the end of a line."""
        command = self.is_command()
        if mark == ";" or (mark == "\n" and command):
            self.end()
        elif mark in "[]":
            self.within_list = mark == "["
        elif mark == "{" and not command:
            self.levels.append(self.place())
            self.words = []
        elif mark == "}" and not command:
            self.end()
            if len(self.levels) > 1:
                self.levels.pop()

    def take_word(self, word: str) -> None:
        """The next word of the statement; one of a list is its last word, for this one of the list."""
        if not self.within_list:
            self.words.append(word)
        elif not self.is_command():
            grow(self.place(), [word])
        elif self.words[0] == "set":
            grow(self.root, [*self.words[1:], word])

    def place(self) -> Tree:
        """The tree at the end of the statement so far; one that goes nowhere where the statement does not count."""
        words = list(self.words)
        while words and words[0] in COUNTED:
            del words[0]
        return {} if words and words[0] in NOT_COUNTED else grow(self.levels[-1], words)

    def end(self) -> None:
        """The end of the statement."""
        words, self.words, self.within_list = self.words, [], False
        if len(self.levels) > 1 or not words or words[0] not in COMMANDS:
            self.words = words
            self.place()
            self.words = []
        elif words[0] == "set":
            grow(self.root, words[1:])
        elif words[0] == "delete":
            prune(self.root, words[1:])
        elif words[0] == "deactivate":
            self.inactive.append(words[1:])
        elif words[0] == "activate":
            self.inactive = [path for path in self.inactive if path != words[1:]]


def parse(text: str) -> Tree:
    """The tree of a configuration, without what is inactive. Braces and ends that are missing are made up."""
    reader = Reader()
    for token in TOKEN.finditer(text):
        if token["mark"]:
            reader.take_mark(token["mark"])
        elif token["comment"] is None:
            string = token["string"]
            reader.take_word(token["word"] if string is None else re.sub(r"\\(.)", r"\1", string, flags=re.DOTALL))
    reader.end()
    for path in reader.inactive:
        prune(reader.root, path)
    return reader.root


def is_commands(text: str) -> bool:
    """Whether a configuration is written as commands, not with curly braces."""
    words = (token["word"] for token in TOKEN.finditer(text) if token["comment"] is None and token["mark"] != "\n")
    return next(words, None) in COMMANDS


def grow(tree: Tree, words: t.Iterable[str]) -> Tree:
    """The tree at the end of these words, which are added where they are missing."""
    for word in words:
        tree = tree.setdefault(word, {})
    return tree


def prune(tree: Tree, path: t.Sequence[str]) -> None:
    """Remove a path with all below it, if it is there."""
    for word in path[:-1]:
        tree = tree.get(word, {})
    if path:
        tree.pop(path[-1], None)


def applied(tree: Tree) -> Tree:
    """A tree with what its configuration groups and its logical systems add, as if it stood there itself.

    Names of interfaces that a group gives as a pattern, such as ``<ge-*>``, stay so.
    """
    whole: Tree = {}
    groups = {path[-1] for path in find(tree, "**", "apply-groups", "*")}
    if any("${node}" in group for group in groups):
        groups |= {"node0", "node1"}
    parts = [tree, *(body for name, body in tree.get("groups", {}).items() if name in groups)]
    for container in ("logical-systems", "tenants"):
        parts += tree.get(container, {}).values()
    for part in parts:
        stack = [(whole, part)]
        while stack:
            mine, theirs = stack.pop()
            stack += [(mine.setdefault(word, {}), body) for word, body in theirs.items()]
    for container in ("groups", "logical-systems", "tenants"):
        whole.pop(container, None)
    return whole


def find(tree: Tree, *pattern: str) -> t.Iterator[Path]:
    """The paths that begin as the pattern says, in their order: ``*`` is any word, ``**`` any number of words."""
    stack: list[tuple[Tree, Path, int]] = [(tree, (), 0)]
    while stack:
        body, path, place = stack.pop()
        if place == len(pattern):
            yield path
            continue
        wanted, further = pattern[place], place if pattern[place] == "**" else place + 1
        below = [(next_body, (*path, word), further) for word, next_body in body.items() if wanted in ("*", "**", word)]
        stack += reversed(below)
        if wanted == "**":
            stack.append((body, path, place + 1))


def number(word: str) -> int:
    """The number that a word is, 0 for any other word."""
    return int(word) if re.fullmatch("[0-9]{1,9}", word) else 0


def render(statements: Statements, indent: str = "") -> str:
    """Curly-brace text of statements, each by its words, with the statements below it; one with none ends there."""
    lines = []
    for words, below in statements.items():
        if below:
            lines += [f"{indent}{words} {{", render(below, indent + "    ").rstrip("\n"), f"{indent}}}"]
        else:
            lines.append(f"{indent}{words};")
    return "".join(f"{line}\n" for line in lines)
