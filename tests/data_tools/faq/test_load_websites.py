"""What a config names as knowledge: FAQ files, then websites as they were read last."""

from collections import Counter
from pathlib import Path

import pytest

from data_tools.faq.load import load_faq
from data_tools.sources.files import inputs
from data_tools.sources.reading import Reading
from data_tools.update import update
from data_tools.websites.crawl import crawl
from frontdesk.config.run import Run
from frontdesk.config.schema import Config, load_config
from frontdesk.errors import UserError
from frontdesk.files import read_json, read_jsonl
from tests.data_tools.conftest import BASE
from tests.data_tools.websites.help_centres import BLOG, DESK
from tests.data_tools.websites.served import Reply, Time, Website, loopback

QUESTIONS = "".join(f"<details><summary>Is part {n} spare?</summary>Part {n} is sold for ${n}.</details>" for n in range(1, 9))


@pytest.fixture
def website():
    site = Website()
    links = "<a href='/desk'>a</a><a href='/blog'>b</a><a href='/faq'>c</a><a href='/app'>d</a><a href='/gone'>e</a>"
    site.pages["/"] = Reply(
        f"<html><body><nav>{links}</nav><main><h1>Help</h1><p>All that is known of tents stands here.</p></main></body></html>"
    )
    site.pages |= {
        "/desk": Reply(DESK.html),
        "/blog": Reply(BLOG.html),
        "/faq": Reply(f"<html><body><main><h1>FAQ</h1>{QUESTIONS}</main></body></html>"),
    }
    site.pages["/app"] = Reply("<html><body><div id='app'></div><script src='app.js'></script></body></html>")
    yield site
    site.close()


@pytest.fixture
def read(website, write):
    """Crawl with these keys of `data`; the config."""

    def go(**data):
        time = Time()
        config = Config(name="shop", data={"websites": [{"url": f"{website.url}/"}]} | data, **BASE)
        crawl(config, loopback, time.sleep, time.clock)
        return config

    return go


def load(config):
    with inputs() as opened:
        reading = Reading(opened)
        return load_faq(reading, config.data, Counter(), Run(config.name)), reading


def test_a_website_alone_is_knowledge(website, read):
    entries, reading = load(read())
    asked = [entry for entry in entries if not entry.passage]
    assert [entry.questions[0].text for entry in asked] == [f"Is part {n} spare?" for n in range(1, 9)]
    assert {entry.origin.title for entry in entries} == {"Help", "FAQ", "Returning a tent", "Opening hours in winter"}
    account = reading.accounts[0].as_json()
    assert account["path"] == f"{website.url}/" and account["format"] == "website"
    assert account["entries"] == len(entries) == len(asked) + account["passages"]
    assert account["pages"] == {"fetched": 5}
    assert account["skipped"] == {"needs JavaScript": 1, "status 404": 7}
    assert account["scripts"] == [f"{website.url}/app"]


def test_files_come_first_and_a_passage_says_nothing_again(read, write):
    write("faq.csv", 'question,answer\nMay I bring my dog?,"Dogs are welcome."\nWhat is known?,All that is known of tents stands here.\n')
    entries, reading = load(read(faq=["faq.csv"]))
    assert [entry.questions[0].text for entry in entries[:2]] == ["May I bring my dog?", "What is known?"]
    assert not entries[1].passage and [wording.text for wording in entries[1].questions] == ["What is known?"]
    assert [account.format for account in reading.accounts] == ["website", "FAQ table"]
    assert reading.accounts[1].counts["entries"] == 2


def test_a_site_that_was_never_read_is_an_error(website, write):
    config = Config(name="shop", data={"websites": [{"url": website.url}]}, **BASE)
    with pytest.raises(UserError, match=r"no copy in runs/shop/websites/127\.0\.0\.1_.*; run it with this config"):
        load(config)
    assert not website.log


def test_no_knowledge_at_all_is_an_error(website, read):
    website.pages["/"] = Reply("<html><body><p></p></body></html>")
    config = read()
    with pytest.raises(UserError, match="found no FAQ entry"):
        load(config)


def test_data_is_made_of_a_site_and_an_edit_does_not_crawl(website, read, make_data, write, capsys):
    """`make data` itself may not ask loopback: it keeps what was read before, and says so."""
    read()
    website.log.clear()
    sites = [{"url": f"{website.url}/"}]
    folder = make_data(websites=sites)
    told = capsys.readouterr()
    assert "127.0.0.1 has the address 127.0.0.1, which is not public; 5 copies of" in told.err
    assert f"{website.url}/  pages: 5 kept copy, " in told.out and not website.log
    lines = {entry["origin"]["url"].removeprefix(website.url): entry for entry in read_jsonl(folder / "faq.jsonl")}
    assert lines["/desk#h_cost"]["passage"] and lines["/desk#h_cost"]["origin"]["title"] == "Returning a tent"
    assert "passage" not in lines["/faq"]
    manifest = read_json(folder / "manifest.json")
    [source] = manifest["sources"]
    assert source["rows"] == sum(sum(kinds.values()) for kinds in manifest["rows"].values()) - manifest["rows"]["train"].get("refusal", 0)
    assert source["pages"] == {"kept copy": 5}
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert f"{website.url}/" in report and "which is not public" in report

    write("faq.csv", "question,answer\nMay I bring my dog?,Dogs are welcome.\n")
    text = Path("configs/shop.yaml").read_text().replace("data:\n", "data:\n  faq: [faq.csv]\n")
    write("configs/shop.yaml", text)
    assert "0 changed, 0 removed, 1 added" in update(load_config("configs/shop.yaml"))
    assert not website.log
    assert {entry["source"].rsplit(":", 1)[0] for entry in read_jsonl(folder / "faq.jsonl")} == {
        *("faq.csv", f"{website.url}/", f"{website.url}/desk", f"{website.url}/blog", f"{website.url}/faq")
    }  # fmt: skip
