"""What the tests of the pages share: a browser, and a shop with its console."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from frontdesk.engine.vllm import KEY_VARIABLE
from tests.ui import browser
from tests.ui.console_served import Office, served_office


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = browser.launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, before = tmp_path_factory.mktemp("office"), Path.cwd()
    os.chdir(folder)
    os.environ.pop(KEY_VARIABLE, None)
    try:
        with served_office(folder) as office:
            yield office
    finally:
        os.chdir(before)
