from harness.labs.load.batch_inputs import mixed_jobs, passage_prompts


class Letters:
    """A tokenizer of letters."""

    def tokens(self, text):
        return list(map(ord, text))


def test_every_fourth_job_has_no_stop_rule():
    jobs = mixed_jobs([(number,) for number in range(8)], most=64, longest=160, seed=8)
    assert [(job.number, job.prompt) for job in jobs] == [(n, (n,)) for n in range(8)]
    assert sorted((job.most, job.stops) for job in jobs) == [(64, True)] * 6 + [(160, False)] * 2
    assert jobs[0].most == 64  # in random order, not the first of every four


def test_a_prompt_holds_a_question_and_the_passage_that_answers_it():
    prompts = passage_prompts(Letters(), n=8, seed=5)
    assert len(prompts) == 8
    assert len({tuple(prompt) for prompt in prompts}) == 8
    assert all(isinstance(token, int) for prompt in prompts for token in prompt)
