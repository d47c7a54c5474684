"""Assistants without models for the measuring verbs, and the load of a quiet and of a busy machine."""

import json

from harness.measure.machine import describe
from harness.serve.entry import Entry
from harness.serve.network import Network
from tests.fakes import Scripted, pipeline

NEAR = Network(rtt_ms=1, keep_alive=True, preflight=())
QUIET = describe.Busy(2, 0.0, 0.0, ())
HOGGED = describe.Busy(2, 1.5, 0.0, (("hog", 1.5),))
KNOWN = {
    "baseline": Entry("baseline", pipeline(), NEAR),
    "reference": Entry("reference", pipeline(streaming=True), NEAR),
    "broken": Entry("broken", Scripted(), NEAR),
}


def last_json(result):
    """Return the JSON object on the last line that a command printed."""
    return json.loads(result.stdout.strip().splitlines()[-1])
