# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of every module that uses Cisco UCS Manager, as ucs/argument_spec.py has them."""

from __future__ import annotations


class ModuleDocFragment:
    """``extends_documentation_fragment: nfv.kvm.ucs``."""

    DOCUMENTATION = r"""
options:
  hostname:
    description:
      - Name or IP address of UCS Manager, without C(https://) and without a port.
      - If it is omitted, the environment variable E(UCS_HOSTNAME) is used.
    type: str
    required: true
  username:
    description:
      - The user who logs in. Write C(ucs-DOMAIN\USER) for a user of an authentication domain.
      - If it is omitted, the environment variable E(UCS_USERNAME) is used.
    type: str
    default: admin
  password:
    description:
      - The password of O(username). The module does not return or log it.
      - If it is omitted, the environment variable E(UCS_PASSWORD) is used. Set it for C(ansible-playbook) itself,
        because Ansible shows what the keyword C(environment) sets with C(-vvv).
    type: str
    required: true
  port:
    description:
      - The TCP port. If it is omitted, the environment variable E(UCS_PORT) is used, then V(443) with O(secure=true)
        and V(80) with O(secure=false).
    type: int
  secure:
    description:
      - Whether HTTPS is used. With V(false), the password crosses the network in clear text.
      - If it is omitted, the environment variable E(UCS_SECURE) is used.
    type: bool
    default: true
  validate_certs:
    description:
      - Whether the certificate of UCS Manager must be valid for O(hostname) and signed by a CA that the controller
        trusts. The CAs are those of the system, or those of the file that the environment variable E(SSL_CERT_FILE)
        names.
      - If it is omitted, the environment variable E(UCS_VALIDATE_CERTS) is used.
    type: bool
    default: true
  timeout:
    description:
      - How many seconds UCS Manager has to answer each request, from V(1) to V(3600).
      - If it is omitted, the environment variable E(UCS_TIMEOUT) is used.
    type: int
    default: 30
requirements:
  - ucsmsdk >= 0.9.27 (PyPI) for the Python that runs the module
notes:
  - Run it on the controller, with C(delegate_to=localhost) or in a play for localhost. It does not need root.
  - Each run logs in once and always logs out. A run that changes something sends one transaction, which UCS Manager
    applies or refuses as a whole.
  - Nothing is locked in UCS Manager. A run that finds its change overwritten by another writer fails.
  - The proxy of the environment variable E(https_proxy), or E(http_proxy) with O(secure=false), is used, unless
    E(no_proxy) has O(hostname).
"""
