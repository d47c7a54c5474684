"""A model that counts, a draft that is half right about it, and a loop that drives both."""

import numpy as np

from harness.models.engines.drafts import accepted

END = 0


class Counting:
    """A context whose model generates 1, 2, 3, … up to `last`, then the end."""

    end = END

    def __init__(self, last=9):
        self.last, self.seen, self.reads = last, [], 0

    def read(self, tokens):
        self.reads += 1
        self.seen = list(tokens)
        return 0

    def keep(self, count):
        del self.seen[count:]

    def after(self, token):
        return token + 1 if token < self.last else END

    def scores(self):
        return np.eye(self.last + 2)[self.after(self.seen[-1])]

    def choices(self, tokens):
        self.seen += tokens
        return [self.after(token) for token in tokens]

    def feed(self, tokens):
        self.seen += tokens


PROMPT = [7, 8, 9, 1]


def half_right(tokens):
    """Two right tokens and two wrong ones."""
    return [tokens[-1] + 1, tokens[-1] + 2, 99, 99]


def loop(context, draft, token, most):
    """Greedy decoding with drafts, without haste."""
    text = [token]
    while END not in text and len(text) < most:
        read, drafted = len(context.seen), draft([*context.seen, text[-1]])
        agreed = accepted(drafted, context.choices([text[-1], *drafted]))
        context.keep(read + len(agreed))
        text += agreed
    return text[: text.index(END)] if END in text else text[:most]
