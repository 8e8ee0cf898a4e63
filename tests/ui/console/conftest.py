"""Agents, and their browsers without scripts."""

from collections.abc import Iterator

import httpx
import pytest

from tests.ui.console_served import Office


@pytest.fixture(scope="module")
def staff(office: Office) -> dict[str, str]:
    """Keys by name."""
    return {name: office.key(name, role) for name, role in (("anna", "agent"), ("bert", "agent"), ("root", "admin"))}


@pytest.fixture
def anna(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["anna"]) as client:
        yield client


@pytest.fixture
def bert(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["bert"]) as client:
        yield client


@pytest.fixture
def root(office: Office, staff: dict[str, str]) -> Iterator[httpx.Client]:
    with office.browser(staff["root"]) as client:
        yield client
