"""An error as an answer of the gateway's or the page's API."""

import math
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse, Response


@dataclass(eq=False)
class ApiError(Exception):
    """A refused request, in words for the person who wrote the client. `retry_after` is in seconds."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    kind: str = "invalid_request_error"
    retry_after: float | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def openai_body(self) -> dict[str, Any]:
        """The body that OpenAI's clients read: `{"error": {"message", "type", "param", "code"}}`."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}

    def openai_response(self) -> Response:
        """As the gateway answers."""
        return self._response(self.openai_body())

    def response(self) -> Response:
        """As the customers' API answers: `{"error": {"message", "code"}}`."""
        return self._response({"error": {"message": self.message, "code": self.code}})

    def _response(self, body: dict[str, Any]) -> Response:
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["Retry-After"] = str(math.ceil(self.retry_after))
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(body, self.status, headers)
