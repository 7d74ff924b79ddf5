# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each program says its licence in words and as an SPDX identifier, and the text of each licence is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADER = """\
# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""
IDENTIFIER = re.compile(r"SPDX-License-Identifier[: =\"]+([\w.-]+)")


def test_each_program_has_its_licence() -> None:
    """Files of other kinds have theirs in REUSE.toml."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split("\0")
    texts = {name: (ROOT / name).read_text(encoding="utf-8", errors="replace") for name in listed
             if (ROOT / name).is_file() and not name.startswith(("LICENSE", "docs/"))}
    programs = {name: text for name, text in texts.items()
                if name.endswith(".py") and name.startswith((".ci/", "plugins/", "tests/")) and text.strip()}
    assert len(programs) > 100
    assert [name for name, text in programs.items() if HEADER not in text[:400]] == []
    used = {identifier for text in texts.values() for identifier in IDENTIFIER.findall(text)}
    assert used == {path.stem for path in (ROOT / "LICENSES").iterdir()}
    assert (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").samefile(ROOT / "LICENSE")
