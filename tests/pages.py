"""A report page as a browser reads it."""

from html.parser import HTMLParser

VOID = {"meta", "br"}


class Page(HTMLParser):
    """A parsed page. Fails where an element ends that is not the innermost open one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []  # name, attributes, what it stands in
        self.texts: list[tuple[str, str]] = []  # the element and its text
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes), attributes
        self.elements.append((name, dict(attributes), tuple(self.open)))
        if name not in VOID:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name, (name, self.getpos())

    def handle_data(self, text: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append((self.open[-1], text))

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.texts)

    def within(self, name: str) -> list[str]:
        return [text for element, text in self.texts if element == name]
