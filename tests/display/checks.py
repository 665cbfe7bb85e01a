"""What must be true of every piece of HTML that we show."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"img", "input", "br"}
TAGS = {
    "div", "style", "pre", "span", "b", "i", "h4", "dl", "dt", "dd", "details", "summary", "table", "thead",
    "tbody", "tr", "th", "td", "svg", "polyline", "circle", "path",
    "del", "ins", "figure", "figcaption", "img",
}  # fmt: skip
ATTRIBUTES = {
    "class", "style", "title", "role", "aria-label",
    "aria-hidden", "width", "height", "viewbox", "points", "cx", "cy",
    "r", "d", "scope", "colspan", "open", "preserveaspectratio", "src", "alt",
}  # fmt: skip
OWN_STYLE = re.compile(r"display:none|width:\d+(\.\d+)?%")


class Page(HTMLParser):
    """Reads HTML strictly: every tag is known and closed where it has to be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert tag in TAGS, f"<{tag}>"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in TAGS, f"<{tag}/>"
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open
        assert self.open.pop() == tag, f"</{tag}>"

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.said.append(data)

    @property
    def text(self) -> str:
        return "".join(self.said)


def check(html: str) -> Page:
    """Read a page; fail if it has anything that we do not write ourselves."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert set(attributes) <= ATTRIBUTES, f"<{tag} {attributes}>"
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        assert OWN_STYLE.fullmatch(attributes.get("style") or "display:none")
    sheet = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert not re.search("[\u2028\u2029\u202a-\u202e\u2066-\u2069\x00]", html)
    return page
