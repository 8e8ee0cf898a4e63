"""Records of JSON files, read in pieces whatever the size: objects one after another, or items of a document's list.

What is broken costs its record alone and is reported with its line: ijson knows no lines and ends at an error.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from data_tools.sources.text import Source

LONGEST = 1 << 26  # characters of one record; more than that is no record of a chat
BLANK = re.compile(r"[\s,\ufeff]*")
BRACE = re.compile(r'[^"{}]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}]*+)*+([{}])', re.DOTALL)
"""The next brace outside a string."""
MARK = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?|[\[{]++|[]},]')
"""The next string, opening brackets, closing bracket or comma of broken JSON; a string that is left open ends with its line."""
JUNK = re.compile(r'(?:[ \t,}]++|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[^\s,{}\[\]"]++)*+')
HALF = re.compile(r"\\u[dD][89a-fA-F]")
PAIR = re.compile(r"(\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w)|\\u[dD][89a-fA-F]\w\w")
"""Escapes that stay as they are (group 1), and lone surrogates."""
DECODER = json.JSONDecoder()
TOO_DEEP = "found JSON nested too deep; expected a chat or FAQ record; fix or remove that line"


class Record(NamedTuple):
    """A JSON object (`value`) and the line where it begins. `key` names the document's list that it is an item of, if any."""

    line: int
    value: dict[str, Any]
    key: str = ""


class Broken(NamedTuple):
    """What stands at a line instead of a record: "found …; expected …; do …"."""

    line: int
    why: str


class Located(dict[str, Any]):
    """An object of a file whose records take several lines, and the line where it begins; 0 where its record has but one."""

    line = 0


def line_of(value: Any, otherwise: int) -> int:
    """The line where an object inside a record begins; `otherwise` is the record's own line."""
    return (value.line or otherwise) if isinstance(value, Located) else otherwise


def read_json(source: Source, lists: tuple[str, ...] = (), inner: bool = True) -> Iterator[Record | Broken]:
    """Each object of the file: of JSON lines, of several documents, or of lists.

    A document with a list under one of the keys `lists` gives the items of that list as records, and what else it holds as
    a last record with the key "document". What is broken is given with its line, and what follows it is read. Without `inner`,
    objects inside a record do not know their lines, and a file whose records take several lines is read three times as fast.
    """
    cursor = Cursor(source.chunks(), inner)
    while letter := cursor.peek():
        line = cursor.line
        try:
            if letter == "[":
                yield from items(cursor)
            elif letter == "{" and lists:
                yield from _document(cursor, lists)
            else:
                found = _record(*cursor.value())
                yield found
                if isinstance(found, Broken):
                    cursor.skip_line()
        except NotJson as error:
            cursor.skip_line()
            if cursor.peek() and (error.line != line or cursor.indent):  # it takes several lines
                cursor.skip_lines("")
            what, rest = error.why.split("; ", 1)
            yield Broken(error.line, error.why if cursor.peek() else f"{what}, and nothing follows it that can be read; {rest}")


def _document(cursor: "Cursor", lists: tuple[str, ...]) -> Iterator[Record | Broken]:
    line, rest, listed = cursor.line, Located(), False
    rest.line = line
    cursor.skip("{")
    while cursor.peek() not in ("}", ""):
        _, key = cursor.value()
        if not isinstance(key, str) or cursor.peek() != ":":
            raise NotJson(cursor.line, 'found a JSON object that lacks a name or a colon; expected {"name": value}; fix or remove it')
        cursor.skip(":")
        if key in lists and cursor.peek() == "[":
            listed = True
            yield from items(cursor, key)
        else:
            _, rest[key] = cursor.value()
    if not cursor.peek():
        raise NotJson(line, "found a JSON object that does not end; expected a closing }; export the file anew, it is cut off")
    cursor.skip("}")
    yield Record(line, rest, "document" if listed else "")


def items(cursor: "Cursor", key: str = "") -> Iterator[Record | Broken]:
    """The objects of the list here, each with the `key` of the list. Raises NotJson for a list that does not end."""
    start = cursor.line
    cursor.skip("[")
    while cursor.peek() not in ("]", ""):
        indent = cursor.indent
        try:
            found = _record(*cursor.value(), key)
        except NotJson as error:
            found = cursor.past_broken(error, indent)
        yield found
        if isinstance(found, Broken):
            cursor.skip_junk()
    if not cursor.peek():
        raise NotJson(start, "found a JSON list that does not end; expected a closing ]; export the file anew, it is cut off")
    cursor.skip("]")


def whole_letters(text: str) -> str:
    """A JSON text with U+FFFD in the place of lone surrogates, which no file can hold."""
    return PAIR.sub(lambda match: match[1] or "\\ufffd", text) if HALF.search(text) else text


def _record(line: int, value: Any, key: str = "") -> Record | Broken:
    if isinstance(value, dict):
        return Record(line, value, key)
    return Broken(line, f"found a {type(value).__name__}; expected a JSON object; fix or remove that line")


def _starts(text: str, line: int) -> Iterator[int]:
    """The line of each object of a JSON text that begins at `line`, in the order in which they end."""
    seen, at, opened = 0, 0, list[int]()
    while brace := BRACE.match(text, at):  # from one to the next: a search would begin again within a last text
        at = brace.end()
        if brace[1] == "{":
            line += text.count("\n", seen, at)
            seen = at
            opened.append(line)
        else:
            yield opened.pop()


class NotJson(Exception):
    """A line holds something that is not JSON: "found …; expected …; do …"."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


class Opened:
    """The brackets that are open in broken JSON."""

    def __init__(self) -> None:
        self.marks: list[str] = []
        self.number = {"{": 0, "[": 0}

    def meet(self, mark: str) -> None:
        """Take in what `MARK` matches."""
        if mark[0] in "{[":
            self.marks += mark
            self.number = {one: number + mark.count(one) for one, number in self.number.items()}
        elif mark in "}]" and self.number[opener := "{["["}]".index(mark)]]:
            while (closed := self.marks.pop()) != opener:  # which lacks its own bracket
                self.number[closed] -= 1
            self.number[opener] -= 1


class Cursor:
    """A position in a stream of text, of which only the value at hand is in memory."""

    def __init__(self, chunks: Iterator[str], inner: bool = False) -> None:
        self.chunks, self.text, self.at, self.line, self.ended = chunks, "", 0, 1, False
        self.inner, self.decoder = inner, DECODER
        self.made: list[Located] = []  # the objects of the value at hand, in the order in which they end
        self.indent: str | None = None  # the blanks before the next character, where its line has nothing else there

    def more(self, size: int = 1) -> bool:
        """Read at least `size` more characters; False at the end of the file."""
        self.text, self.at = self.text[self.at :], 0
        parts = [self.text]
        while size > 0 and not self.ended:
            parts.append(next(self.chunks, ""))
            self.ended = not parts[-1]
            size -= len(parts[-1])
        self.text = "".join(parts)
        return not self.ended

    def peek(self) -> str:
        """The next character that is neither blank nor a comma; "" at the end."""
        while True:
            match = BLANK.match(self.text, self.at)
            assert match is not None
            _, end, after = match.group().rpartition("\n")
            if end or self.indent is not None:
                self.indent = after if end else (self.indent or "") + after
            self._to(match.end())
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def skip(self, mark: str) -> None:
        """Go past a mark that was peeked at."""
        assert self.text.startswith(mark, self.at), (self.line, mark)
        self._past(self.at + len(mark))

    def value(self) -> tuple[int, Any]:
        """The line of the JSON value here, and itself. Raises NotJson."""
        self.peek()
        while True:
            try:
                value, end = self._decoded(self.text, self.at)
                if not self.ended and len(self.text) - end < 8 and not self.text[end:].strip("+-.eE"):  # a number may go on
                    self.more()
                    continue
                value = self._settled(value, self.text[self.at : end])
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self.text) - 16
                if cut and not self.ended and len(self.text) - self.at < LONGEST:
                    self.more(len(self.text) - self.at)
                    continue
                raise self._error(error) from None
            except RecursionError:
                raise NotJson(self.line, TOO_DEEP) from None
            except ValueError:  # Python's limit on digits
                raise NotJson(self.line, "found a number of thousands of digits; expected a JSON object; fix or remove it") from None
            line = self.line
            self._past(end)
            return line, value

    def _error(self, error: json.JSONDecodeError) -> NotJson:
        line = self.line + self.text.count("\n", self.at, error.pos)
        if self.at > 1 << 12:  # where the next error stands is counted from the beginning of the text
            self.text, self.at = self.text[self.at :], 0
        endless = len(self.text) - self.at >= LONGEST
        found = f"found a record of over {LONGEST >> 20} MB" if endless else f"found no valid JSON ({error.msg})"
        return NotJson(line, f"{found}; expected a JSON object; fix or remove it")

    def _decoded(self, text: str, at: int) -> tuple[Any, int]:
        self.made.clear()
        return self.decoder.raw_decode(text, at)

    def _settled(self, value: Any, text: str) -> Any:
        """The value without lone surrogates; where it takes several lines, its objects know theirs."""
        whole, several = whole_letters(text), self.inner and "\n" in text
        begins = several and self.decoder is DECODER  # from the first such record on: in a file of lines no object needs its line
        if begins:
            self.decoder = json.JSONDecoder(object_pairs_hook=self._locate)
        if begins or whole != text:
            value, _ = self._decoded(whole, 0)
        if several:
            for one, line in zip(self.made, _starts(text, self.line), strict=True):
                one.line = line
        return value

    def _locate(self, pairs: list[tuple[str, Any]]) -> Located:
        made = Located(pairs)
        self.made.append(made)
        return made

    def past_broken(self, error: NotJson, indent: str | None) -> Broken:
        """Go past a broken value, which begins its line after `indent` if that is not None. Raises NotJson where nothing follows."""
        if indent is None:
            self.skip_value()
        else:
            self.skip_line()
            self.skip_lines(indent)
        if not self.peek():
            raise error
        return Broken(error.line, error.why)

    def skip_line(self) -> None:
        """Go to the end of the line."""
        while (end := self.text.find("\n", self.at)) < 0:
            self._to(len(self.text))
            if not self.more():
                return
        self._past(end)

    def skip_lines(self, indent: str) -> None:
        """Go on to a line that begins with an object or ends a list, and is indented no more than `indent`; else to the end."""
        while letter := self.peek():
            if letter in "{]" and self.indent is not None and len(self.indent) <= len(indent):
                return
            self.skip_line()

    def skip_junk(self) -> None:
        """Go past whatever else in the line is no object, such as the other numbers of a list."""
        while (match := JUNK.match(self.text, self.at)) and match.end() > self.at:
            self._past(match.end())
            if self.at == len(self.text):
                self.more()

    def skip_value(self) -> None:
        """Go past a broken value, to the comma or bracket that follows it."""
        opened = Opened()
        while True:
            for match in MARK.finditer(self.text, self.at):
                if match.end() == len(self.text) and not self.ended:  # it may go on
                    self._past(match.start())
                    break
                mark = match.group()
                if mark in ",}]" and not opened.marks:
                    return self._past(match.start())
                opened.meet(mark)
            else:
                self._past(len(self.text))
            if self.ended:
                return None
            self.more(len(self.text) - self.at + 1)

    def _past(self, position: int) -> None:
        """Go to a place that is not the beginning of a line."""
        self._to(position)
        self.indent = None

    def _to(self, position: int) -> None:
        self.line += self.text.count("\n", self.at, position)
        self.at = position
