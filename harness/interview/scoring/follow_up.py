"""What a question has named already: "What does streaming buy you?" needs no "streaming" in the answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.interview.scoring.copying import main_question
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Rubric

SENTENCE = re.compile(r"(?<=[.?!])\s+")
MOST = 3  # ideas named in a question; one that names more is about none of them

Subjects = Mapping[str, str]  # expectation id -> the words that name it


def subjects(rubric: Rubric, prompt: str) -> Subjects:
    """What a follow-up names; nothing for the main question, whatever is said around it."""
    if any(main_question().copied(sentence) for sentence in SENTENCE.split(prompt)):
        return {}
    spans = {e.id: any_span((*e.accept, *e.asked), prompt) for e in rubric.expectations}
    named = {name: prompt[slice(*found[0])] for name, found in spans.items() if found}
    return named if len(named) <= MOST else {}
