"""Fakes without weights: stages, assistants and models that answer at once."""

import re

import numpy as np

from harness.assistant import Answer, Chunk, Done, Query, Token, check_question
from harness.pipeline import Pipeline


def chunk(number, text="The Kestrel X200 is covered for 24 months."):
    return Chunk(
        f"c{number}", f"Kestrel X{number}: Warranty", text, "Kestrel X200", "lamp", "all", 1
    )


class Scripted:
    """An assistant that yields the given events."""

    def __init__(self, *events):
        self.events = events

    def stream(self, question):
        check_question(question)
        yield from self.events


def saying(text, **fields):
    """Return an assistant that streams `text` word by word and then finishes."""
    words = [Token(word) for word in re.findall(r"\S+\s*", text)]
    return Scripted(*words, Done(Answer(text, **fields)))


class FakeModel:
    """A language model that always generates the same text."""

    name = "fake"

    def __init__(self, text="The Kestrel X200 is covered for 24 months. And"):
        self.text = text
        self.calls = []

    def stream(self, prompt, max_tokens, stop_at_end=True):
        self.calls.append((prompt, max_tokens, stop_at_end))
        yield from re.findall(r"\S+\s*", self.text)

    def forget(self):
        self.calls.append("forget")

    def warm(self, prefix):
        self.calls.append(f"warm {prefix}")

    def count(self, text):
        return len(text.split())


def pipeline(**changes):
    """Return a pipeline of the simplest stages."""
    stages = {
        "preprocess": lambda question: Query(question.text, np.ones(3, np.float32)),
        "retrieve": lambda query, k: [chunk(n) for n in range(k)],
        "generate": lambda question, chunks: iter(["Twenty-four ", "months."]),
        "postprocess": lambda question, chunks, text: Answer(text, (chunks[0].id,)),
    }
    return Pipeline(**(stages | changes))
