# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a kernel command line."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.kvm.plugins.module_utils.kvm_host.cmdline import changes


@pytest.mark.parametrize(("before", "after", "gone", "come"), [
    ("a b", "a b", "", ""),
    ("a b a", "a c", "b a", "c"),
    ("a b", "", "a b", ""),
])
def test_words_that_go_and_come(before: str, after: str, gone: str, come: str) -> None:
    assert [" ".join(words) for words in changes(before.split(), after.split())] == [gone, come]
