# Copyright: nfv.kvm contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about all hosts: whole, and harmless whatever a host says of itself."""

from __future__ import annotations

from html.parser import HTMLParser

from ansible_collections.nfv.kvm.plugins.filter.readiness import FilterModule
from ansible_collections.nfv.kvm.tests.unit.plugins.module_utils.readiness.report.outcomes import FLEET, HOSTILE, check

FILTERS = FilterModule().filters()
readiness_fleet, readiness_html = FILTERS["readiness_fleet"], FILTERS["readiness_html"]


class Page(HTMLParser):
    """A page as a browser takes it: its elements, and the texts within them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page() -> None:
    page = Page(readiness_html(readiness_fleet(FLEET)))
    assert page.open == []
    told = " ".join(page.texts)
    for word in ("1 failed, 1 not reached, 1 not ready, 1 waits for a reboot, 1 ready", "kvm1: not ready", "nic_sriov",
                 "SR-IOV Global Enable", "Reboot it for kernel arguments iommu=pt", "No package", "It was not reached",
                 "0-1 of the host; 2-3,6 of edge1; 4-5,7 free", "1G: 8 of 16 free, 8 of edge1", "eno2 with 4 of 64"):
        assert word in told
    anchors = [attributes["id"] for tag, attributes in page.elements if tag == "h2"]
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == [f"#{name}" for name in anchors]
    assert [tag for tag, _attributes in page.elements].count("table") == 4


def test_a_page_needs_nothing_but_itself() -> None:
    page = Page(readiness_html(readiness_fleet(FLEET)))
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _attributes in page.elements}
    assert not {"src", "style", "onclick"} & {name for _tag, attributes in page.elements for name in attributes}
    assert "url(" not in "".join(page.texts)


def test_a_page_shows_hostile_text_as_text() -> None:
    checks = [check(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    hosts = {HOSTILE: {"ready": False, "checks": checks, "reboot": [HOSTILE], "error": HOSTILE,
                       "nodes": [{"numa_node": 0, "cpus": [{"cpu": 1, "pinned_by": [HOSTILE]}]}]}}
    text = readiness_html(readiness_fleet(hosts))
    assert "<script" not in text
    assert all(char.isprintable() or char == "\n" for char in text)
    page = Page(text)
    assert {tag for tag, _attributes in page.elements} <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "tr", "th", "td", "a"}
    assert any("<script>alert('x')</script> & \"y\" ?[31m? {{ 7 * 7 }}" in told for told in page.texts)


def test_a_page_about_nobody() -> None:
    assert "<p>no hosts</p>" in readiness_html(readiness_fleet({}))
