"""An engine without a model: scripted lengths of answers, and a clock that advances with each pass."""

END = 0


class ScriptedEngine:
    """Generates `lengths[prompt[0]]` tokens, then END; a prefill takes 100 ms, a step 10 ms."""

    end_token = END

    def __init__(self, slots, lengths, clock):
        self.slots, self.lengths, self.clock = slots, lengths, clock
        self.left = {}  # slot -> tokens to come
        self.step_sizes = []

    def prefill(self, slot, prompt):
        assert slot not in self.left and 0 <= slot < self.slots
        self.clock.go_on(100)
        self.left[slot] = self.lengths[prompt[0]]
        return self._token(slot)

    def step(self, tokens):
        self.clock.go_on(10)
        self.step_sizes.append(len(tokens))
        return {slot: self._token(slot) for slot in tokens}

    def drop(self, slot):
        del self.left[slot]

    def _token(self, slot):
        self.left[slot] -= 1
        return END if self.left[slot] < 0 else 7
