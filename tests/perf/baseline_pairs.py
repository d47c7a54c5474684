"""How the slow assistant and the reference answer the same questions about launched products.

`python -m tests.perf.baseline_pairs SEED N` takes five seconds a question. The slow assistant does its
needless work once only, which does not change its answers. The shares are the reasons of the floors in
thresholds.toml.
"""

import sys
from collections import Counter

from grader.grading import reference
from harness import baseline, knobs
from harness.assistant import ask
from harness.kb import launched
from harness.kb.articles import chunks, written
from harness.kb.new_world import new_world
from harness.kb.questions import draw
from harness.measure.quality.quality import judge


def main(seed: int, n: int) -> None:
    """Launch the world of `seed` and print how many answers were right, as (slow, reference): number."""
    world = new_world(seed)
    new = list(written(world))
    launched.launch(new, baseline.embedded(new))
    once = {"scanned": len(chunks()), "comparisons": 5}
    slow = baseline.pipeline(knobs.load().knobs.model_copy(update=once))
    fast = reference.reference()
    right: Counter[tuple[bool, bool]] = Counter()
    for case in draw("test", n, seed, world=world):
        fast.reset()
        both = (judge(case, ask(one, case.question)).right for one in (slow, fast.assistant))
        right[tuple(both)] += 1
        print(dict(right), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
