"""Fake assistants and a fake clock for the tests of wrappers."""

from harness.assistant import Answer, Done, Question, Token

ASKED = Question("How long is the warranty of the Kestrel X200?")


class Counting:
    """An assistant that answers "<name> 1", "<name> 2", ... and records the questions."""

    def __init__(self, name="answer", flags=(), error=None):
        self.name, self.flags, self.error = name, flags, error
        self.asked = []

    def stream(self, question):
        self.asked.append(question.text)
        if self.error:
            raise self.error
        text = f"{self.name} {len(self.asked)}"
        yield Token(text)
        yield Done(Answer(text, ("c1",), self.flags))


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def texts(assistant, *questions):
    """Return the final texts for `questions`, asked in order."""
    return [list(assistant.stream(Question(text)))[-1].answer.text for text in questions]
