"""HTML to plain text, with the line breaks that a reader sees."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

BLOCKS = {  # elements that begin and end a line
    *("address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "figure", "footer", "form"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary"),
    *("table", "tr", "ul"),
}
UNSEEN = frozenset(("head", "noscript", "script", "style", "template", "title"))
PARAGRAPH = re.compile(r"<p(?: [^<>]*)?>([^<]*)</p>")  # most messages are just one
PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
TAG = re.compile("<[a-zA-Z/!?]")
BLANKS = re.compile(r"[ \t\r\n\f]+")
LINE_ENDS = re.compile(r" *\n[ \n]*")


def html_text(html: str) -> str:
    """The text that a piece of HTML shows: entities decoded, blanks collapsed, each paragraph, list item and `<br>` on a line.

    Text without a tag keeps its lines. Broken HTML is read as a browser would read it; no input raises.
    """
    if not TAG.search(html):
        return unescape(html).replace("\xa0", " ").strip()
    if simple := PARAGRAPH.fullmatch(html):
        return BLANKS.sub(" ", unescape(simple[1])).replace("\xa0", " ").strip()
    root = etree.fromstring(html.encode("utf-8", "replace"), PARSER)
    if root is None:  # nothing but comments
        return ""
    text = "".join(_pieces(etree.iterwalk(root, events=("start", "end"))))
    return LINE_ENDS.sub("\n", text.replace("\xa0", " ")).strip()


def _pieces(walker: Any) -> Iterator[str]:
    """The texts in the order in which they stand, with a line end around each block and a blank after a table's cell."""
    verbatim = 0  # how many <pre> are open
    for event, node in walker:
        begins, tag = event == "start", node.tag
        if tag in BLOCKS:
            yield "\n"
            verbatim += (tag == "pre") * (1 if begins else -1)
        elif tag in ("td", "th") and not begins:
            yield " "
        if begins and tag in UNSEEN:
            walker.skip_subtree()
        elif text := node.text if begins else node.tail:
            yield text if verbatim else BLANKS.sub(" ", text)
