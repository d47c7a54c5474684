from dataclasses import replace

import torch

from harness.models.lora.packing import ROUND, Branch, Lesson, pack

LESSON = Lesson("abc", (Branch("d", "ef"), Branch("gh", "ij"), Branch("k", "l")))

LENGTH = 12  # tokens, before it is filled up


def encode(text):
    return [ord(letter) for letter in text]


def test_the_prompt_comes_once_and_each_branch_goes_on_from_it():
    one = pack(LESSON, encode)
    assert "".join(map(chr, one.ids[0, :LENGTH].tolist())) == "abcdefghijkl"
    assert one.positions[0, :LENGTH].tolist() == [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 3, 4]
    assert one.prompt == 3


def test_a_branch_sees_the_prompt_and_itself_and_never_the_future():
    one = pack(LESSON, encode)
    letters = [chr(i) for i in one.ids[0, :LENGTH].tolist()]
    sees = {
        letter: "".join(other for other, seen in zip(letters, row, strict=False) if seen)
        for letter, row in zip(letters, one.mask[0, 0, :LENGTH].tolist(), strict=True)
    }
    assert sees["c"] == "abc"
    assert sees["f"] == "abcdef"
    assert sees["i"] == "abcghi"
    assert sees["l"] == "abckl"


def test_what_is_wanted_is_predicted_from_the_token_before_it():
    one = pack(LESSON, encode)
    pairs = zip(one.predicting.tolist(), one.wanted.tolist(), strict=True)
    assert [(chr(one.ids[0, at]), chr(token)) for at, token in pairs][:5] == [
        ("d", "e"),
        ("e", "f"),
        ("h", "i"),
        ("i", "j"),
        ("k", "l"),
    ]


def test_every_branch_counts_the_same():
    one = pack(LESSON, encode)
    assert torch.allclose(one.weight[:5], torch.tensor([1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 3]))


def test_a_branch_of_more_weight_counts_more_however_long_it_is():
    first, *others = LESSON.branches
    one = pack(replace(LESSON, branches=(replace(first, weight=3.0), *others)), encode)
    assert torch.allclose(one.weight[:5], torch.tensor([0.3, 0.3, 0.1, 0.1, 0.2]))


def test_what_fills_up_the_sizes_is_seen_by_nobody_and_weighs_nothing():
    one = pack(LESSON, encode)
    assert one.ids.shape == (1, ROUND) and one.weight.shape == (ROUND,)
    assert not one.mask[0, 0, :LENGTH, LENGTH:].any()
    assert one.mask[0, 0].any(-1).all()  # a row that sees nothing would be a softmax over nothing
    assert one.weight[5:].sum() == 0
