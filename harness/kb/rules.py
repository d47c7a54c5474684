"""The content rules that a kind must satisfy so that its answers can be checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, permutations
from string import Formatter
from typing import TYPE_CHECKING, Any

from harness.kb.products import CATEGORIES, REGIONS, SPLITS

if TYPE_CHECKING:
    from harness.kb.kinds import Kind

WORDS = range(30, 61)  # words in an article: one passage that a small model can use as a whole
ANSWER_WORDS = range(7, 19)  # one sentence, so that the lengths of answers are comparable
MIN_VALUES = 6  # the most siblings in a family, so that each gets a value of its own
# Of the words of two questions in different splits, from 0 to 1; above this, only one word differs.
MAX_OVERLAP = 0.85
PRODUCT_WORDS = "Kestrel X200"  # every product's name has two words


def broken_rules(kind: Kind) -> Iterator[str]:
    """Yield a message for every rule that `kind` breaks, basic rules first."""
    yield from _broken_names(kind)
    yield from _broken_facts(kind)
    for number, text in enumerate(kind.articles, start=1):
        yield from (f"article {number} {rule}" for rule in _broken_article(kind, text))
    for number, text in enumerate(kind.answers, start=1):
        yield from (f"answer {number} {rule}" for rule in _broken_answer(kind, text))
    for split in SPLITS:
        for number, text in enumerate(getattr(kind.questions, split), start=1):
            yield from (
                f"{split} question {number} {rule}" for rule in _broken_question(kind, text)
            )
    yield from _shared_wordings(kind)


def _broken_names(kind: Kind) -> Iterator[str]:
    if unknown := set(kind.categories) - set(CATEGORIES):
        yield f"the categories {sorted(unknown)} do not exist"
    allowed = {"product", "category", *kind.facts} | ({"region"} if kind.regional else set())
    forms = [form for split in SPLITS for form in getattr(kind.questions, split)]
    for text in (*kind.articles, *kind.answers, *forms):
        try:
            unknown = set(placeholders(text)) - allowed
        except ValueError as error:
            yield f"the braces of {text!r} are broken ({error})"
            return
        if unknown:
            yield f"the placeholders {sorted(unknown)} of {text!r} do not exist"
        if re.search(r"\b[Aa]n? \{category\}", text):
            yield f"{text!r} puts an article before {{category}}; write 'your' or 'this'"


def _broken_facts(kind: Kind) -> Iterator[str]:
    for name, fact in kind.facts.items():
        if len(set(fact.values)) < max(MIN_VALUES, len(fact.values)):
            yield f"the fact '{name}' needs at least {MIN_VALUES} values, all different"
        for a, b in permutations(fact.values, 2):
            if a in b:  # "5 minutes" in "15 minutes": a string match would confuse them
                yield f"the value {a!r} of the fact '{name}' is part of the value {b!r}"
    shapes = [{_shape(value) for value in fact.values} for fact in kind.facts.values()]
    if len(shapes) == 2 and shapes[0] & shapes[1]:
        yield f"its two facts share the unit {sorted(shapes[0] & shapes[1])[0]!r}"


def _broken_article(kind: Kind, text: str) -> Iterator[str]:
    names = placeholders(text)
    if names["product"] not in (1, 2):
        yield f"names {{product}} {names['product']} times instead of once or twice"
    if kind.regional and not names["region"]:
        yield "does not name {region}"
    for fact in kind.facts:
        if names[fact] != 1:
            yield f"contains {{{fact}}} {names[fact]} times instead of once"
    yield from _wrong_length(kind, text, WORDS)
    if loose := _loose_fact(kind, text):
        yield f"has a second number that looks like the asked fact: {loose!r}"


def _broken_answer(kind: Kind, text: str) -> Iterator[str]:
    names = placeholders(text)
    for name in (*kind.named, kind.asked):
        if not names[name]:
            yield f"does not contain {{{name}}}"
    yield from _wrong_length(kind, text, ANSWER_WORDS)


def _broken_question(kind: Kind, text: str) -> Iterator[str]:
    names = placeholders(text)
    for name in kind.named:
        if not names[name]:
            yield f"does not contain {{{name}}}"
    if given := set(kind.facts) & set(names) or _loose_value(kind, text):
        yield f"gives the fact away: {given!r}"


def _shared_wordings(kind: Kind) -> Iterator[str]:
    forms = [(split, form) for split in SPLITS for form in getattr(kind.questions, split)]
    for (split, form), (other_split, other) in combinations(forms, 2):
        if form == other or (split != other_split and _overlap(form, other) > MAX_OVERLAP):
            yield f"the {split} question {form!r} is too close to the {other_split} question {other!r}"


def _wrong_length(kind: Kind, text: str, allowed: range) -> Iterator[str]:
    shortest, longest = (len(text.format(**_fillings(kind, pick)).split()) for pick in (min, max))
    if shortest not in allowed or longest not in allowed:
        yield f"has {shortest} to {longest} words instead of {allowed.start} to {allowed.stop - 1}"


def _fillings(kind: Kind, pick: Any) -> dict[str, str]:
    """Return for each placeholder the value with the fewest (pick=min) or most (pick=max) words."""
    options = {"category": CATEGORIES.values(), "region": REGIONS.values()}
    options |= {name: fact.values for name, fact in kind.facts.items()}
    fillings = {
        name: pick(values, key=lambda v: len(v.split())) for name, values in options.items()
    }
    return fillings | {"product": PRODUCT_WORDS}


def _shape(value: str) -> str:
    """Return the unit of a value: "1 hour" and "2 hours" have the same."""
    return re.sub(r"\d[\d.,]*", "#", value).rstrip("s")


def _loose_fact(kind: Kind, text: str) -> str:
    """Return a number in `text` (not a placeholder) with the unit of the asked fact, or ""."""
    plain = re.sub(r"\{\w+\}", "_", text)
    shapes = {_shape(value) for value in kind.facts[kind.asked].values if re.search(r"\d", value)}
    patterns = [re.escape(shape).replace(r"\#", r"\d[\d.,]*") for shape in sorted(shapes)]
    matches = (re.search(rf"(?<![\w.]){pattern}s?\b", plain) for pattern in patterns)
    return next((match.group() for match in matches if match), "")


def _loose_value(kind: Kind, text: str) -> str:
    """Return a value of any fact that occurs in `text`, or ""."""
    values = [value for fact in kind.facts.values() for value in fact.values]
    return next((v for v in values if re.search(rf"(?<!\w){re.escape(v)}(?!\w)", text)), "")


def _overlap(a: str, b: str) -> float:
    """Return the Jaccard similarity of the words of two forms, from 0 to 1."""
    words_a, words_b = (set(re.findall(r"[\w{}']+", form.lower())) for form in (a, b))
    return len(words_a & words_b) / len(words_a | words_b)


def placeholders(template: str) -> Counter[str]:
    """Return how often each {name} occurs in `template`."""
    return Counter(name for _, name, _, _ in Formatter().parse(template) if name is not None)
