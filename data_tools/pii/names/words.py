"""Words that decide whether a word is a person's name. The lists stand in names.txt and words.txt, each below a line that explains it."""

import re
from functools import lru_cache
from pathlib import Path

from data_tools.pii.patterns import words


def read_lists(file: str) -> dict[str, frozenset[str]]:
    """The lists of a file by their titles: `# title: explanation`, then words."""
    text = (Path(__file__).parent / file).read_text(encoding="utf-8")
    lists = [block.split("\n", 1) for block in text.removeprefix("# ").split("\n# ")]
    return {title.split(":")[0]: words(listed) for title, listed in lists}


@lru_cache(maxsize=1)
def given_names() -> dict[str, frozenset[str]]:
    """The lists of names.txt: "english", "korean" and "foreign" (both in Hangul), "syllables" (of Korean names in Latin letters)."""
    return read_lists("names.txt")


@lru_cache(maxsize=1)
def korean_syllables() -> tuple[frozenset[str], frozenset[str]]:
    """The first and the last syllables of known Korean given names."""
    names = given_names()["korean"]
    return frozenset(name[0] for name in names), frozenset(name[-1] for name in names)


def is_given(word: str) -> bool:
    """Whether a word is a given name in Latin letters, known or of two Korean syllables ("Ji-woo"), or two with a hyphen."""
    names, low = given_names(), word.lower()
    if low in names["english"]:
        return True
    first, hyphen, last = low.partition("-")
    if hyphen:
        return first in names["english"] or {first, last} <= names["syllables"]
    cuts = range(2, len(low) - 1) if 5 <= len(low) <= 10 else ()
    return any(low[:cut] in names["syllables"] and low[cut:] in names["syllables"] for cut in cuts)


WORDS = read_lists("words.txt")
ROLES = WORDS["roles"]
TITLES = WORDS["titles"]
KOREAN_WORDS = WORDS["korean words"]
KOREAN_THINGS = WORDS["korean things"]
KOREAN_GIVEN_WORDS = WORDS["korean names that are words"]
ENGLISH_WORDS = WORDS["english words"]
THINGS = WORDS["things"]
NAMES_THAT_ARE_WORDS = WORDS["english names that are words"]
LATIN_SURNAMES = WORDS["latin surnames"]

SURNAMES = "(?:남궁|황보|제갈|선우|독고|사공|서문|[김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민나진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용피봉감팽좌갈계두복빈온옹음견묵범표설국])"
SURNAME = re.compile(SURNAMES)

BRANDS = re.compile(
    r"\b(?:Levi'?s|Dr\.? (?:Martens|Pepper|Oetker|Scholl)|Marc Jacobs|Sam's Club|Trader Joe|Michael Kors|Tommy Hilfiger|Calvin Klein|Ralph Lauren|Jimmy Choo|Tory Burch"
    r"|Alexander (?:Wang|McQueen)|Tom Ford|Hugo Boss|Paul Smith|Jo Malone|Est[eé]e Lauder|Kate Spade|Vera (?:Wang|Bradley)|Stella (?:McCartney|Artois)|Vivienne Westwood|Louis Vuitton"
    r"|Christian (?:Dior|Louboutin)|Yves Saint|Victoria'?s Secret|Mary Kay|Elizabeth Arden|Bobbi Brown|Charlotte Tilbury|Laura (?:Mercier|Ashley)|Cath Kidston|John (?:Lewis|Deere|Frieda)"
    r"|Ted Baker|Fred Perry|Karen Millen|Johnnie Walker|Jack Daniel'?s?|Jim Beam|Jose Cuervo|Ben & Jerry|Uncle Ben|Harry (?:Potter|Styles|Winston)|Taylor Swift|Stephen King|Mario (?:Kart|Bros)"
    r"|Tim Hortons|Papa Johns?|Wendy'?s|Denny'?s|Arby'?s|Macy'?s|Kohl'?s|Lowe'?s|Sainsbury'?s|Dillard'?s|Carl'?s Jr|Dick'?s Sporting|Eddie Bauer|Steve Madden|Oscar Mayer|Betty Crocker"
    r"|Kurt Geiger|Russell (?:Hobbs|Athletic)|Philipp Plein|Giorgio Armani|Marc O'Polo|Martha Stewart|Rachael Ray|Barbie|Thomas (?:Sabo|the Tank)|Emma (?:mattress|bed)|Lea & Perrins)\b"
)
"""Brands, shops and works named after persons: names only where somebody is introduced."""
