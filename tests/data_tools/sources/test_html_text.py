"""What a reader of the HTML would see, and HTML that is none."""

import pytest

from data_tools.sources.html_text import html_text
from tests.timing import LINEAR, exponent


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hi there</p>", "Hi there"),
        ('<p class="no-margin">Hi</p><p>again</p>', "Hi\nagain"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>환불은 <b>3일</b> 안에<br />됩니다</div>", "환불은 3일 안에\n됩니다"),
        ("<ul><li>box</li>\n <li>bag<p>blue</p></li></ul>after", "box\nbag\nblue\nafter"),
        ("<p>Fish &amp; chips &lt;3 &#44032;&nbsp;ok</p>", "Fish & chips <3 가 ok"),
        ("<p>a   b\n  c</p>", "a b c"),
        ("<pre>a\n  b</pre>c  d", "a\nb\nc d"),
        ("<p>x</p><style>p{}</style><script>if (a<b) f()</script><!-- hidden -->y", "x\ny"),
        ("<template><p>no</p></template>yes<noscript><p>nor this</p></noscript>", "yes"),
        ("<html><head><title>Mail</title></head><body>Body</body></html>", "Body"),
        ("<table><tr><td>size</td><td>42</td></tr><tr><td>colour</td><td>red</td></tr></table>", "size 42\ncolour red"),
        ('<a href="https://shop.example/x">the shop</a>, <em>please</em>', "the shop, please"),
    ],
)
def test_html_becomes_what_is_seen(html, text):
    assert html_text(html) == text


@pytest.mark.parametrize("text", ["I <3 you\nall", "2 < 3 and 5 > 4", "plain\n\ntext", "R&D", ""])
def test_text_without_a_tag_keeps_its_lines(text):
    assert html_text(text) == text


def test_entities_are_decoded_without_tags():
    assert html_text(" Tom &amp; Jo&nbsp;&#33;\nbye ") == "Tom & Jo !\nbye"


@pytest.mark.parametrize(
    "html",
    [
        "<!-- only",
        "<p",
        "<>",
        "</p></p>",
        "<p>\x00\ud83d&#xD83D;",
        "<?xml?>",
    ],
    ids=lambda html: html[:5].encode("unicode_escape").decode(),
)
def test_broken_html_is_text(html):
    assert html_text(html).encode() is not None


@pytest.mark.parametrize("piece", ["<p a='", "<!--", "<div>", "&<"])
def test_much_broken_html_takes_time_in_proportion(piece):
    assert exponent(lambda times: html_text(piece * times).encode(), 5_000, 20_000) < LINEAR


def test_one_paragraph_is_read_as_in_a_longer_piece():
    body = "<p dir='auto'>a &amp;  b\n&nbsp;c</p>"
    assert html_text(body + "<p>end</p>") == html_text(body) + "\nend"
