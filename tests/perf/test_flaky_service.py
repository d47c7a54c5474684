"""A service with errors, hangs and resets: every request is accounted for, and what our client costs.

MINUTES=20 makes the run against the flaky service so long; without it, it takes 15 seconds.
"""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median

import httpx
import pytest

from harness.assistant import Question
from harness.chat.chat_client import ChatClient
from harness.chat.chat_options import ChatOptions
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import time_or_fault
from harness.measure.service.own_questions import OwnQuestion
from harness.measure.service.service_run import MOST_FAULTS, Plan, run_service
from harness.measure.service.targets import Target
from harness.store import HOME_VARIABLE
from tests.unit.chat.fake_service import DONE, EVENTS, JSON, delta, sending, service

MINUTES = float(os.environ.get("MINUTES", "0.25"))
pytestmark = [pytest.mark.perf, pytest.mark.timeout(120 + MINUTES * 90)]

RATE, DEADLINE_S, ANSWER_MS = 20.0, 1.0, 500
SHARES = {"error": 0.05, "hang": 0.02, "reset": 0.03}  # of all requests
SENTENCES = {  # what a fault of each kind says
    "error": ("status 500", "asks to wait", "sent something else"),
    "hang": ("did not finish its answer",),
    "reset": ("broke before", "ended its stream before"),
}
COST_SHARE = 0.003  # of an answer of half a second


class Flaky:
    """A service that answers, or fails in a way drawn for each request; `log` has what it did, in order.

    Never three faults in a row, which end a run as those of a server that is down.
    """

    def __init__(self, seed):
        self.draw, self.log = random.Random(seed), []

    def __call__(self, handler):
        kinds = [*SHARES, "answer"]
        [kind] = self.draw.choices(kinds, [*SHARES.values(), 1 - sum(SHARES.values())])
        in_a_row = MOST_FAULTS - 1
        if "answer" not in self.log[-in_a_row:] and len(self.log) >= in_a_row:
            kind = "answer"
        self.log.append(kind)
        getattr(self, kind)(handler)

    def answer(self, handler):
        handler.send(200, EVENTS, delta("24 "), delta("months"), delta(finish="stop"), DONE)

    def error(self, handler):
        replies = (500, JSON, b"{}"), (429, {"Retry-After": "0"}), (200, JSON, b"{")
        handler.send(*self.draw.choice(replies))

    def hang(self, handler):
        handler.send(200, EVENTS, delta("24 "))
        threading.Event().wait(2 * DEADLINE_S)

    def reset(self, handler):
        handler.send(200, EVENTS, delta("24 "))
        at_once = struct.pack("ii", 1, 0)  # closing it resets the connection
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        handler.connection.close()


def kind_of(result):
    if not isinstance(result, Fault):
        return "answer"
    kinds = [kind for kind, said in SENTENCES.items() if any(s in result.sentence for s in said)]
    assert len(kinds) == 1, result.sentence
    return kinds[0]


def test_every_request_of_a_long_run_is_accounted_for():
    flaky, until = Flaky(seed=7), time.monotonic() + 60 * MINUTES
    found = []
    with service(flaky) as server:
        client = ChatClient(server.url, "fake", ChatOptions(deadline_s=DEADLINE_S))
        plan = Plan(round(60 * MINUTES * RATE), RATE)
        asked = [OwnQuestion(text=f"question {number}") for number in range(plan.n)]
        for outcome in run_service(Target("flaky", client, client), asked, plan):
            found.append(kind_of(outcome.result))
            if time.monotonic() > until:
                break
        client.close()
    print(f"\n{len(found)} requests in {MINUTES:g} minutes: {dict(Counter(found))}")
    assert found == flaky.log and len(found) > 10


def test_ctrl_c_loses_no_request(tmp_path):
    flaky, command = Flaky(seed=8), [Path(sys.executable).with_name("under500"), "profile"]
    env = os.environ | {HOME_VARIABLE: str(tmp_path)}  # its result is not kept for the user
    with service(flaky) as server:
        more = [server.url, "-n", "500", "--rate", str(RATE), "--json"]
        run = subprocess.Popen([*command, *more], stdout=subprocess.PIPE, text=True, env=env)
        while len(flaky.log) < 30 and run.poll() is None:
            threading.Event().wait(0.05)
        run.send_signal(signal.SIGINT)
        said, _ = run.communicate(timeout=90)
        requests = len(flaky.log)
    result = json.loads(said.splitlines()[-1])
    faults = sum(result["faults"].values())
    assert run.returncode == 130 and result["requests"] == requests
    print(f"\n{requests} requests until Ctrl-C, {faults} of them faults")


def test_our_client_costs_less_than_a_three_hundredth_of_an_answer():
    pieces = [delta("word ") for _ in range(30)]
    with service(sending(200, EVENTS, *pieces, delta(finish="stop"), DONE)) as server:
        ours = ChatClient(server.url, "fake")
        bare = httpx.Client(trust_env=False)
        body = {"model": "fake", "messages": [{"role": "user", "content": "how long?"}]}

        def raw():
            with bare.stream("POST", f"{server.url}/chat/completions", json=body) as reply:
                return b"".join(reply.iter_bytes())

        def clocked():
            return time_or_fault(ours, Question("how long?"))

        taken = {raw: [], clocked: []}
        for number in range(400):
            for ask in (raw, clocked) if number % 2 else (clocked, raw):
                began = time.perf_counter()
                ask()
                taken[ask].append(1000 * (time.perf_counter() - began))
        bare.close()
        ours.close()
    cost_ms = median(b - a for a, b in zip(taken[raw], taken[clocked], strict=True))
    print(f"\n{cost_ms:.2f} ms more than bare httpx for 30 pieces: {cost_ms / ANSWER_MS:.2%} of it")
    assert cost_ms <= COST_SHARE * ANSWER_MS
