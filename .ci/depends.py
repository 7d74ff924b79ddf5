# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a test depends on: python .ci/depends.py WHAT

WHAT is ``sanity`` or a scenario (a folder in extensions/molecule). A scenario depends on its own files, on what all
scenarios share, and on what these name: modules and their imports, roles, filters, playbooks, paths. A name that cannot
be followed counts as all of plugins/ and roles/.
"""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath
from posixpath import dirname, normpath

# What every scenario depends on, besides its own folder and the files directly in extensions/molecule.
SHARED = ("extensions/molecule/files", "extensions/molecule/tasks", "roles/lab", "plugins/filter/lab.py",
          "playbooks/lab_up.yml", "playbooks/lab_down.yml", "requirements.txt", "tests/requirements.txt", "ansible.cfg",
          "meta/runtime.yml", ".ci/scenario")
# The content of these files counts, but they do not run what they name.
NOT_FOLLOWED = re.compile(r"\.ci/|meta/runtime\.yml|roles/\w+/meta/argument_specs\.yml")
# These task files are followed only if another file names them: few scenarios use all entry points of a role.
TASKS = re.compile(r"(roles/\w+|extensions/molecule)/tasks/(?!main\.yml$)")
# A path such as tasks/host.yml; of tasks/{{ part }}.yml, what is before the template and what is after it.
PATH = re.compile(r"(?<![\w./-])([\w./-]*)(?:(?=\{\{.*?\}\}([\w.-]*)))?")
COLLECTION = "ansible_collections.nfv.kvm."


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def dependencies(what: str) -> list[str]:
    """The files that a test depends on."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    files = sorted({file for file in listed if Path(file).is_file() and not file.endswith(".md")})
    if what == "sanity":
        return files
    own = f"extensions/molecule/{what}"
    if not Path(own).is_dir():
        raise SystemExit(f"WHAT = {what}: there is no folder {own}. Give sanity or the name of a scenario.")
    return sorted(Dependencies(files).of(own, *SHARED, *(file for file in files if dirname(file) == dirname(own))))


class Dependencies:
    """Collects in ``found`` the files that are added, and all files that these name in turn."""

    def __init__(self, files: list[str]) -> None:
        self.found: set[str] = set()
        self.queue: list[str] = []
        self.at: dict[str, list[str]] = defaultdict(list)  # by path: the file, or all files in the folder
        for file in files:
            for path in (file, *map(str, PurePosixPath(file).parents[:-1])):
                self.at[path].append(file)
        self.filters = {name: file for file in self.at["plugins/filter"] if file.endswith(".py")
                        for name in filters(Path(file).read_text(encoding="utf-8"))}

    def add(self, path: str) -> bool:
        """Add a file, or all files in a folder. Returns whether there is one."""
        for file in self.at.get(path, []):
            self.found.add(file)
            if file == path or not TASKS.match(file):
                self.queue.append(file)
        return path in self.at

    def of(self, *paths: str) -> set[str]:
        """The files that these paths depend on."""
        for path in paths:
            self.add(path)
        done = set()
        while self.queue:
            file = self.queue.pop()
            if file in done or NOT_FOLLOWED.match(file):
                continue
            done.add(file)
            text = Path(file).read_text(encoding="utf-8", errors="replace")
            if file.endswith(".py"):
                self.add_imports(file, text)
            else:
                text = re.sub(r"(?m)^\s*#.*", "", text)
                self.add_names(text)
                self.add_paths(dirname(file), text)
        return self.found

    def add_names(self, text: str) -> None:
        """Add the module, filter, playbook or role of each nfv.kvm.NAME. If there is none, NAME can be any of them."""
        entry_points = re.findall(r"tasks_from:\s*[\"']?([\w-]+)", text)
        for name in set(re.findall(r"nfv\.kvm\.(\w*)|tasks_from:\s*[\"']?\{\{", text)):
            added = [self.add(path) for path in (f"plugins/modules/{name}.py", self.filters.get(name, ""),
                                                 f"playbooks/{name}.yml", f"roles/{name}")]
            if not any(added):
                self.add("plugins")
                self.add("roles")
            for entry_point in entry_points:
                self.add(f"roles/{name}/tasks/{entry_point}.yml")

    def add_paths(self, folder: str, text: str) -> None:
        """Add the files and folders whose paths are in the text of a file in ``folder``."""
        for path, end in {match.groups() for match in PATH.finditer(text)}:
            path = path.lstrip("/")
            if end is not None and ("/" in path or end.endswith(".yml")):  # a template: all files that start so
                starts = tuple(place[:-1] for place in places(folder, f"{path}*")) if path else f"{folder}/"
                for file in list(self.at):
                    if file.startswith(starts):
                        self.add(file)
            elif ("/" in path.rstrip("/") and not path.endswith("..")) or path.endswith(".yml"):
                for place in places(folder, path.rstrip("/")):
                    self.add(place)

    def add_imports(self, file: str, code: str) -> None:
        """Add what a Python file imports, anywhere in it, and the fragments of its documentation."""
        for name in re.findall(r"(?m)^\s+- nfv\.kvm\.(\w+)", code):
            self.add(f"plugins/doc_fragments/{name}.py")
        for folder in PurePosixPath(file).parents:
            self.add(f"{folder}/__init__.py")
        for name in imports(file, code):
            if name.startswith(COLLECTION):
                path = name.removeprefix(COLLECTION).replace(".", "/")
                modules = (path, re.sub(r"/[\w*]+$", "", path))  # the last part can be a name in a module
                if not any(self.add(f"{module}.py") or self.add(f"{module}/__init__.py") for module in modules):
                    self.add("plugins")  # an import that cannot be followed


def places(folder: str, path: str) -> list[str]:
    """Where a path in a file can lead: from its folder, from the folder above tasks, from playbooks, from the root."""
    parts = path.split("/")
    return [*(normpath(f"{base}/{path}") for base in (folder, folder.removesuffix("/tasks"), "playbooks")),
            *("/".join(parts[number:]) for number in range(len(parts) - 1))]


@functools.cache
def filters(code: str) -> list[str]:
    """The names of the filters in a plugin: the keys of what its method ``filters`` returns."""
    return [key.value for method in ast.walk(ast.parse(code))
            if isinstance(method, ast.FunctionDef) and method.name == "filters"
            for node in ast.walk(method) if isinstance(node, ast.Dict)
            for key in node.keys if isinstance(key, ast.Constant)]


@functools.cache
def imports(file: str, code: str) -> list[str]:
    """The full names of what Python code can import."""
    found: list[str] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = [COLLECTION[:-1], *PurePosixPath(file).parts[:-node.level]] if node.level else []
            found += [".".join([*package, *filter(None, [node.module]), name.name]) for name in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)  # for importlib.import_module
        elif isinstance(node, ast.Call) and len(node.args) > 1 and ast.unparse(node.func).endswith("import_module"):
            found.append(f"{COLLECTION}?")  # any module of a package
    return found


if __name__ == "__main__":
    print(*dependencies(sys.argv[1]), sep="\n")
