"""Pages in the shape of help centres, shops, wikis and old sites: for each what it says, and what stands around that."""

from typing import NamedTuple


class Sample(NamedTuple):
    """A page; lines of its main text, cells of a table's row joined; and lines that are menus, banners, votes, related pages."""

    name: str
    html: str
    text: tuple[str, ...]
    around: tuple[str, ...]


BANNER = "We use cookies to improve your visit. Accept all"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title><style>p {{color: red}}</style></head>'

DESK = Sample(
    "helpdesk",
    HEAD.format("Returning a tent – Pebble &amp; Pine Help")
    + f"""<body><div class="cookie-consent"><p>{BANNER}</p></div>
<header class="header"><ul class="user-nav"><li><a href="/signin">Sign in to the help centre</a></li></ul></header>
<main role="main"><nav class="sub-nav"><ol class="breadcrumbs"><li>Pebble &amp; Pine Help</li><li>Returns and refunds</li></ol></nav>
<div class="article-container"><section class="article-sidebar"><h3>Articles in this section</h3><ul><li><a href="/a/2">Exchanging boots</a>
</li><li><a href="/a/3">Refund times by bank</a></li></ul></section><article class="article"><header><h1>Returning a tent</h1></header>
<div class="article-body"><p>Tents can be returned within 45 days of delivery, even after one trip.</p>
<h2 id="h_how">How to send it back</h2><ol><li>Dry the tent fully.</li><li>Print the label from your order page.</li></ol>
<h2 id="h_cost">What it costs</h2><table><thead><tr><th>Size</th><th>Label</th></tr></thead><tbody><tr><td>Up to 2 people</td><td>$6</td>
</tr><tr><td>3 people and more</td><td>$11</td></tr></tbody></table><p>Members pay nothing.</p></div>
<footer><div class="article-votes"><span>Was this article helpful?</span><p>12 out of 14 found this helpful</p></div></footer></article>
<section class="related-articles"><h3>Related articles</h3><ul><li><a href="/a/8">Cleaning a tent</a></li></ul></section></div></main>
<footer class="footer"><p>© Pebble &amp; Pine, all rights reserved</p></footer></body></html>""",
    (
        "Tents can be returned within 45 days of delivery, even after one trip.",
        "How to send it back",
        "Dry the tent fully.",
        "Print the label from your order page.",
        "What it costs",
        "Up to 2 people | $6",
        "3 people and more | $11",
        "Members pay nothing.",
    ),
    (
        BANNER,
        "Sign in to the help centre",
        "Returns and refunds",
        "Articles in this section",
        "Exchanging boots",
        "Was this article helpful?",
        "12 out of 14 found this helpful",
        "Related articles",
        "Cleaning a tent",
        "© Pebble & Pine, all rights reserved",
    ),
)

MESSENGER = Sample(
    "messenger",
    HEAD.format("Change your plan | Ferrywire Help")
    + """<body><div id="root"><div class="header"><div class="header__links"><a href="/">Go to Ferrywire</a><a href="/en/">All
collections</a></div></div><div class="content"><div class="section"><div class="breadcrumb"><a href="/en/">All collections</a><div>Billing
and plans</div></div><div class="article intercom-force-break"><div class="article_body"><h1>Change your plan</h1>
<div class="paragraph"><p>You can move to a larger plan at any time; the price is counted by the day.</p></div>
<div class="heading"><h2 id="smaller">To a smaller plan</h2></div><div class="paragraph"><p>A smaller plan begins with the next month.</p></div>
<div class="table-container"><table><tbody><tr><td><div><p>Starter</p></div></td><td><div><p>€9 a month</p></div></td></tr><tr><td><div>
<p>Team</p></div></td><td><div><p>€29 a month</p></div></td></tr></tbody></table></div>
<div class="callout"><p>Yearly plans cannot be made smaller before they end.</p></div></div></div>
<section class="related_articles"><div class="related__title">More on this topic</div><ul><li><a href="/en/5">Download an invoice</a></li>
<li><a href="/en/6">Add a tax number</a></li></ul></section><div class="reactions"><div>Did this answer your question?</div>
<button>😞</button><button>😃</button></div></div></div><div class="footer"><p>We run on Ferrywire</p></div></div></body></html>""",
    (
        "You can move to a larger plan at any time; the price is counted by the day.",
        "To a smaller plan",
        "A smaller plan begins with the next month.",
        "Starter | €9 a month",
        "Team | €29 a month",
        "Yearly plans cannot be made smaller before they end.",
    ),
    (
        "Go to Ferrywire",
        "All collections",
        "More on this topic",
        "Download an invoice",
        "Did this answer your question?",
        "We run on Ferrywire",
    ),
)

BLOG = Sample(
    "blog",
    HEAD.format("Opening hours in winter – Café Linde")
    + """<body class="page"><div id="cookie-law-info-bar"><span>This site uses cookies.</span><p>Read our cookie rules before you agree.</p></div>
<div id="page"><div id="masthead" class="site-header"><div class="menu-main-container"><ul id="menu-main" class="menu"><li><a href="/">Home</a>
</li><li><a href="/cakes">Our cakes today</a></li></ul></div></div><div id="content" class="site-content"><div id="primary"><div
class="hentry"><h1 class="entry-title">Opening hours in winter</h1><div class="entry-meta">Posted on 3 November by Ida</div><div
class="entry-content"><p>From November to March we open at nine and close at five.</p><h3>Sundays</h3><p>On Sundays there is breakfast only,
until noon.</p><ul><li>Last orders at half past eleven.</li><li>Dogs are welcome in the garden room.</li></ul>
<h3>Holidays</h3><p>Closed on 25 and 26 December.<br>Open on 1 January from eleven.</p><div class="sharedaddy"><h3>Share this:</h3><ul><li>
<a>Click to share by mail</a></li></ul></div></div></div><div id="comments"><h2>2 thoughts on winter hours</h2><ol><li><p>Lovely, see you on
Sunday then!</p></li></ol></div></div><div id="secondary" class="widget-area"><h2>Recent posts</h2><ul><li><a href="/3">A new oven at
last</a></li></ul></div></div><div id="colophon" class="site-footer"><p>Proudly powered by good coffee</p></div></div></body></html>""",
    (
        "From November to March we open at nine and close at five.",
        "Sundays",
        "On Sundays there is breakfast only, until noon.",
        "Last orders at half past eleven.",
        "Dogs are welcome in the garden room.",
        "Holidays",
        "Closed on 25 and 26 December.",
        "Open on 1 January from eleven.",
    ),
    (
        "Read our cookie rules before you agree.",
        "Our cakes today",
        "Click to share by mail",
        "2 thoughts on winter hours",
        "Lovely, see you on Sunday then!",
        "Recent posts",
        "A new oven at last",
        "Proudly powered by good coffee",
    ),
)

KOREAN_SHOP = Sample(
    "Korean shop",
    """<html><head><meta charset="utf-8"><title>배송 안내 - 조약돌과 소나무</title></head><body><div id="wrap"><div id="header"><div class="topArea">
<ul class="log"><li><a href="/login">로그인</a></li><li><a href="/order">주문 조회하기</a></li></ul></div></div><div id="container"><div
id="sidebar"><ul><li><a href="/tent">텐트와 타프 전체 보기</a></li></ul></div><div id="contents"><div class="path"><span>현재 위치</span><ol><li>
<a href="/">홈 화면으로</a></li></ol></div><div class="titleArea"><h2>배송 안내</h2></div><div class="guide"><h3>배송비</h3><div>5만 원 이상 구매하시면
배송비가 무료입니다.<br>제주와 도서 산간 지역은 3,000원이 추가됩니다.</div><h3>배송 기간</h3><table border="1"><tr><th>서울과 경기</th><td>1일에서 2일</td>
</tr><tr><th>그 밖의 지역</th><td>2일에서 3일</td></tr></table><div>주말과 공휴일에는 발송하지 않습니다.</div></div></div></div><div id="footer"><div
class="etcArea"><ul><li><a href="/company">회사 소개 페이지</a></li></ul><p>상호 조약돌과 소나무 대표 김하늘</p></div></div></div></body></html>""",
    (
        "배송비",
        "5만 원 이상 구매하시면 배송비가 무료입니다.",
        "제주와 도서 산간 지역은 3,000원이 추가됩니다.",
        "배송 기간",
        "서울과 경기 | 1일에서 2일",
        "그 밖의 지역 | 2일에서 3일",
        "주말과 공휴일에는 발송하지 않습니다.",
    ),
    ("주문 조회하기", "텐트와 타프 전체 보기", "현재 위치", "홈 화면으로", "회사 소개 페이지", "상호 조약돌과 소나무 대표 김하늘"),
)

MANUAL = Sample(
    "manual",
    HEAD.format("Set up webhooks | Ferrywire Docs")
    + """<body><div role="region" aria-label="Skip to main content"><a href="#main">Skip to main content</a></div><nav class="navbar"><a
href="/">Ferrywire Docs</a></nav><div class="main-wrapper"><aside class="theme-doc-sidebar"><ul class="menu__list"><li>Getting started with
Ferrywire</li></ul></aside><main><div class="row"><div class="col"><article><div class="theme-doc-markdown markdown"><header><h1>Set up
webhooks</h1></header><p>A webhook tells your server of each message within two seconds.</p><h2 class="anchor" id="create">Create one<a
href="#create" class="hash-link" title="Direct link">&#8203;</a></h2><p>Open <strong>Settings</strong>, then <em>Webhooks</em>, and paste the address
of your server.</p><pre><code>POST /v2/hooks
{"url": "https://example.com/in"}</code></pre><div class="admonition"><div class="admonition-heading">tip</div><div
class="admonition-content"><p>Use one webhook for each stage.</p></div></div><h2 class="anchor" id="limits">Limits</h2><p>Up to 20 webhooks, and
5 tries for each message.</p></div><footer class="theme-doc-footer"><a>Edit this page</a></footer></article><nav class="pagination-nav"><a><div
class="pagination-nav__sublabel">Next</div><div>Verify a signature of ours</div></a></nav></div><div class="col"><div
class="table-of-contents"><ul><li><a href="#create">Create one</a></li></ul></div></div></div></main></div><footer class="footer"><div>Built
by the Ferrywire docs team</div></footer></body></html>""",
    (
        "A webhook tells your server of each message within two seconds.",
        "Create one",
        "Open Settings, then Webhooks, and paste the address of your server.",
        '{"url": "https://example.com/in"}',
        "Use one webhook for each stage.",
        "Limits",
        "Up to 20 webhooks, and 5 tries for each message.",
    ),
    (
        "Skip to main content",
        "Getting started with Ferrywire",
        "Edit this page",
        "Verify a signature of ours",
        "Built by the Ferrywire docs team",
    ),
)

WIKI = Sample(
    "wiki",
    HEAD.format("Lending rules - Harbour Library")
    + """<body class="mediawiki"><div id="mw-page-base"></div><div id="content" class="mw-body" role="main"><h1 id="firstHeading">Lending
rules</h1><div id="bodyContent"><div id="siteSub">From the wiki of Harbour Library</div><div id="mw-content-text"><div
class="mw-parser-output"><p>Anybody who lives in the harbour may borrow up to <b>eight</b> books at a time.</p><div id="toc" class="toc"><h2>Contents
</h2><ul><li><a href="#Fees">1 Fees</a></li></ul></div><h2><span class="mw-headline" id="Fees">Fees</span><span class="mw-editsection">[edit]
</span></h2><p>A late book costs 30 cents a day, at most 6 euros.</p><dl><dd>Children pay half of that.</dd></dl><h2><span class="mw-headline"
id="Renewing">Renewing</span></h2><p>Books can be renewed twice, unless somebody waits for them.</p><table class="wikitable"><tr><th>What</th>
<th>For how long</th></tr><tr><td>Novels</td><td>4 weeks</td></tr><tr><td>Films</td><td>1 week</td></tr></table></div></div><div id="catlinks"
class="catlinks"><ul><li>Rules of the house</li></ul></div></div></div><div id="mw-navigation"><div id="p-tb" class="portal" role="navigation"><h3>
Tools</h3><ul><li>What links here</li></ul></div></div><div id="footer" role="contentinfo"><ul><li>This page was last edited on 2 May</li></ul>
</div></body></html>""",
    (
        "Anybody who lives in the harbour may borrow up to eight books at a time.",
        "Fees",
        "A late book costs 30 cents a day, at most 6 euros.",
        "Children pay half of that.",
        "Renewing",
        "Books can be renewed twice, unless somebody waits for them.",
        "Novels | 4 weeks",
        "Films | 1 week",
    ),
    ("1 Fees", "Rules of the house", "What links here", "This page was last edited on 2 May"),
)

POLICY = Sample(
    "shop policy",
    HEAD.format("Shipping policy – Otter Soap")
    + """<body><div id="shopify-section-announcement-bar"><div class="announcement-bar" role="region"><p>Summer sale: 20 % off all
bars</p></div></div><div class="site-header"><div class="header__menu"><details><summary>Shop by scent</summary><ul><li><a href="/l">Lavender
and lemon</a></li></ul></details></div></div><main id="MainContent"><div class="shopify-policy__container"><div
class="shopify-policy__title"><h1>Shipping policy</h1></div><div class="shopify-policy__body"><div class="rte"><p><strong>Where we
ship</strong></p><p>We ship to Ireland, the United Kingdom and France.</p><p><strong>How long it takes</strong></p><p>Ireland: 2 working days.
</p><p>Elsewhere: 4 to 6 working days.</p><p>Orders of more than €40 ship free.</p></div></div></div></main><div class="newsletter"><h2>Stay in
the loop</h2><p>Sign up and get 10 % off your first order.</p></div><div class="footer"><h2>Quick links</h2><ul><li><a
href="/s">Search the shop</a></li></ul><p>© Otter Soap, made by hand</p></div><div class="modal" role="dialog"><p>Your basket is empty just
now</p></div></body></html>""",
    (
        "Where we ship",
        "We ship to Ireland, the United Kingdom and France.",
        "How long it takes",
        "Ireland: 2 working days.",
        "Elsewhere: 4 to 6 working days.",
        "Orders of more than €40 ship free.",
    ),
    (
        "Summer sale: 20 % off all bars",
        "Lavender and lemon",
        "Sign up and get 10 % off your first order.",
        "Quick links",
        "Search the shop",
        "© Otter Soap, made by hand",
        "Your basket is empty just now",
    ),
)

OLD = Sample(
    "old",
    """<HTML><HEAD><TITLE>Dr. Vogel - Practice</TITLE></HEAD><BODY BGCOLOR=white><TABLE WIDTH=800><TR><TD COLSPAN=2><FONT SIZE=5>Practice of Dr.
Vogel</FONT></TD></TR><TR><TD WIDTH=150><A HREF=start.htm>Start page</A><BR><A HREF=team.htm>The people here</A><BR><A HREF=way.htm>How to find
us</A></TD><TD><H2>Appointments</H2>Please call 01 555 0143 between eight and eleven.<P>Emergencies are seen on the same day.<H2>Prescriptions</H2>
<FONT COLOR=blue>Repeat prescriptions are ready after 24 hours.</FONT><BR>Bring your card once a quarter.</TD></TR></TABLE></BODY></HTML>""",
    (
        "Appointments",
        "Please call 01 555 0143 between eight and eleven.",
        "Emergencies are seen on the same day.",
        "Prescriptions",
        "Repeat prescriptions are ready after 24 hours.",
        "Bring your card once a quarter.",
    ),
    ("Start page", "The people here", "How to find us"),
)

CONTACT = Sample(
    "contact",
    HEAD.format("Contact | Pebble &amp; Pine")
    + f"""<body><div class="cookie-consent"><p>{BANNER}</p></div><header><a href="/">Pebble &amp; Pine</a></header><main><h1>Contact</h1><section
id="phone"><h2>By phone</h2><p>1-800-555-0117</p><p>Monday to Friday, 8 am to 6 pm</p></section><section id="shop"><h2>The shop</h2><address>12
Quarry Lane<br>Bend, OR 97701</address><p>Parking is behind the house.</p></section></main><footer><p>© Pebble &amp; Pine, all rights
reserved</p></footer></body></html>""",
    (
        "By phone",
        "1-800-555-0117",
        "Monday to Friday, 8 am to 6 pm",
        "The shop",
        "12 Quarry Lane",
        "Bend, OR 97701",
        "Parking is behind the house.",
    ),
    (BANNER, "© Pebble & Pine, all rights reserved"),
)

SAMPLES = (DESK, MESSENGER, BLOG, KOREAN_SHOP, MANUAL, WIKI, POLICY, OLD, CONTACT)
