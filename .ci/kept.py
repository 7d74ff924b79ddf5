# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a test unless it has already passed on the same content: python .ci/kept.py WHAT COMMAND [ARGUMENT...]

WHAT is ``sanity`` or a scenario (a folder in extensions/molecule). Run this from the root of the repository.
A result is recorded only if git reports a clean tree. All clones on the same computer use it. FRESH=1 ignores it.
To print the files that WHAT depends on: python .ci/kept.py --list WHAT
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import typing as t
from collections import defaultdict
from datetime import datetime
from pathlib import Path, PurePosixPath
from posixpath import dirname, normpath

ALWAYS = ("appliance",)  # The demo: it runs each time, to prove that a clean clone works.
COLLECTION = "ansible_collections.nfv.kvm."
# What every scenario depends on, besides its own folder and the files directly in extensions/molecule.
SHARED = ("extensions/molecule/files", "extensions/molecule/tasks", "roles/lab", "plugins/filter/lab.py",
          "playbooks/lab_up.yml", "playbooks/lab_down.yml", "requirements.txt", "tests/requirements.txt", "ansible.cfg",
          "meta/runtime.yml", ".ci/scenario")
# The content of these files counts, but they do not run what they name.
NOT_FOLLOWED = re.compile(r"\.ci/|meta/runtime\.yml|roles/\w+/meta/argument_specs\.yml")
# These task files are followed only if another file names them: few scenarios use all entry points of a role.
TASKS = re.compile(r"(roles/\w+|extensions/molecule)/tasks/(?!main\.yml$)")
# What nfv.kvm.NAME can mean: a plugin, a playbook or a role. The names of filters are in the code of the plugins.
NAMED = re.compile(r"plugins/(?!module_utils)\w+/(\w+)\.py|playbooks/(\w+)\.yml|(roles/(\w+))/.*")
# A path such as tasks/host.yml; of tasks/{{ part }}.yml, what is before the template and what is after it.
PATH = re.compile(r"(?<![\w./-])([\w./-]*)(?:(?=\{\{.*?\}\}([\w.-]*)))?")


class Dependencies:
    """Collects in ``found`` the files that are added, and all files that these name in turn."""

    def __init__(self, files: list[str]) -> None:
        self.found: set[str] = set()
        self.queue: list[str] = []
        self.files: dict[str, list[str]] = defaultdict(list)  # by path: the file, or all files in the folder
        self.named: dict[str, set[str]] = defaultdict(set)  # the paths by NAME
        for file in files:
            for path in (file, *map(str, PurePosixPath(file).parents[:-1])):
                self.files[path].append(file)
            if match := NAMED.fullmatch(file):
                for name in (match[1] or match[2] or match[4], *filters(file)):
                    self.named[name].add(match[3] or file)

    def add(self, path: str) -> bool:
        """Add a file, or all files in a folder. Returns whether there is one."""
        for file in self.files.get(path, []):
            self.found.add(file)
            if file == path or not TASKS.match(file):
                self.queue.append(file)
        return path in self.files

    def follow(self) -> None:
        """Add what the added files name."""
        done = set()
        while self.queue:
            file = self.queue.pop()
            if file in done or NOT_FOLLOWED.match(file):
                continue
            done.add(file)
            if file.endswith(".py"):
                self.add_imports(file)
            else:
                text = re.sub(r"(?m)^\s*#.*", "", Path(file).read_text(encoding="utf-8", errors="replace"))
                self.add_names(text)
                self.add_paths(dirname(file), text)

    def add_names(self, text: str) -> None:
        """Add what each nfv.kvm.NAME means. If NAME is unknown or a template, it can be any plugin or role."""
        entry_points = re.findall(r"tasks_from:\s*[\"']?([\w-]+)", text)
        for name in set(re.findall(r"nfv\.kvm\.(\w*)|tasks_from:\s*[\"']?\{\{", text)):
            for path in self.named.get(name, ["plugins", "roles"]):
                self.add(path)
                for entry_point in entry_points:
                    self.add(f"{path}/tasks/{entry_point}.yml")

    def add_paths(self, folder: str, text: str) -> None:
        """Add the files and folders whose paths are in the text of a file in ``folder``."""
        for path, end in {match.groups() for match in PATH.finditer(text)}:
            path = path.lstrip("/")
            if end is not None and ("/" in path or end.endswith(".yml")):
                starts = tuple(place[:-1] for place in places(folder, f"{path}*")) if path else f"{folder}/"
                for file in list(self.files):
                    if file.startswith(starts):
                        self.add(file)
            elif ("/" in path.rstrip("/") and not path.endswith("..")) or path.endswith(".yml"):
                for place in places(folder, path.rstrip("/")):
                    self.add(place)

    def add_imports(self, file: str) -> None:
        """Add what a Python file imports, anywhere in it, and the fragments of its documentation."""
        code = Path(file).read_text(encoding="utf-8")
        for name in re.findall(r"(?m)^\s+- nfv\.kvm\.(\w+)", code):
            self.add(f"plugins/doc_fragments/{name}.py")
        for folder in PurePosixPath(file).parents:
            self.add(f"{folder}/__init__.py")
        for name in imports(file, code):
            if name.startswith(COLLECTION):
                path = name.removeprefix(COLLECTION).replace(".", "/")
                # A module, or something in a module. An import that cannot be followed can be of any plugin.
                if not any(self.add(f"{path}.py") or self.add(f"{path}/__init__.py") for path in (path, dirname(path))):
                    self.add("plugins")


def filters(plugin: str) -> t.Iterator[str]:
    """The names of the filters in a plugin: the keys that its method ``filters`` returns."""
    if plugin.startswith("plugins/filter/"):
        for method in ast.walk(ast.parse(Path(plugin).read_text(encoding="utf-8"))):
            if isinstance(method, ast.FunctionDef) and method.name == "filters":
                keys = [key for node in ast.walk(method) if isinstance(node, ast.Dict) for key in node.keys]
                yield from (key.value for key in keys if isinstance(key, ast.Constant))


def places(folder: str, path: str) -> list[str]:
    """Where a path in a file can lead: from its folder, from the folder above, from playbooks, or from the root."""
    parts = path.split("/")
    return [*(normpath(f"{base}/{path}") for base in (folder, folder.removesuffix("/tasks"), "playbooks")),
            *("/".join(parts[number:]) for number in range(len(parts) - 1))]


def imports(file: str, code: str) -> t.Iterator[str]:
    """The full names of what Python code can import."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = [COLLECTION[:-1], *PurePosixPath(file).parts[:-node.level]] if node.level else []
            yield from (".".join([*package, *filter(None, [node.module]), name.name]) for name in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value  # for importlib.import_module
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and len(node.args) > 1:
            yield f"{COLLECTION}?"  # any module of a package


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def clean() -> bool:
    return not git("status", "--porcelain", "--untracked-files=all")


def dependencies(what: str) -> list[str]:
    """The files that a test depends on."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    files = sorted({file for file in listed if Path(file).is_file() and not file.endswith(".md")})
    if what == "sanity":
        return files
    own = f"extensions/molecule/{what}"
    if not Path(own).is_dir():
        raise SystemExit(f"WHAT = {what}: there is no folder {own}. Give sanity or the name of a scenario.")
    all_of_it = Dependencies(files)
    for path in (own, *SHARED, *(file for file in files if dirname(file) == dirname(own))):
        all_of_it.add(path)
    all_of_it.follow()
    return sorted(all_of_it.found)


def key_of(what: str) -> str:
    """A hash of all that the result of a test depends on."""
    content = [[file, os.access(file, os.X_OK), hashlib.sha256(Path(file).read_bytes()).hexdigest()]
               for file in dependencies(what)]
    return hashlib.sha256(json.dumps([what, os.environ.get("LAB_SUITE") or "trixie", content]).encode()).hexdigest()


def run(command: list[str]) -> int:
    """Run a command and return its status, which is not 0 if a signal interrupts it."""
    def terminate(*_: object) -> None:
        child.terminate()
        raise KeyboardInterrupt

    with subprocess.Popen(command) as child:
        signal.signal(signal.SIGTERM, terminate)
        try:
            return child.wait()
        except KeyboardInterrupt:  # A terminal also sends it to the command.
            child.wait()
            return 130


def main(what: str, *command: str) -> int:
    if what == "--list":
        print(*dependencies(*command), sep="\n")
        return 0
    key = key_of(what)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    record = cache / "nfv.kvm" / "results" / f"{what}-{key[:16]}.json"
    if record.exists() and not os.environ.get("FRESH") and what not in ALWAYS:
        kept = json.loads(record.read_text(encoding="utf-8"))
        print(f"=== {what}: passed on {kept['passed'][:16].replace('T', ' ')} in {clock(kept['seconds'])}, "
              "nothing that it depends on has changed")
        return 0
    was_clean, start = clean(), time.monotonic()
    status = run(list(command))
    seconds = round(time.monotonic() - start)
    print(f"=== {what}: {'failed after' if status else 'passed in'} {clock(seconds)}", flush=True)
    if status == 0 and was_clean and clean() and key_of(what) == key:
        result = {"passed": datetime.now().astimezone().isoformat(timespec="seconds"), "seconds": seconds,
                  "commit": git("rev-parse", "HEAD").strip()}
        record.parent.mkdir(parents=True, exist_ok=True)
        temporary = record.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(result) + "\n", encoding="utf-8")
        os.replace(temporary, record)
    return status


def clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
