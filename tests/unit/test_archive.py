# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive for Galaxy: it has what a user needs, nothing else that lies in the checkout, and works installed."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What belongs in the archive, besides what ansible-galaxy writes itself.
BELONGS = re.compile(r"""
    (LICENSE|REUSE\.toml|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSES/[\w.-]+\.txt|changelogs/changelog\.yaml)
    |docs/[\w./-]+
    |meta/[\w-]+\.(yml|txt)
    |playbooks/[\w./-]+
    |plugins/(doc_fragments|filter|modules|plugin_utils)/\w+\.(py|yml)
    |plugins/module_utils/[\w/]+\.py
    |roles/\w+/(defaults|files|meta|profiles|tasks|templates|vars)/[\w./-]+
    |roles/\w+/README\.md
""", re.VERBOSE)
WRITTEN = {"FILES.json", "MANIFEST.json"}
# A checkout in use has files such as these, of tools and of people.
LITTER = (".ansible/x", ".env", ".idea/x.xml", ".plugin-cache.yaml", ".venv/lib/x.py", "build/x", "other-1.0.0.tar.gz",
          "nfv-kvm-0.0.1.tar.gz", "tests/output/x", "plugins/modules/__pycache__/x.pyc")


def tracked() -> set[str]:
    """The files of the checkout, also those that are not committed yet."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split("\0")
    return {name for name in listed if name and (ROOT / name).exists()}


def run(program: str, *arguments: str, cwd: Path, collections: Path | None = None) -> str:
    """What a program of Ansible prints; it succeeds.

    :param collections: where it looks for collections; None for nowhere
    """
    done = subprocess.run(
        [sys.executable, "-m", "ansible", program, *arguments], cwd=cwd, capture_output=True, text=True, check=False,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
             "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(cwd / "home"),
             "ANSIBLE_COLLECTIONS_PATH": str(collections or cwd / "none")})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tarfile.TarFile]:
    """The archive of a copy of the checkout, with litter in it."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("archive")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    for name in LITTER:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).touch()
    run("galaxy", "collection", "build", "--output-path", str(out), str(copy), cwd=out)
    (path,) = out.glob("*.tar.gz")
    with tarfile.open(path) as opened:
        yield opened


def test_has_exactly_what_belongs_in_it(archive: tarfile.TarFile) -> None:
    files = {member.name for member in archive if not member.isdir()} - WRITTEN
    assert files == {name for name in tracked() if BELONGS.fullmatch(name)}


def test_has_no_folder_without_a_file(archive: tarfile.TarFile) -> None:
    files = [member.name for member in archive if not member.isdir()]
    assert [name for name in archive.getnames() if not any(f"{file}/".startswith(f"{name}/") for file in files)] == []


def test_keeps_programs_executable(archive: tarfile.TarFile) -> None:
    """The role lab runs some of its files."""
    programs = {name for name in tracked() if BELONGS.fullmatch(name) and os.access(ROOT / name, os.X_OK)}
    assert programs
    assert programs == {member.name for member in archive if member.isfile() and member.mode & 0o100}


def test_has_every_file_that_a_user_is_pointed_to(archive: tarfile.TarFile) -> None:
    """Relative links of READMEs lead to files of the archive. The documentation site checks its own links."""
    names = set(archive.getnames())
    texts = [name for name in names if name.endswith("README.md")]
    assert len(texts) > 5
    missing = []
    for text in texts:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / text).read_text(encoding="utf-8")):
            if posixpath.normpath(posixpath.join(posixpath.dirname(text), link)) not in names:
                missing.append(f"{text}: {link}")
    assert missing == []


@pytest.fixture(scope="module")
def installed(archive: tarfile.TarFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the collection, and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    run("galaxy", "collection", "install", "--offline", "-p", str(folder), str(archive.name), cwd=folder)
    return folder


@pytest.mark.parametrize("kind", ["module", "filter", "role"])
def test_documentation_is_there_once_installed(installed: Path, tmp_path: Path, kind: str) -> None:
    root = installed / "ansible_collections" / "nfv" / "kvm"
    files = {"module": root.glob("plugins/modules/*.py"), "filter": root.glob("plugins/filter/*.yml"),
             "role": root.glob("roles/*")}
    names = sorted(f"nfv.kvm.{path.stem}" for path in files[kind])
    assert len(names) > 5
    shown = json.loads(run("doc", "--type", kind, "--json", *names, cwd=tmp_path, collections=installed))
    assert sorted(shown) == names
    for name in names:
        document = shown[name] if kind == "role" else shown[name]["doc"]
        assert document.get("entry_points") if kind == "role" else document["description"], name
    assert "malformed" not in run("doc", "--type", kind, *names, cwd=tmp_path, collections=installed)


def test_playbooks_are_valid_once_installed(installed: Path, tmp_path: Path) -> None:
    """By their names, from an empty folder."""
    playbooks = sorted(path.stem for path in (installed / "ansible_collections/nfv/kvm/playbooks").glob("*.yml"))
    assert len(playbooks) > 5
    for playbook in playbooks:
        run("playbook", "--syntax-check", f"nfv.kvm.{playbook}", cwd=tmp_path, collections=installed)
