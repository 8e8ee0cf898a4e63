import pytest

from frontdesk.web.address import url


@pytest.mark.parametrize(
    ("host", "reached", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("::1", "http://[::1]:8000", "http://localhost:8000"),
        ("10.1.2.3", "http://10.1.2.3:8000", "http://10.1.2.3:8000"),
    ],
)
def test_an_address_is_one_that_a_client_here_reaches(host: str, reached: str, shown: str) -> None:
    assert reached == url(host, 8000)
    assert shown == url(host, 8000, shown=True)
