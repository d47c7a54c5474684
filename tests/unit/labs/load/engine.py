"""An engine without a model: token after token from a script, on a clock that goes on with each pass."""

END = 0


class ScriptedEngine:
    """Writes `lengths[prompt[0]]` tokens for a prompt and then END; reading takes 100 ms, a step 10."""

    end = END

    def __init__(self, slots, lengths, clock):
        self.slots, self.lengths, self.clock = slots, lengths, clock
        self.left = {}
        self.sizes = []  # of the steps

    def read(self, slot, prompt):
        assert slot not in self.left and 0 <= slot < self.slots
        self.clock.go_on(100)
        self.left[slot] = self.lengths[prompt[0]]
        return self._token(slot)

    def step(self, tokens):
        self.clock.go_on(10)
        self.sizes.append(len(tokens))
        return {slot: self._token(slot) for slot in tokens}

    def drop(self, slot):
        del self.left[slot]

    def _token(self, slot):
        self.left[slot] -= 1
        return END if self.left[slot] < 0 else 7
