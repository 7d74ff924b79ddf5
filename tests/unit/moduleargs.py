# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of a module that runs in the process of the tests, with each release of ansible-core."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import typing as t

import pytest
from ansible.module_utils import basic

__all__ = ["BEFORE_2_19", "patch_module_args"]

BEFORE_2_19 = importlib.util.find_spec("ansible.module_utils.testing") is None

if BEFORE_2_19:
    @contextlib.contextmanager
    def patch_module_args(module_args: dict[str, t.Any] | None = None) -> t.Iterator[None]:
        """Let the modules that are made within the context have these parameters."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": module_args or {}}).encode())
            yield
else:
    from ansible.module_utils.testing import patch_module_args
