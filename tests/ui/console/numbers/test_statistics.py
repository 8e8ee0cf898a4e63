"""The page of numbers, for admins only."""

import httpx
from lxml import html

from tests.ui.console_served import Office
from ui.console.texts import TEXTS

EN = TEXTS["en"]


def test_only_admins_get_numbers(office: Office, anna: httpx.Client, root: httpx.Client) -> None:
    office.call("How many are there?")
    refused = anna.get("/desk/numbers")
    assert (refused.status_code, refused.text) == (403, EN["only_admins"])
    assert "/desk/numbers" not in anna.get("/desk/").text
    page = root.get("/desk/numbers").text
    cards = html.document_fromstring(page).find_class("card")
    assert len(cards) == 7
    assert len(cards[0].xpath("./details//tbody/tr")) == 7
    assert cards[0].xpath(".//svg//*[local-name()='rect']/*[local-name()='title']")
    days = html.document_fromstring(root.get("/desk/numbers", params={"period": "month"}).text)
    assert len(days.xpath("(//section)[1]/details//tbody/tr")) == 30
