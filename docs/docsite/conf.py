# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site. ``make docs`` copies this folder to build/docs/source, adds the generated reference, and builds it."""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

project = "nfv.kvm"
html_title = "nfv.kvm"
copyright = "nfv.kvm contributors"

extensions = ["myst_parser", "sphinx_antsibull_ext"]
# What antsibull-docs writes besides the pages of plugins and roles
exclude_patterns = ["requirements.txt", "antsibull-docs.cfg", "reference/index.rst", "reference/environment_variables.rst"]
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


class LinkNames(SphinxTransform):
    """Links the name of a module or a role, such as `sriov_vf`, to its reference. On GitHub it is plain code."""

    default_priority = 400

    def apply(self, **_options: object) -> None:
        if self.env.docname.startswith("reference/"):
            return
        for name in list(self.document.findall(nodes.literal)):
            page = pages.get(name.astext().removeprefix("nfv.kvm."))
            if page and not isinstance(name.parent, (nodes.reference, nodes.title, addnodes.pending_xref)):
                link = addnodes.pending_xref(
                    "", refdomain="std", refexplicit=True, refwarn=True, reftype="doc", refdoc=self.env.docname,
                    reftarget=f"/reference/{page}")
                name.replace_self(link)
                link += name


# The generated pages by the names of what they describe
pages = {page.stem.rsplit("_", 1)[0]: page.stem
         for kind in ("role", "module") for page in (Path(__file__).parent / "reference").glob(f"*_{kind}.rst")}


def link_ansible(_app: Sphinx, _env: object, reference: addnodes.pending_xref, content: nodes.Element) -> object:
    """A link to Ansible's own documentation for what the generated pages refer to there; nothing is downloaded."""
    target = reference["reftarget"]
    if target == "common_return_values":
        path = "reference_appendices/common_return_values.html"
    elif plugin := re.fullmatch(r"ansible_collections\.ansible\.builtin\.(\w+)", target):
        path = f"collections/ansible/builtin/{plugin[1]}.html"
    else:
        return None
    return nodes.reference("", "", content, refuri=f"https://docs.ansible.com/ansible/latest/{path}")


def trim(app: Sphinx, document: nodes.document) -> None:
    """Give a generated page its short name in menus, and leave its table of contents to the theme."""
    name = app.env.docname
    for contents in [topic for topic in document.findall(nodes.topic) if "contents" in topic["classes"]]:
        contents.parent.remove(contents)
    if generated := re.fullmatch(r"reference/(\w+)_(?:module|role|filter)", name):
        app.env.titles[name] = nodes.title("", generated[1])


def setup(app: Sphinx) -> None:
    app.add_transform(LinkNames)
    app.connect("doctree-read", trim, priority=900)  # after Sphinx has read the titles
    app.connect("missing-reference", link_ansible)
