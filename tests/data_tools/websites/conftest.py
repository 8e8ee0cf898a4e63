"""A served website, and time, for each test."""

from collections.abc import Iterator

import pytest

from tests.data_tools.websites.served import Time, Website


@pytest.fixture
def website() -> Iterator[Website]:
    site = Website()
    yield site
    site.close()


@pytest.fixture
def time() -> Time:
    return Time()
