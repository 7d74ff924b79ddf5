# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UCS Manager to test against, because Cisco gives none away that tests can start.

It answers the XML API as the unchanged client ucsmsdk uses it: :class:`server.UcsManager` in a test,
``python -m ansible_collections.nfv.kvm.tests.ucs_manager`` as a process. What it accepts comes from the metadata of
ucsmsdk. What the metadata does not say is either known from public code and manuals, or an assumption that the
docstring of the module names.
"""
