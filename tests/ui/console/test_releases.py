"""The tabs Releases and Audit log: for admins only, one click each way, and what was done stands in the log."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from lxml import html

from frontdesk import releases
from frontdesk.config.run import Run
from frontdesk.store import audit
from tests.trained import trained
from tests.ui.console_served import Office
from ui.console.release_texts import TEXTS

RUN = Run("shop")


@pytest.fixture
def two(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Two versions, the first of which is served."""
    folder = Path(str(office.store.engine.url.database)).parent
    monkeypatch.chdir(folder)
    ids = trained(office.config, "a" * 16).id, trained(office.config, "b" * 16).id
    releases.promote(office.config, RUN, ids[0], "root")
    yield ids
    (RUN.release / "state.json").unlink()


def words(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return " ".join(html.fromstring(answer.text).get_element_by_id("page").text_content().split())


def test_only_admins_see_and_act(anna: httpx.Client, two: tuple[str, str]) -> None:
    assert "/desk/releases" not in anna.get("/desk/").text
    assert {anna.get(f"/desk/{page}").status_code for page in ("releases", "audit")} == {403}
    assert anna.post("/desk/releases", data={"action": "promote", "version": two[1]}).status_code == 403
    assert releases.read(RUN).served == two[0]


def test_one_click_promotes_and_one_goes_back(root: httpx.Client, office: Office, two: tuple[str, str]) -> None:
    one, other = two
    assert f"Served now{one}" in words(root.get("/desk/releases"))
    assert root.post("/desk/releases", data={"action": "promote", "version": other}).status_code == 303
    assert (state := releases.read(RUN)).served == other and state.by == "root"
    shown = words(root.get("/desk/releases"))
    assert f"Served now{other}" in shown and f"The version before: {one}" in shown
    root.post("/desk/releases", data={"action": "rollback"})
    assert releases.read(RUN).served == one
    noted = [(entry.who, entry.act, entry.about) for entry in audit.entries(office.store)[0][:2]]
    assert noted == [("root", "rollback", one), ("root", "promote", other)]
    assert f"rootrolled back{one}" in words(root.get("/desk/audit")), "three cells of a row"
    told = root.post("/desk/releases", data={"action": "rollback"}, follow_redirects=True)
    assert "no version was served before" in words(told)
    assert "<script>" not in root.get("/desk/releases", params={"told": "<script>x</script>"}).text.partition('id="page"')[2]


def test_a_trial_is_shown_with_its_counts(root: httpx.Client, office: Office, two: tuple[str, str]) -> None:
    releases.begin(office.config, RUN, "shadow", two[1], "root")
    (RUN.release / f"shadow-{two[1]}.jsonl").write_text('{"outcome": true, "entry": true, "words": false}\n{"failed": "away"}\n')
    assert "2 answers compared: 1 with the same outcome, 1 with the same entry, 0 in the same words; 1 failed" in words(
        root.get("/desk/releases")
    )
    releases.begin(office.config, RUN, "canary", two[1], "root", 0.1)
    shown = words(root.get("/desk/releases"))
    assert "canary, 10 % of the conversations" in shown and "too few to say" in shown
    (RUN.release / "state.json").write_text("{}x")
    assert "not a release's state" in words(root.get("/desk/releases"))


def test_every_act_has_its_words_in_both_languages() -> None:
    assert TEXTS["en"].keys() == TEXTS["ko"].keys() >= {f"act_{act}" for act in audit.ACTS}
