# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site. ``make docs`` copies this folder to build/docs/source, adds what is generated, and builds."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

if t.TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "nfv.kvm"
html_title = "nfv.kvm"
copyright = "nfv.kvm contributors"  # noqa: A001  # Sphinx calls it so

extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns = [
    "requirements.txt", "antsibull-docs.cfg",
    # What antsibull-docs writes besides the pages of plugins and roles
    "reference/index.rst", "reference/environment_variables.rst"]
myst_heading_anchors = 4
nitpicky = True

highlight_language = "text"
pygments_style = "ansible"
pygments_dark_style = "monokai"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
antsibull_ext_color_scheme = "none"  # site.css has one that follows the theme
html_copy_source = False
html_show_sphinx = False
html_use_index = False

GENERATED = re.compile(r"reference/(\w+)_(?:module|role|filter)")
# The generated pages by the names of the modules and roles that they describe
pages = {page.stem.rpartition("_")[0]: f"reference/{page.stem}"
         for kind in ("role", "module") for page in (Path(__file__).parent / "reference").glob(f"*_{kind}.rst")}


def prepare(app: Sphinx, document: nodes.document) -> None:
    """Link names of modules and roles, use them in menus, and leave tables of contents to the theme."""
    for contents in [topic for topic in document.findall(nodes.topic) if "contents" in topic["classes"]]:
        contents.parent.remove(contents)
    for menu in document.findall(addnodes.toctree):
        menu["entries"] = [(found[1] if (found := GENERATED.fullmatch(page)) else title, page)
                           for title, page in menu["entries"]]
    if GENERATED.fullmatch(app.env.docname):
        return
    for name in list(document.findall(nodes.literal)):
        page = pages.get(name.astext().removeprefix("nfv.kvm."))
        if page and not isinstance(name.parent, (nodes.reference, nodes.title, addnodes.pending_xref)):
            link = addnodes.pending_xref("", reftype="page", reftarget=page, refdoc=app.env.docname)
            name.replace_self(link)
            link += name


def resolve(app: Sphinx, _env: object, link: addnodes.pending_xref, content: nodes.Element) -> nodes.Node | None:
    """The links of ``prepare``, and those of generated pages to Ansible's own documentation, without its inventory."""
    target = link["reftarget"]
    if link["reftype"] == "page":
        return make_refnode(app.builder, link["refdoc"], target, "", content)
    if target == "common_return_values":
        path = "reference_appendices/common_return_values.html"
    elif plugin := re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", target):
        path = f"collections/ansible/builtin/{plugin[1]}.html"
    else:
        return None
    return nodes.reference("", "", content, refuri=f"https://docs.ansible.com/ansible/latest/{path}")


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", prepare, priority=100)  # before Sphinx collects what menus show
    app.connect("missing-reference", resolve)
