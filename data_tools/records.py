"""Records of JSON files: one object after another, or the items of a document's list, read in pieces whatever the size.

A record knows the line where it begins, and so do the objects inside it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from data_tools.source import Source

LONGEST = 1 << 26
"""Characters of one record; more than that is no record of a chat."""
BLANK = re.compile(r"[\s,\ufeff]*")
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\n]', re.DOTALL)
MARK = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?|[][{},]')
"""As `TOKEN`, in text that is no JSON: a quote that is left open ends with its line."""
PAIR = re.compile(r"(\\\\|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w)|\\u[dD][89a-fA-F]\w\w")
"""Escapes that stay as they are (group 1), and halves of a letter without the other half, which no file can hold."""
DECODER = json.JSONDecoder()
TOO_DEEP = "found JSON nested too deep; expected a chat or FAQ record; mend or remove that line"


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
    """An object inside a record that takes several lines."""

    line: int


def line_of(value: Any, otherwise: int) -> int:
    """The line where an object inside a record begins; `otherwise` is the record's own line."""
    return value.line if isinstance(value, Located) else otherwise


def read_json(source: Source, lists: tuple[str, ...] = ()) -> Iterator[Record | Broken]:
    """Each object of the file: of JSON lines, of several documents, or of lists.

    A document with a list under one of the keys `lists` gives the items of that list as records, and what else it holds as
    a last record with the key "document". What is broken is given with its line, and what follows it is read.
    """
    cursor = _Cursor(source.chunks())
    while letter := cursor.peek():
        line = cursor.line
        try:
            if letter == "[":
                yield from _items(cursor, "")
            elif letter == "{" and lists:
                yield from _document(cursor, lists)
            else:
                yield _record(*cursor.value())
        except _NotJson as error:
            cursor.skip_line()
            if cursor.peek() and (error.line != line or cursor.indent):  # it takes several lines
                cursor.skip_lines("")
            yield Broken(error.line, error.why if cursor.peek() else error.last)


def _document(cursor: "_Cursor", lists: tuple[str, ...]) -> Iterator[Record | Broken]:
    """The parts of an object, its lists one item at a time."""
    line, rest, listed = cursor.line, Located(), False
    rest.line = line
    cursor.skip("{")
    while cursor.peek() not in ("}", ""):
        _, key, _ = cursor.value()
        if not isinstance(key, str) or cursor.peek() != ":":
            raise _NotJson(cursor.line, 'found a JSON object that lacks a name or a colon; expected {"name": value}; mend or remove it')
        cursor.skip(":")
        if key in lists and cursor.peek() == "[":
            listed = True
            yield from _items(cursor, key)
        else:
            rest[key] = _located(*cursor.value())
    if not cursor.peek():
        raise _NotJson(line, "found a JSON object that does not end; expected a closing }; export the file anew, it is cut off")
    cursor.skip("}")
    yield Record(line, rest, "document" if listed else "")


def _items(cursor: "_Cursor", key: str) -> Iterator[Record | Broken]:
    start = cursor.line
    cursor.skip("[")
    while cursor.peek() not in ("]", ""):
        indent = cursor.indent
        try:
            yield _record(*cursor.value(), key)
        except _NotJson as error:
            yield cursor.past_broken(error, indent)
            if cursor.peek() == "}":  # it was closed twice
                cursor.skip("}")
    if not cursor.peek():
        raise _NotJson(start, "found a JSON list that does not end; expected a closing ]; export the file anew, it is cut off")
    cursor.skip("]")


def _record(line: int, value: Any, text: str, key: str = "") -> Record | Broken:
    if not isinstance(value, dict):
        return Broken(line, f"found a {type(value).__name__}; expected a JSON object; mend or remove that line")
    return Record(line, _located(line, value, text), key)


def _located(line: int, value: Any, text: str) -> Any:
    """The value with a line at each object, where it takes several."""
    if "\n" not in text or not isinstance(value, dict | list):
        return value
    first, starts, open_at = line, list[int](), list[int]()
    for token in TOKEN.finditer(text):
        mark = token.group()
        if mark == "\n":
            line += 1
        elif mark == "{":
            open_at.append(line)
        elif mark == "}":
            starts.append(open_at.pop())
    lines = iter(starts)  # objects end in the order in which the decoder makes them

    def locate(pairs: list[tuple[str, Any]]) -> Located:
        made = Located(pairs)
        made.line = next(lines)
        return made

    try:
        return json.loads(text, object_pairs_hook=locate)
    except RecursionError:
        raise _NotJson(first, TOO_DEEP) from None


class _NotJson(Exception):
    """Text that is no JSON, at a line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why

    @property
    def last(self) -> str:
        """Why, where nothing that follows it in the file can be read."""
        found, rest = self.why.split("; ", 1)
        return f"{found}, and nothing follows it that can be read; {rest}"


class _Cursor:
    """A place in a stream of text, with as much of it in memory as the value at hand takes."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self.chunks, self.text, self.at, self.line, self.ended = chunks, "", 0, 1, False
        self.indent: str | None = None  # what stands before the next letter in its line, where that is but blanks

    def more(self, size: int = 1) -> bool:
        """Read on by `size` characters at least; False at the end of the file."""
        self.text, self.at = self.text[self.at :], 0
        parts = [self.text]
        while size > 0 and not self.ended:
            part = next(self.chunks, "")
            self.ended = not part
            size -= len(part)
            parts.append(part)
        self.text = "".join(parts)
        return not self.ended

    def peek(self) -> str:
        """The next letter that is neither blank nor a comma; "" at the end."""
        while True:
            match = BLANK.match(self.text, self.at)
            assert match is not None
            self._note(match.group())
            self._to(match.end())
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def _note(self, blank: str) -> None:
        _, end, after = blank.rpartition("\n")
        if end:
            self.indent = after
        elif self.indent is not None:
            self.indent += after

    def skip(self, mark: str) -> None:
        """Go past a mark that was peeked at."""
        assert self.text.startswith(mark, self.at), (self.line, mark)
        self._past(self.at + len(mark))

    def value(self) -> tuple[int, Any, str]:
        """The JSON value here: its line, itself and its text. Raises _NotJson."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos >= len(self.text) - 16
                if cut and not self.ended and len(self.text) - self.at < LONGEST:
                    self.more(len(self.text) - self.at)
                    continue
                line = self.line + self.text.count("\n", self.at, error.pos)
                endless = len(self.text) - self.at >= LONGEST
                found = f"found a record of over {LONGEST >> 20} MB" if endless else f"found no valid JSON ({error.msg})"
                raise _NotJson(line, f"{found}; expected a JSON object; mend or remove it") from None
            except RecursionError:
                raise _NotJson(self.line, TOO_DEEP) from None
            except ValueError:  # Python's limit on digits
                raise _NotJson(self.line, "found a number of thousands of digits; expected a JSON object; mend or remove it") from None
            if not self.ended and len(self.text) - end < 8 and not self.text[end:].strip("+-.eE"):  # a number may go on
                self.more()
                continue
            line, text = self.line, self.text[self.at : end]
            self._past(end)
            return line, *_whole(value, text)

    def past_broken(self, error: _NotJson, indent: str | None) -> Broken:
        """Go past a broken value, which begins its line after `indent` if that is not None. Raises _NotJson where nothing follows."""
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

    def skip_value(self) -> None:
        """Go past a broken value, to the comma or bracket that follows it."""
        opened: list[str] = []
        while True:
            match = MARK.search(self.text, self.at)
            if not self.ended and (not match or match.end() == len(self.text)):
                self._to(match.start() if match else len(self.text))
                self.more(len(self.text) - self.at + 1)
                continue
            mark = match.group() if match else ""
            if not match or (not opened and mark in ",}]"):
                return self._past(match.start() if match else len(self.text))
            if mark in "{[":
                opened.append(mark)
            elif mark in "}]" and (opener := "{["["}]".index(mark)]) in opened:  # brackets may be missing before it
                while opened.pop() != opener:
                    pass
            self._past(match.end())

    def _past(self, position: int) -> None:
        """Go to what is no beginning of a line."""
        self._to(position)
        self.indent = None

    def _to(self, position: int) -> None:
        self.line += self.text.count("\n", self.at, position)
        self.at = position


def _whole(value: Any, text: str) -> tuple[Any, str]:
    """A value and its text without halves of letters."""
    if "\\ud" in text or "\\uD" in text:
        whole = PAIR.sub(lambda match: match[1] or "\\ufffd", text)
        if whole != text:
            return json.loads(whole), whole
    return value, text
