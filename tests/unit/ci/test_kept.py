# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of tests that are kept, and the files that they depend on."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / ".ci" / "kept.py"
SPEC = importlib.util.spec_from_file_location("kept", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
kept = importlib.util.module_from_spec(SPEC)
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(SCRIPT.parent)
    SPEC.loader.exec_module(kept)

CONVERGE = "extensions/molecule/one/converge.yml"
TREE = {
    ".gitignore": "/build/\n",
    "README.md": "",
    "ansible.cfg": "",
    "extensions/molecule/config.yml": "",
    "extensions/molecule/tasks/module.yml": "- nfv.kvm.other:\n",
    "extensions/molecule/appliance/converge.yml": "",
    CONVERGE: "- nfv.kvm.module:\n",
    "extensions/molecule/two/converge.yml": "",
    "roles/lab/tasks/main.yml": "",
    "roles/role/README.md": "",
    "roles/role/meta/argument_specs.yml": "- M(nfv.kvm.other)\n",
    "roles/role/tasks/main.yml": "- nfv.kvm.module:\n",
    "roles/role/tasks/entry.yml": "- nfv.kvm.other:\n",
    "playbooks/play.yml": "- nfv.kvm.module:\n- src: templates/play.{{ kind }}.j2\n",
    "playbooks/templates/play.txt.j2": "",
    "plugins/modules/module.py": "",
    "plugins/modules/other.py": "",
    "plugins/filter/plugin.py": "class FilterModule:\n    def filters(self):\n        return {'name': str}\n",
    "plugins/doc_fragments/fragment.py": "",
    "plugins/module_utils/engine.py": "",
    "plugins/module_utils/errors.py": "",
    "plugins/module_utils/package/__init__.py": "NAME = 1\n",
    "plugins/module_utils/package/part.py": "from ..errors import Error\n",
    "plugins/module_utils/unused.py": "",
    "tests/unit/script.py": "",
}


def write(tree: dict[str, str]) -> None:
    for name, text in tree.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def commit(tree: dict[str, str]) -> None:
    write(tree)
    kept.git("add", "--all")
    kept.git("commit", "--quiet", "--message", "A change")


@pytest.fixture(autouse=True)
def handlers() -> t.Iterator[None]:
    """The handlers of pytest are there again after a run."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the results and for ``tree``, a repository without a commit, which is the current folder."""
    for name in [name for name in os.environ if name.startswith("GIT_")] + ["FRESH", "LAB_SUITE"]:
        monkeypatch.delenv(name, raising=False)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    kept.git("init", "--quiet", "--template=")
    write(TREE)
    return tmp_path


@pytest.fixture
def committed(folder: Path) -> Path:
    commit({})
    return folder


def ran(what: str = "one", command: str = "true", status: int = 0) -> bool:
    """Whether the command was run. ``status`` is what the run is expected to return."""
    marker = Path("../ran")
    marker.unlink(missing_ok=True)
    assert kept.main(what, "sh", "-c", f"touch ../ran; {command}") == status
    return marker.exists()


def records(folder: Path) -> list[Path]:
    return [path for path in folder.glob("cache/**/*") if path.is_file()]


def test_what_has_passed_is_not_run_again(committed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(command="echo said")
    assert re.fullmatch(r"said\n=== one: passed in \d:\d\d\n", capfd.readouterr().out)
    assert not ran()
    assert re.fullmatch(r"=== one: passed on \d{4}-\d\d-\d\d \d\d:\d\d in \d:\d\d, "
                        r"nothing that it depends on has changed\n", capfd.readouterr().out)
    assert [path.name[:4] for path in records(committed)] == ["one-"]


def test_another_clone_finds_the_result(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran()
    kept.git("clone", "--quiet", ".", "../clone")
    monkeypatch.chdir(committed / "clone")
    assert not ran()


def test_a_change_counts_if_the_scenario_depends_on_the_file(committed: Path) -> None:
    assert ran()
    commit({"plugins/modules/other.py": "# changed\n", "README.md": "Changed\n"})
    assert not ran()
    commit({"plugins/modules/module.py": "# changed\n"})
    assert ran()
    Path("plugins/modules/module.py").chmod(0o755)
    commit({})
    assert ran()


def test_sanity_depends_on_all_files_but_markdown(committed: Path) -> None:
    assert ran("sanity")
    commit({"README.md": "Changed\n"})
    assert not ran("sanity")
    commit({"plugins/modules/other.py": "# changed\n"})
    assert ran("sanity")


def test_runs_that_are_asked_for(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran()
    monkeypatch.setenv("FRESH", "1")
    assert ran()
    monkeypatch.setenv("FRESH", "")
    assert not ran()


def test_the_demo_always_runs(committed: Path) -> None:
    assert ran("appliance")
    assert ran("appliance")


def test_each_suite_has_its_own_result(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran()
    monkeypatch.setenv("LAB_SUITE", "bookworm")
    assert ran()
    monkeypatch.setenv("LAB_SUITE", "trixie")
    assert not ran()


def test_a_failure_is_not_kept(committed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(command="exit 3", status=3)
    assert re.fullmatch(r"=== one: failed after \d:\d\d\n", capfd.readouterr().out)
    assert ran(command="kill -KILL $$", status=-signal.SIGKILL)
    assert records(committed) == []
    assert ran()


@pytest.mark.parametrize("command", [
    "echo >> README.md",
    "touch new",
    f"echo >> {CONVERGE}; git commit --quiet --all --message During",
])
def test_a_change_during_the_run(committed: Path, command: str) -> None:
    ran(command=command)
    assert records(committed) == []


def test_a_tree_that_is_not_clean(committed: Path) -> None:
    write({"new": ""})
    assert ran(command="rm new")
    assert records(committed) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_not_kept(committed: Path, number: signal.Signals) -> None:
    """Whatever the command returns. A terminal sends SIGINT to the whole group, SIGTERM reaches the script only."""
    command = 'trap "exit 0" INT TERM; touch ../started; while :; do sleep 0.01; done'
    with subprocess.Popen([sys.executable, SCRIPT, "one", "sh", "-c", command], start_new_session=True,
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            while not Path("../started").exists():
                time.sleep(0.01)
            (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
            assert "=== one: failed after " in process.communicate(timeout=10)[0]
            assert process.returncode == 128 + number
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert records(committed) == []


def test_a_scenario_that_does_not_exist(folder: Path) -> None:
    with pytest.raises(SystemExit, match="there is no folder extensions/molecule/none"):
        kept.main("none", "true")


ALL = ["plugins/module_utils/unused.py", "roles/role/tasks/main.yml"]
ROLE = ["plugins/modules/module.py", "roles/role/meta/argument_specs.yml", "roles/role/tasks/entry.yml",
        "roles/role/tasks/main.yml"]
UTILS = "ansible_collections.nfv.kvm.plugins.module_utils"
PART = ["plugins/module_utils/package/__init__.py", "plugins/module_utils/package/part.py",
        "plugins/module_utils/errors.py"]


@pytest.mark.parametrize(("text", "files"), [
    ("- nfv.kvm.other:", ["plugins/modules/other.py"]),
    ("- nfv.kvm.role", ROLE),
    ("- include_role: {name: nfv.kvm.role, tasks_from: entry}", [*ROLE, "plugins/modules/other.py"]),
    ("- '{{ 1 | nfv.kvm.name }}'", ["plugins/filter/plugin.py"]),
    ("- playbook: play.yml", ["playbooks/play.yml", "playbooks/templates/play.txt.j2", "plugins/modules/module.py"]),
    ("- src: '{{ playbook_dir }}/../../../tests/unit/script.py'", ["tests/unit/script.py"]),
    ("- tar $root/plugins/module_utils/package/", PART),
    ("- include_tasks: ../tasks/module.yml", ["plugins/modules/other.py"]),
    ("- import_playbook: ../two/{{ part }}.yml", ["extensions/molecule/two/converge.yml"]),
    ("# nfv.kvm.other, tests/unit/script.py and play.yml", []),
    ("- of nfv.kvm and /etc/unit/script.py", []),
])
def test_what_a_playbook_names(folder: Path, text: str, files: list[str]) -> None:
    write({CONVERGE: ""})
    before = set(kept.dependencies("one"))
    write({CONVERGE: f"{text}\n"})
    assert sorted(set(kept.dependencies("one")) - before) == sorted(files)


def test_paths_from_the_folder_of_the_playbook(folder: Path) -> None:
    write({"extensions/molecule/one/tasks/part.yml": "- include_tasks: ../tasks/module.yml\n"})
    assert "plugins/modules/other.py" in kept.dependencies("one")


@pytest.mark.parametrize("text", ["nfv.kvm.unknown", "nfv.kvm.{{ name }}", "tasks_from: '{{ entry }}'"])
def test_a_name_that_cannot_be_followed(folder: Path, text: str) -> None:
    write({CONVERGE: f"- {text}\n"})
    assert set(ALL) <= set(kept.dependencies("one"))
    assert "tests/unit/script.py" not in kept.dependencies("one")


@pytest.mark.parametrize(("code", "files"), [
    ("from ..module_utils import engine", ["plugins/module_utils/engine.py"]),
    ("from ..module_utils.package import part", PART),
    (f"from {UTILS}.package.part import Part", PART),
    (f"def main():\n    import {UTILS}.package.part as part", PART),
    (f"from {UTILS}.package import NAME", PART[:1]),
    (f"importlib.import_module('{UTILS}.package.part')", PART),
    ("D = '''\nextends_documentation_fragment:\n  - nfv.kvm.fragment\n'''", ["plugins/doc_fragments/fragment.py"]),
    ("EXAMPLES = '''\n- nfv.kvm.other:\n- src: tests/unit/script.py\n'''\nimport json", []),
])
def test_what_python_imports(folder: Path, code: str, files: list[str]) -> None:
    before = set(kept.dependencies("one"))
    write({"plugins/modules/module.py": f"{code}\n"})
    assert sorted(set(kept.dependencies("one")) - before) == sorted(files)


@pytest.mark.parametrize("code", [
    "from ..module_utils.none import Name", f"import {UTILS}.none", "importlib.import_module(name, __package__)",
    f"importlib.import_module(f'{UTILS}.package.{{name}}')",
])
def test_an_import_that_cannot_be_followed(folder: Path, code: str) -> None:
    write({"plugins/modules/module.py": f"{code}\n"})
    assert "plugins/module_utils/unused.py" in kept.dependencies("one")


def test_what_every_scenario_depends_on(folder: Path) -> None:
    write({"ansible.cfg": "", "build/module_utils.tar": ""})
    assert kept.dependencies("two") == [
        "ansible.cfg", "extensions/molecule/config.yml", "extensions/molecule/tasks/module.yml",
        "extensions/molecule/two/converge.yml", "roles/lab/tasks/main.yml"]


@pytest.fixture(scope="module")
def scenarios() -> dict[str, set[str]]:
    """The files of each scenario of this repository."""
    names = [path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return {name: set(kept.dependencies(name)) for name in names}


@pytest.mark.parametrize(("module", "expected"), [
    ("vm_migration", {"move"}),
    ("sriov_vf_info", {"sriov"}),
    ("ovs_flow_export", {"profile", "vmx", "vsrx"}),  # The roles vmx and vsrx include virtual_switch, which can run it.
])
def test_modules_of_few_scenarios(scenarios: dict[str, set[str]], module: str, expected: set[str]) -> None:
    assert {name for name, files in scenarios.items() if f"plugins/modules/{module}.py" in files} == expected


def test_a_file_of_all_modules(scenarios: dict[str, set[str]]) -> None:
    modules = "|".join(path.stem for path in ROOT.glob("plugins/modules/*.py"))
    for name, files in scenarios.items():
        texts = [path.read_text() for path in ROOT.glob(f"extensions/molecule/{name}/**/*.yml")]
        if re.search(rf"nfv\.kvm\.({modules})\b", "".join(texts)):
            assert "plugins/module_utils/engine.py" in files, name
