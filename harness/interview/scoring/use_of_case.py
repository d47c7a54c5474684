"""Whether an answer uses the case that it is about, and whether it is about latency at all."""

from __future__ import annotations

import re

from harness.interview.scoring.behaviour import names_cause
from harness.interview.scoring.grounding import own_times
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.heard import Heard

RECITED = "nothing in it comes from this case: neither its cause nor one of its numbers"
OFF_TOPIC = "it is about something else"
FIELD = re.compile(  # words of the field
    r"\b(models?|llms?|tokens?|latenc(?:y|ies)|requests?|quer(?:y|ies)|cach\w+|index\w*|search\w*|retriev\w+|"
    r"embed\w*|vectors?|prompts?|gpus?|servers?|replicas?|stream\w*|quanti\w+|batch\w*|trac(?:e|es|ing)|"
    r"profil\w+|stages?|pipelines?|ms|milliseconds?|seconds?|p\d\d|percentiles?|users?|answers?|"
    r"repl(?:y|ies)|respons\w+|networks?|queues?|queuing|load|quality|accuracy|median|throughput|decod\w+|"
    r"prefill|api|production|deploy\w*|rollback|canary|bottlenecks?|hnsw|ttl|product|options?)\b"
)
LONG = 60  # words; a shorter answer may be about one thing
SUBJECTS = 2  # different words of the field in a long answer; one about something else has fewer


def recited(heard: Heard, guards: Guards) -> bool:
    """Return True for a speech about a case that uses nothing of it, whatever was opened."""
    return bool(heard.case) and not names_cause(heard, guards) and not _own_numbers(heard)


def off_topic(heard: Heard) -> bool:
    """Return True for a long text with hardly any word of the field."""
    words = [word for sentence in heard.sentences for word in sentence.words]
    if len(words) < LONG:
        return False
    return len(set(FIELD.findall(" ".join(words)))) < SUBJECTS


def _own_numbers(heard: Heard) -> bool:
    """Return True if a time on the case's cards is quoted that is not known by heart."""
    return any(own_times(s.text, heard.case, heard.seen) for s in heard.sentences)
