"""An engine without a model: the same words to every question, one each 20 ms."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

WORDS = ["Thank", "you", "for", "asking:", "orders", "placed", "before", "noon", "leave", "our", "house", "on", "the", "same", "day."]
SECONDS = 0.02  # for a word

app = FastAPI()


@app.get("/health")
async def health() -> Response:
    return Response()


@app.get("/v1/models")
async def models() -> Response:
    """Which a router asks whether a key is right."""
    return JSONResponse({"object": "list", "data": []})


@app.post("/v1/chat/completions")
async def answer(request: Request) -> Response:
    asked = await request.json()
    if asked.get("stream"):
        return StreamingResponse(events(bool(asked.get("stream_options"))), media_type="text/event-stream")
    await asyncio.sleep(SECONDS * len(WORDS))
    message = {"role": "assistant", "content": " ".join(WORDS)}
    return JSONResponse({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage()})


async def events(counted: bool) -> AsyncIterator[bytes]:
    yield event({"role": "assistant", "content": ""})
    for number, word in enumerate(WORDS):
        await asyncio.sleep(SECONDS)
        yield event({"content": f" {word}" if number else word})
    yield event({}, "stop")
    if counted:
        yield b"data: " + json.dumps({"choices": [], "usage": usage()}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"object": "chat.completion.chunk", "choices": [choice]}).encode() + b"\n\n"


def usage() -> dict[str, int]:
    return {"prompt_tokens": 100, "completion_tokens": len(WORDS), "total_tokens": 100 + len(WORDS)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    found, _ = parser.parse_known_args()
    uvicorn.run(app, host=found.host, port=found.port, log_level="warning")
