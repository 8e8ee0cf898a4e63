"""The list of all conversations."""

import httpx
from lxml import html

from frontdesk.store.search import PAGE
from tests.ui.console_served import Office
from ui.console.texts import TEXTS

EN = TEXTS["en"]


def test_the_list_is_turned_page_by_page(office: Office, anna: httpx.Client) -> None:
    customer = office.store.add_customer()[1].id
    ids = [office.store.open(customer, "shop", "en", anew=True).id for _ in range(PAGE + 1)]
    seen: list[str] = []
    for page in ("0", "1"):
        found = html.document_fromstring(anna.get("/desk/conversations", params={"words": customer, "page": page}).text)
        seen += found.xpath("//*[@id='found']//@data-open")
        newer, older = (found.get_element_by_id(id) for id in ("newer", "older"))
        assert (newer.get("href") is None, older.get("href") is None) == (page == "0", page == "1")
        assert (
            EN["found"].format(first=1 if page == "0" else PAGE + 1, last=PAGE if page == "0" else PAGE + 1, count=PAGE + 1)
            in found.text_content()
        )
    assert sorted(seen) == sorted(ids)
    link = html.document_fromstring(anna.get("/desk/conversations", params={"words": customer}).text).get_element_by_id("older").get("href")
    assert seen[PAGE] in anna.get(f"/desk/conversations{link}").text
