"""What a customer does on the chat page, as functions over a Playwright page. Waits end in Playwright's TimeoutError."""

from collections.abc import Callable
from typing import Any, cast

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect

from tests.waits import wait_for
from ui.chat.texts import TEXTS, Language

WAIT_MS = 120_000
"""For anything to appear: it only ends a test that would hang."""
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright, *more: str) -> Browser:
    """The machine's own Chromium, headless and quiet. All that is expected of its pages is waited for."""
    expect.set_options(timeout=WAIT_MS)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*CHROMIUM_ARGS, *more])


def new_context(chromium: Browser, **settings: Any) -> BrowserContext:
    """A browser of its own, in English unless told otherwise."""
    context = chromium.new_context(**{"locale": "en-US", **settings})
    context.set_default_timeout(WAIT_MS)
    return context


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for what the page's events bring about: they are heard of while the page is asked something."""
    wait_for(lambda: page.evaluate("true") and condition())


def open_chat(page: Page, url: str) -> None:
    """Load the page and wait until it takes questions."""
    page.goto(url, timeout=WAIT_MS)
    page.wait_for_selector("#notice [data-questions='0'][data-busy='false']", state="attached", timeout=WAIT_MS)
    page.wait_for_selector("#language input:checked", state="attached", timeout=WAIT_MS)


def send(page: Page, text: str) -> None:
    """Type a text and press Enter. Does not wait for anything."""
    page.fill("#question textarea", text)
    page.press("#question textarea", "Enter")


def ask(page: Page, text: str) -> str:
    """Ask, wait for the whole answer and return it as shown."""
    number = asked(page) + 1
    send(page, text)
    wait_asked(page, number)
    return wait_answered(page)


def click_suggestion(page: Page, number: int = 0) -> tuple[str, str]:
    """Click a suggested question. Returns the question and its answer."""
    button = page.locator(f"#suggestion-{number}")
    question = button.inner_text().strip()
    before = asked(page)
    button.click()
    wait_asked(page, before + 1)
    return question, wait_answered(page)


def stop(page: Page) -> str:
    """Stop the answer on its way. Returns what is there of it."""
    page.click("#stop")
    return wait_answered(page)


def retry(page: Page) -> str:
    """Have the last question answered again. Returns the new answer."""
    before = page.get_attribute("#notice [role=status]", "data-revision")
    page.click("#retry")
    page.wait_for_function(  # an answer may be there sooner than one looks
        "before => (at => at.busy === 'true' || at.revision !== before)(document.querySelector('#notice [role=status]').dataset)",
        arg=before,
    )
    return wait_answered(page)


def clear(page: Page) -> None:
    """Start a new conversation."""
    if asked(page):  # the button of an empty conversation is disabled
        page.click("#clear")
        wait_asked(page, 0)


def switch_language(page: Page, language: str) -> None:
    """Switch to "en" or "ko" and wait until the page shows it."""
    page.click(f"#language input[value='{language}']", force=True)
    page.wait_for_function("language => document.documentElement.lang === language", arg=language)
    placeholder = TEXTS[cast(Language, language)]["placeholder"]
    page.wait_for_function("text => document.querySelector('#question textarea').placeholder === text", arg=placeholder)


def asked(page: Page) -> int:
    """Questions in the conversation."""
    return int(page.get_attribute("#notice [role=status]", "data-questions") or "0")


def wait_asked(page: Page, number: int) -> None:
    """Wait until the conversation has that many questions."""
    page.wait_for_selector(f"#notice [data-questions='{number}']", state="attached", timeout=WAIT_MS)


def wait_answered(page: Page) -> str:
    """Wait until no answer is on its way. Returns the last one, "" if the last question has none."""
    page.wait_for_selector("#notice [data-busy='false']", state="attached", timeout=WAIT_MS)
    page.wait_for_selector("#stop", state="hidden")
    turns = shown_turns(page)
    return turns[-1][1] if turns and turns[-1][0] == "assistant" else ""


def wait_streaming(page: Page, characters: int = 1) -> str:
    """Wait until the answer on its way has that many characters. Returns what is there."""
    page.wait_for_function(
        "characters => (document.querySelector('.turn.writing .text')?.innerText.trim().length ?? 0) >= characters",
        arg=characters,
        timeout=WAIT_MS,
    )
    return shown_turns(page)[-1][1]


def shown_turns(page: Page) -> list[tuple[str, str]]:
    """The conversation as shown: (role, text), oldest first. The roles are user, assistant and agent."""
    roles = {"user": "user", "bot": "assistant", "agent": "agent"}
    found = page.eval_on_selector_all("#chat .turn .text", "nodes => nodes.map(node => [node.dataset.testid, node.innerText.trim()])")
    return [(roles[role], text) for role, text in found]


def notice(page: Page) -> str:
    """The notice above the text box, "" if there is none."""
    return page.inner_text("#notice [role=status]").strip()
