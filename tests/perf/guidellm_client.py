"""Requests sent and timed by guidellm, one at a time: run by guidellm's own Python, beside the tests.

Usage: python guidellm_client.py URL MODEL. Reads a question a line, and writes guidellm's statistics of its
request a line, in JSON. Each question comes from outside, so that another client can ask in turn.
"""

import asyncio
import json
import sys

from guidellm.backends.openai import OpenAIHTTPBackend
from guidellm.schemas import GenerationRequest, RequestInfo
from guidellm.schemas.backends.openai_http import OpenAIHTTPBackendArgs


async def main(url, model):
    backend = OpenAIHTTPBackend(OpenAIHTTPBackendArgs(target=url, model=model))
    await backend.process_startup()
    for line in iter(sys.stdin.readline, ""):
        print(json.dumps(await figures(backend, json.loads(line))), flush=True)
    await backend.process_shutdown()


async def figures(backend, text):
    request = GenerationRequest(columns={"text_column": [text]})
    about = RequestInfo(request_id=request.request_id, status="completed")
    async for response, info in backend.resolve(request, about):
        last = response, info
    response, info = last
    stats = response.compile_stats(request, info)
    end_to_end_ms = 1000 * stats.request_latency
    return [stats.time_to_first_token_ms, end_to_end_ms, stats.inter_token_latency_ms]


asyncio.run(main(*sys.argv[1:]))
