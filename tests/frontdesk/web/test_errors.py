"""An error as each of the two APIs sends it."""

import json

from frontdesk.web.errors import ApiError

BUSY = ApiError(429, "too many", "model", "busy", "rate_limit_error", 0.2, {"x-left": "0"})


def test_the_gateway_speaks_as_openai_does() -> None:
    response = BUSY.openai_response()
    error = {"message": "too many", "type": "rate_limit_error", "param": "model", "code": "busy"}
    assert (response.status_code, json.loads(bytes(response.body))) == (429, {"error": error})
    assert (response.headers["retry-after"], response.headers["x-left"]) == ("1", "0"), "whole seconds, and never too soon"


def test_the_customers_api_has_message_and_code() -> None:
    assert json.loads(bytes(BUSY.response().body)) == {"error": {"message": "too many", "code": "busy"}}
    refused = ApiError(401, "who?", code="no_session").response()
    assert refused.headers["www-authenticate"] == "Bearer" and "retry-after" not in refused.headers
