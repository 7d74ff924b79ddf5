# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Task files of roles import each other by their full path.

A file that is imported by an imported file is otherwise looked for in the user's own folder ``tasks`` first.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROLES = Path(__file__).parents[3] / "roles"
FILES = [path for path in sorted(ROLES.glob("*/tasks/*.yml")) if path.name != "main.yml"]


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(ROLES)))
def test_imports_name_the_role(file: Path) -> None:
    imported = re.findall(r"import_tasks: (.*)", file.read_text(encoding="utf-8"))
    assert [path for path in imported if not path.startswith('"{{ role_path }}/tasks/')] == []
