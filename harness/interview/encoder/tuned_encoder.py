"""MiniLM, fine-tuned to tell what a turn of a candidate says: log odds of every label of several tasks.

The tasks share all layers and differ in a few rows of one linear layer, so that a sentence passes through the
model once, whoever asks about it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from harness.models.engines.embedding import DIMENSIONS, Embedder

MAX_TOKENS = 128  # of a text with what was said before; none of the labelled ones is longer
FROZEN = 2  # of MiniLM's six layers: words and their order are the same for every task
DROPOUT = 0.1  # of the dimensions of the token vectors, while training
NO_ODDS = torch.finfo(torch.float32).min  # of attention to padding

Tasks = Mapping[str, tuple[str, ...]]  # task -> its labels, in the order of their log odds
Said = tuple[str, str]  # the text, and what was said before it, or ""


class LabelHead(nn.Module):
    """Log odds of each label: the evidence of every token, averaged with weights of the label's own.

    A long turn does several things, each in a few of its words; a plain mean would blur them. The queries
    start at zero, which is the plain mean. Attention of each label: Mullenbach et al. 2018 (CAML).
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.zeros(labels, DIMENSIONS))
        self.weight = nn.Parameter(torch.empty(labels, DIMENSIONS))
        self.bias = nn.Parameter(torch.zeros(labels))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, hidden: Tensor, own: Tensor) -> Tensor:
        """Return log odds (n, labels) of token vectors (n, tokens, DIMENSIONS). own: (n, tokens), 0 or 1."""
        scores = hidden @ self.queries.T / math.sqrt(DIMENSIONS)
        attention = scores.masked_fill(own[..., None] == 0, NO_ODDS).softmax(1)
        return (attention * (hidden @ self.weight.T)).sum(1) + self.bias


class TunedEncoder(nn.Module):
    """MiniLM's layers with a `LabelHead` over the text's token vectors.

    What was said before is read as the second text of a pair: it is attended to, and gives no evidence. The
    embedding of tokens stays MiniLM's own.
    """

    def __init__(self, embedder: Embedder, tasks: Tasks) -> None:
        super().__init__()
        self.tokenizer = embedder.tokenizer
        layers = embedder.model.encoder.layer
        # Lists: MiniLM's own layers are no part of this module, and are not trained.
        self.below = [embedder.model.embeddings, *layers[:FROZEN]]
        self.own = list(layers[FROZEN:])
        self.layers = copy.deepcopy(layers[FROZEN:])
        self.tasks = tasks
        self.head = LabelHead(len(self.labels()))

    def forward(self, said: Sequence[Said]) -> Tensor:
        """Return the log odds of each text, (n, labels of all tasks)."""
        batch = self.tokenizer.pad(
            [self._numbered(*each) for each in said], padding=True, return_tensors="pt"
        )
        seen, text = batch["attention_mask"].float(), batch["token_type_ids"] == 0
        unseen = (1 - seen[:, None, None, :]) * NO_ODDS
        hidden = _through(self.layers, self._as_before(batch, unseen), unseen)
        kept = nn.functional.dropout(torch.ones_like(hidden[:, :1]), DROPOUT, self.training)
        return self.head(hidden * kept, seen * text)

    def _numbered(self, text: str, before: str) -> Mapping[str, list[int]]:
        return self.tokenizer(text, before or None, truncation=True, max_length=MAX_TOKENS)

    @torch.no_grad()
    def _as_before(self, batch: Mapping[str, Tensor], unseen: Tensor) -> Tensor:
        """Return what MiniLM's own lower layers make of the tokens."""
        embeddings, *layers = self.below
        hidden = embeddings(batch["input_ids"], token_type_ids=batch["token_type_ids"])
        return _through(layers, hidden, unseen)

    @torch.inference_mode()
    def odds(self, text: str, before: str = "") -> dict[str, Tensor]:
        """Return the log odds of a text, (labels,), by task."""
        parts = self([(text, before)])[0].split([len(labels) for labels in self.tasks.values()])
        return dict(zip(self.tasks, parts, strict=True))

    @torch.no_grad()
    def continue_from(self, other: TunedEncoder) -> None:
        """Take another encoder's weights: of its layers, and of each label that it has, too."""
        self.layers.load_state_dict(other.layers.state_dict())
        theirs = {label: row for row, label in enumerate(other.labels())}
        for row, label in enumerate(self.labels()):
            if label in theirs:
                for own, learned in zip(
                    self.head.parameters(), other.head.parameters(), strict=True
                ):
                    own[row] = learned[theirs[label]]

    def labels(self) -> list[tuple[str, str]]:
        """Return (task, label) of each of the log odds."""
        return [(task, label) for task, labels in self.tasks.items() for label in labels]

    def weights(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Yield name, MiniLM's own values, and fine-tuned values of each weight of the layers."""
        own = dict(nn.ModuleList(self.own).named_parameters())
        yield from ((name, own[name], tuned) for name, tuned in self.layers.named_parameters())


def _through(layers: Iterable[nn.Module], hidden: Tensor, unseen: Tensor) -> Tensor:
    for layer in layers:
        found = layer(hidden, unseen)
        hidden = found[0] if isinstance(found, tuple) else found
    return hidden
