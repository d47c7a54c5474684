"""A smaller vocabulary for a byte-pair tokenizer: the tokens of a domain's texts and those they are made of.

A byte-pair tokenizer begins with single bytes and merges two neighbouring tokens again and again, in a
fixed order of pairs. If all tokens of a text are kept, so is every token on the way to them, and the text is
divided exactly as before. Any other text is divided into smaller tokens, down to bytes, so nothing becomes
unreadable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import AnyStr

from harness.errors import WrongUseError
from harness.models.gguf.format import Field

TOKENS, MERGES = "tokenizer.ggml.tokens", "tokenizer.ggml.merges"
PER_TOKEN = (TOKENS, "tokenizer.ggml.token_type")
ID_SUFFIX = "_token_id"  # such as that of the end-of-turn token


def closed(
    used: Iterable[int], tokens: Sequence[AnyStr], merges: Iterable[tuple[AnyStr, AnyStr]]
) -> list[int]:
    """Return the ids `used`, those of all tokens that no merge makes, and those that they are merged from.

    tokens: all tokens by id, as text or as bytes. merges: the pairs of tokens that are merged; one with a
    part or a product that is no token is never applied and has no effect. If several merges make a token, the
    parts of each are kept: which of them a text goes through depends on its other letters. The result is
    ascending, so that tokens before the first one left out keep their ids, such as special tokens.
    """
    ids = {token: i for i, token in enumerate(tokens)}
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for a, b in merges:
        if {a, b, a + b} <= ids.keys():
            parts[ids[a + b]] += ids[a], ids[b]
    kept: set[int] = set()
    waiting = [*used, *(i for i in ids.values() if i not in parts)]
    while waiting:
        token = waiting.pop()
        if token not in kept:
            kept.add(token)
            waiting += parts.get(token, ())
    return sorted(kept)


def reduced(fields: dict[str, Field], kept: Sequence[int]) -> dict[str, Field]:
    """Return the tokenizer fields of a GGUF with the tokens `kept` only, numbered in that order.

    Raises WrongUseError if a token that another field names is not kept.
    """
    new_ids = {old: new for new, old in enumerate(kept)}
    tokens = fields[TOKENS].value
    names = {tokens[old] for old in kept}
    changed = {key: [fields[key].value[old] for old in kept] for key in PER_TOKEN if key in fields}
    changed[MERGES] = [merge for merge in fields[MERGES].value if _is_kept(merge, names)]
    for key, field in fields.items():
        if key.endswith(ID_SUFFIX):
            if field.value not in new_ids:
                raise WrongUseError(f"Token {field.value} is the {key}: keep it.")
            changed[key] = new_ids[field.value]
    return {key: f._replace(value=changed.get(key, f.value)) for key, f in fields.items()}


def _is_kept(merge: bytes, names: set[bytes]) -> bool:
    left, right = merge.split(b" ")
    return left in names and right in names and left + right in names
