"""The crawl of a site that is really served: all its pages once, nothing that is forbidden or elsewhere, and the last good copy of
what cannot be read."""

import gzip
import json
from collections import Counter

import pytest

from data_tools.websites.crawl import ALIKE, HOPS, REPEATS, crawl
from data_tools.websites.kept import load_site
from frontdesk.config.run import Run
from frontdesk.config.schema import Config
from tests.data_tools.conftest import BASE
from tests.data_tools.websites.served import Reply, loopback


def page(title, text="", links=(), head=""):
    """A page whose main text says something of its own."""
    anchors = "".join(f'<a href="{link}">more</a> ' for link in links)
    said = f"<p>{text or f'What there is to know about {title} stands here, in a sentence or two.'}</p>"
    return Reply(
        f"<!doctype html><html><head><title>{title}</title>{head}</head><nav>{anchors}</nav><main><h1>{title}</h1>{said}</main></html>"
    )


@pytest.fixture
def read(website, time, tmp_path, monkeypatch):
    """Crawl the site with the given keys of `data.websites`; the copies."""
    monkeypatch.chdir(tmp_path)

    def go(**values):
        config = Config(name="shop", data={"websites": [{"url": f"{website.url}/"} | values]}, **BASE)
        website.log.clear()
        crawl(config, loopback, time.sleep, time.clock)
        return load_site(Run("shop").websites, config.data.websites[0])

    return go


def paths(site):
    return [found.url.partition("/")[2].partition("/")[2].partition("/")[2] for found in site.pages]


def hows(site):
    return dict(Counter(found.how for found in site.pages))


def reasons(site):
    return {url.partition("//")[2].partition("/")[2]: reason for url, reason in site.skipped}


@pytest.mark.parametrize("articles", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_a_help_centre_is_read_once_and_then_only_what_changed(website, read, time, articles):
    names = [f"article-{number}" for number in range(articles)]
    website.pages["/"] = page("Help", links=[f"section/{number}" for number in range(10)])
    for number in range(10):
        website.pages[f"/section/{number}"] = page(f"Section {number}", links=["/", *(f"/{name}#top" for name in names[number::10])])
    for name in names:
        website.pages[f"/{name}"] = page(name, links=["/", "/section/1"])._replace(headers={"ETag": f'"{name}"'})
    site = read()
    assert hows(site) == {"fetched": articles + 11} and not site.skipped
    assert Counter(website.paths).most_common(1)[0][1] == 1
    assert len(time.naps) == len(website.paths) - 1
    assert {record.questions[0] for found in site.pages for record in found.records} == {
        "Help",
        *names,
        *(f"Section {n}" for n in range(10)),
    }

    website.pages["/article-7"] = page("article-7", "Another text, which is long enough to be read.")._replace(headers={"ETag": '"new"'})
    del website.pages["/article-8"]
    site = read()
    assert hows(site) == {"fetched": 12, "unchanged": articles - 2}
    assert reasons(site) == {"article-8": "status 404: gone"}
    assert [found.records[0].answers for found in site.pages if found.url.endswith("/article-7")] == [
        ("Another text, which is long enough to be read.",)
    ]
    assert all(found.records for found in site.pages)
    assert {path.name for path in site.folder.glob("*.html")} == {found.file for found in site.pages}


def test_a_sitemap_names_the_pages(website, read):
    index = "".join(f"<sitemap><loc>{website.url}/{name}</loc></sitemap>" for name in ("one.xml", "two.xml.gz", "index.xml"))
    website.pages["/robots.txt"] = Reply(f"Sitemap: {website.url}/index.xml", headers={"Content-Type": "text/plain"})
    website.pages["/index.xml"] = Reply(f"<sitemapindex>{index}<sitemap><loc>http://127.0.0.1:9/far.xml</loc></sitemap></sitemapindex>")
    one = "".join(f"<url><loc>{website.url}/{name}</loc></url>" for name in ("a", "b", "a"))
    website.pages["/one.xml"] = Reply(f"<urlset>{one}<url><loc>http://127.0.0.1:9/elsewhere</loc></url></urlset>")
    website.pages["/two.xml.gz"] = Reply(gzip.compress(f"<urlset><url><loc>{website.url}/c</loc></url></urlset>".encode()))
    website.pages |= {f"/{name}": page(name, links=["/not-in-the-sitemap"]) for name in "abc"}
    site = read()
    assert paths(site) == ["a", "b", "c"]
    assert website.paths == ["/robots.txt", "/index.xml", "/one.xml", "/two.xml.gz", "/a", "/b", "/c"]
    assert paths(read(sitemap="/one.xml")) == ["a", "b"]
    assert paths(read(sitemap="/one.xml", depth=1, exclude=["/b"])) == ["a"]


def test_links_are_followed_as_far_as_the_config_says(website, read):
    website.pages |= {"/": page("home", links=["1"])} | {
        f"/{number}": page(f"level {number}", links=[number + 1]) for number in range(1, 9)
    }
    assert paths(read()) == ["", "1", "2", "3"]
    assert paths(read(depth=0)) == [""]
    assert paths(read(depth=5)) == ["", "1", "2", "3", "4", "5"]
    site = read(depth=8, max_pages=4)
    assert paths(site) == ["", "1", "2", "3"] and reasons(site) == {"4": "more than max_pages"}


def test_only_what_is_included_is_known_but_the_first_page_leads_there(website, read):
    links = ["/kb/a", "/kb/b", "/blog/c", "/kb/print/a", "http://127.0.0.1:9/kb/x", "https://pine.example/kb/x", "mailto:a@pine.example"]
    website.pages["/"] = page("home", links=links)
    website.pages |= {path: page(path) for path in links if path.startswith("/")}
    assert paths(read(include=["/kb/*"], exclude=["*/print/*"])) == ["kb/a", "kb/b"]
    assert website.paths == ["/robots.txt", "/sitemap.xml", "/", "/kb/a", "/kb/b"]


def test_robots_are_obeyed(website, read, time):
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: frontdesk\nAllow: /private/open\nDisallow: /private/\nDisallow: /*?print$\n"
    website.pages["/robots.txt"] = Reply(f"{rules}Crawl-delay: 3\n", headers={"Content-Type": "text/plain"})
    website.pages["/"] = page("home", links=["/a", "/a?print", "/private/b", "/private/open", "/to"])
    website.pages["/to"] = Reply(status=302, headers={"Location": "/private/c"})
    website.pages |= {path: page(path) for path in ("/a", "/a?print", "/private/b", "/private/c", "/private/open")}
    site = read()
    assert paths(site) == ["", "a", "private/open"]
    assert not {"/a?print", "/private/b", "/private/c"} & set(website.paths)
    assert {path for path, why in reasons(site).items() if why == "robots.txt forbids it"} == {"a?print", "private/b"}
    assert set(time.naps[1:]) == {3.0}


@pytest.mark.parametrize(
    ("robots", "why"),
    [
        (Reply("User-agent: *\nCrawl-delay: 86400"), "asks for 86400 s"),
        (Reply(status=503), "status 503"),
        (Reply(status=521), "robots.txt: status 521"),
        (Reply(status=301, headers={"Location": "https://www.pine.example/robots.txt"}), "redirects to https://www.pine.example; set that"),
        (Reply(b"#" * (1 << 20)), "larger than"),
        (Reply("User-agent: *\nDisallow: /"), "robots.txt forbids it"),
    ],
)
def test_a_site_that_must_not_be_read_is_one_line(website, read, capsys, robots, why):
    website.pages |= {"/robots.txt": robots, "/": page("home")}
    assert not read().pages
    assert "/" not in website.paths
    assert why in capsys.readouterr().err


def test_redirects(website, read):
    def to(target, status=301):
        return Reply(status=status, headers={"Location": target})

    links = ["old", "old2", "/loop/a", "/chain/0", "/away", "/inside", "/nowhere", "/excluded", "/empty"]
    website.pages["/"] = page("home", links=links)
    website.pages |= {"/old": to("/new"), "/old2": to(f"{website.url}/new", 308), "/new": page("new")}
    website.pages |= {"/loop/a": to("b"), "/loop/b": to("a")}
    website.pages |= {f"/chain/{number}": to(str(number + 1), 302) for number in range(20)}
    website.pages |= {
        "/away": to("https://evil.example/"),
        "/inside": to("http://127.0.0.2:80/latest/meta-data"),
        "/nowhere": to("file:///etc/passwd"),
    }
    website.pages |= {"/excluded": to("/secret"), "/secret": page("secret"), "/empty": Reply(status=301)}
    site = read(exclude=["/secret"])
    assert paths(site) == ["", "new"]
    found = reasons(site)
    assert found["loop/a"] == "redirects in a circle"
    assert found["chain/0"] == f"redirects more than {HOPS} times"
    assert found["away"] == "redirects to another site: https://evil.example/"
    assert found["inside"].startswith("redirects to another site: http://127.0.0.2")
    assert found["old2"] == found["excluded"] == "redirects to a page that is read or left out"
    assert "/secret" not in website.paths and set(found) == {"old2", "loop/a", "chain/0", "away", "inside", "nowhere", "excluded", "empty"}


def test_the_first_page_may_lead_to_what_is_read(website, read):
    website.pages |= {"/": Reply(status=302, headers={"Location": "/en/"}), "/en/": page("home", links=["kb/1"]), "/en/kb/1": page("one")}
    assert paths(read(include=["/en/kb/*"])) == ["en/kb/1"]


def test_what_is_no_page_is_said(website, read, capsys):
    website.pages["/"] = page("home", links=["big", "pdf", "untyped", "binary", "lie", "gone", "teapot", "app", "blank", "comment"])
    website.pages |= {
        "/big": Reply(b"<p>" + b"x" * (10 << 20)),
        "/pdf": Reply(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}),
        "/untyped": page("untyped")._replace(headers={"Content-Type": ""}),
        "/binary": Reply(b"\x00\x01\x02" * 900, headers={"Content-Type": ""}),
        "/lie": Reply(bytes(range(256)) * 40),
        "/gone": Reply(status=410),
        "/teapot": Reply(status=418),
        "/app": Reply(
            '<html><head><script src="app.js"></script></head><body><div id="root"></div><noscript>Turn it on.</noscript></body></html>'
        ),
        "/blank": Reply("<html><body><p></p></body></html>"),
        "/comment": Reply("<!-- nothing -->"),
    }
    site = read()
    found = reasons(site)
    assert found.pop("lie").startswith("found bytes that are no text")
    assert found.pop("comment").startswith("1: found no question")
    assert f"1 pages need JavaScript to show any text, such as {website.url}/app; nothing is known of them" in capsys.readouterr().err
    assert found == {
        "big": "larger than 4 MB",
        "pdf": "no web page: application/pdf",
        "binary": "found bytes that are no text",
        "gone": "status 410: gone",
        "teapot": "status 418",
        "app": "needs JavaScript",
        "blank": "no text",
    }
    assert [found.url.rpartition("/")[2] for found in site.pages if found.records] == ["", "untyped"]


def test_a_calendar_and_session_ids_do_not_take_all_pages(website, read):
    count = 0

    def otherwise(asked):
        nonlocal count
        path, count = asked.path, count + 1
        if path.startswith("/calendar/"):
            year, month = map(int, path.split("/")[2:])
            days = [f"/calendar/{year + step}/{month}" for step in (-1, 1)] + [f"/calendar/{year}/{month + step}" for step in range(1, 9)]
            return page(f"{month} of {year}", links=days)
        if path.startswith("/shop"):
            return page("shop", links=[f"/shop?visit={count}-{number}" for number in range(20)])
        if path.startswith("/s/"):
            return page("basket", links=[f"/s/{count}{number}/basket" for number in range(20)])
        return Reply(status=404)

    website.otherwise = otherwise
    website.pages["/"] = page("home", links=["/calendar/2026/11", "/shop", "/s/1/basket", *(f"/article/{number}" for number in range(90))])
    website.pages |= {f"/article/{number}": page(f"article {number}") for number in range(90)}
    site = read(depth=20)
    kinds = Counter(path.split("/")[0].split("?")[0] for path in paths(site))
    assert kinds == {"": 1, "calendar": ALIKE, "shop": 1, "s": 1, "article": 90}
    assert len(website.paths) < 1 + ALIKE + 90 + 3 * REPEATS
    assert {why for path, why in reasons(site).items() if path.startswith("calendar/")} == {"like many others: /calendar/#/#"}


def test_a_loop_of_links_that_grow_ends(website, read):
    website.otherwise = lambda asked: page(asked.path, links=["more/", "less/"]) if asked.path.endswith("/") else Reply(status=404)
    assert len(read(depth=3).pages) == 1 + 2 + 4 + 8


def test_the_canonical_one_of_two_equal_pages_stays(website, read):
    website.pages["/"] = page("home", links=["/a?from=mail", "/a?from=shop", "/b?view=1", "/wrong1", "/wrong2"])
    for path in ("/a?from=mail", "/a?from=shop", "/a"):
        website.pages[path] = page("a", head='<link rel="canonical" href="/a">')
    website.pages["/b?view=1"] = page("b", head='<link rel="canonical" href="https://pine.example/b">')
    website.pages |= {path: page(path, head='<link rel="canonical" href="/">') for path in ("/wrong1", "/wrong2")}
    site = read()
    assert sorted(paths(site)) == ["", "a", "b?view=1", "wrong1", "wrong2"]
    assert set(reasons(site).values()) == {"says the same as another page"}


def kept(site):
    return {found.url: [record.answers for record in found.records] for found in site.pages}


def test_a_site_that_goes_down_keeps_its_last_good_copy(website, read, capsys):
    website.pages["/"] = page("home", links=["/a", "/b"])
    website.pages |= {"/a": page("a"), "/b": page("b")}
    before = read()
    capsys.readouterr()
    website.close()
    after = read()
    assert kept(after) == kept(before) and hows(after) == {"kept copy": 3}
    assert {found.url: found.read for found in after.pages} == {found.url: found.read for found in before.pages}
    told = capsys.readouterr().err
    assert told == f"warning: {website.url}/: Connection refused; 3 copies of {before.pages[0].read[:10]} serve; try again later\n".replace(
        "Connection refused", told.split(": ")[2].partition(";")[0]
    )
    assert "refused" in told
    assert hows(read()) == {"kept copy": 3}


def test_a_site_that_dies_halfway_keeps_the_rest(website, read, capsys):
    website.pages["/"] = page("home", links=[f"/{number}" for number in range(40)])
    website.pages |= {f"/{number}": page(f"page {number}") for number in range(40)}
    before = read()
    website.pages |= {f"/{number}": Reply(status=503) for number in range(10, 40)}
    website.pages["/3"] = Reply(status=404)
    after = read()
    assert kept(after) == {url: said for url, said in kept(before).items() if not url.endswith("/3")}
    assert hows(after) == {"fetched": 10, "kept copy": 30}
    assert len(website.paths) == 2 + 11 + 3 * 5, "it is not asked any further"
    assert "the site does not answer any more; 30 copies of" in capsys.readouterr().err


@pytest.mark.parametrize("broken", [Reply(status=500), Reply(status=403), Reply("<p>half of the", cut=4), Reply(b"x" * (5 << 20))])
def test_one_page_that_cannot_be_read_keeps_its_copy(website, read, capsys, broken):
    website.pages |= {"/": page("home", links=["/a", "/b"]), "/a": page("a", links=["/c"]), "/b": page("b"), "/c": page("c")}
    before = read()
    website.pages["/a"] = broken
    after = read()
    assert kept(after) == kept(before), "with what it leads to"
    assert hows(after) == {"fetched": 3, "kept copy": 1}
    assert "not all pages can be read; 1 copies of" in capsys.readouterr().err


def test_a_page_that_changes_while_it_is_read_is_read_again(website, read):
    old, new = (
        page("fees", "The fee is $5 in all of our shops, as before."),
        page("fees", "The fee is $6 in all of our shops, from now on."),
    )
    replies = iter([old._replace(cut=60), new])
    website.pages["/"] = lambda asked: next(replies)
    assert [record.answers for record in read().pages[0].records] == [("The fee is $6 in all of our shops, from now on.",)]


def test_an_interrupted_crawl_leaves_the_last_one(website, read, time):
    website.pages |= {"/": page("home", links=["/a", "/b"]), "/a": page("a"), "/b": page("b")}
    before = read()
    stored, asked = before.path.read_bytes(), len(website.log)
    website.pages |= {"/": page("another home", links=["/a", "/b"]), "/a": page("another a")}

    def interrupt(seconds):
        if len(website.log) == asked - 1:
            raise KeyboardInterrupt

    time.sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        read()
    assert website.paths[-1] == "/a", "when half of it was read"
    assert before.path.read_bytes() == stored
    assert all((before.folder / found.file).is_file() for found in before.pages)


def test_a_page_that_the_config_leaves_out_now_is_forgotten(website, read):
    website.pages |= {"/": page("home", links=["/a"]), "/a": page("a")}
    assert paths(read()) == ["", "a"]
    website.close()
    assert paths(read(exclude=["/a"])) == [""]


def test_a_page_whose_copy_is_lost_is_fetched_whole(website, read):
    website.pages["/"] = page("home")._replace(headers={"ETag": '"1"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"})
    site = read()
    assert site.pages[0].records[0].origin.updated == "2026-11-02"
    (site.folder / site.pages[0].file).unlink()
    assert hows(read()) == {"fetched": 1}
    assert hows(read()) == {"unchanged": 1}


def test_copies_that_cannot_be_read_are_one_line(website, read):
    website.pages["/"] = page("home")
    site = read()
    from frontdesk.errors import UserError

    for damage in ("{", "[]", json.dumps({"url": "x", "pages": [{"url": 1}], "skipped": []})):
        site.path.write_text(damage)
        with pytest.raises(UserError, match="found a damaged list of pages"):
            read()
