# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archive for Galaxy: it has what a user needs, and nothing else that lies in the checkout."""

from __future__ import annotations

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
    (LICENSE|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSES/[\w.-]+\.txt|changelogs/changelog\.yaml)
    |docs/[\w./-]+\.(md|yml)
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
    subprocess.run([sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", out, copy],
                   check=True)
    (path,) = out.iterdir()
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
    """Relative links of the texts lead to a file of the archive."""
    names = set(archive.getnames())
    texts = [name for name in names if name.endswith(".md")]
    assert len(texts) > 5
    missing = []
    for text in texts:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / text).read_text(encoding="utf-8")):
            if posixpath.normpath(posixpath.join(posixpath.dirname(text), link)) not in names:
                missing.append(f"{text}: {link}")
    assert missing == []
