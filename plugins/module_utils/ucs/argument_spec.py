# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module that uses UCS Manager, as doc_fragments/ucs.py describes them."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

CONNECTION: dict[str, dict[str, t.Any]] = {
    "hostname": {"type": "str", "required": True, "fallback": (env_fallback, ["UCS_HOSTNAME"])},
    "username": {"type": "str", "default": "admin", "fallback": (env_fallback, ["UCS_USERNAME"])},
    "password": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["UCS_PASSWORD"])},
    "port": {"type": "int", "fallback": (env_fallback, ["UCS_PORT"])},
    "secure": {"type": "bool", "default": True, "fallback": (env_fallback, ["UCS_SECURE"])},
    "validate_certs": {"type": "bool", "default": True, "fallback": (env_fallback, ["UCS_VALIDATE_CERTS"])},
    "timeout": {"type": "int", "default": 30, "fallback": (env_fallback, ["UCS_TIMEOUT"])},
}
