"""Text as it is compared: in lower case, one spelling of signs, and each character where it was."""

_SPELLINGS = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
    | str.maketrans("’‘〜∼∽～￦￥\u00a0\u3000\u2009\u202fİ", "''~~~~₩¥    i")
)


def lower(text: str) -> str:
    """The text in lower case, one character for one, so that places in it are places in the text. `str.lower`
    makes two of İ, the only letter that grows; `str.casefold` two or three of a hundred more, such as ß."""
    return text.replace("İ", "i").lower()


def fold(text: str) -> str:
    """`lower`, and one spelling of full-width signs, dashes, quotes and blanks, one character for one."""
    return text.translate(_SPELLINGS).lower()
