"""Server-sent events, byte for byte."""

from frontdesk.web.sse import comment, event


def test_events() -> None:
    assert event({"text": "가\nb"}) == 'data: {"text": "가\\nb"}\n\n'.encode()
    assert event({}, "away") == b"event: away\ndata: {}\n\n"
    assert comment("still here") == b": still here\n\n"
