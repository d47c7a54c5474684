import torch

from harness.models.packing import Branch, Lesson, packed

LESSON = Lesson("abc", (Branch("d", "ef"), Branch("gh", "ij"), Branch("k", "l")))


def encode(text):
    return [ord(letter) for letter in text]


def test_the_prompt_comes_once_and_each_branch_goes_on_from_it():
    one = packed(LESSON, encode)
    assert "".join(map(chr, one.ids[0].tolist())) == "abcdefghijkl"
    assert one.positions[0].tolist() == [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 3, 4]


def test_a_branch_sees_the_prompt_and_itself_and_never_the_future():
    one = packed(LESSON, encode)
    letters = [chr(i) for i in one.ids[0].tolist()]
    sees = {
        letter: "".join(other for other, seen in zip(letters, row, strict=True) if seen)
        for letter, row in zip(letters, one.mask[0, 0].tolist(), strict=True)
    }
    assert sees["c"] == "abc"
    assert sees["f"] == "abcdef"
    assert sees["i"] == "abcghi"
    assert sees["l"] == "abckl"


def test_what_is_wanted_is_predicted_from_the_token_before_it():
    one = packed(LESSON, encode)
    pairs = zip(one.predicting.tolist(), one.wanted.tolist(), strict=True)
    assert [(chr(one.ids[0, at]), chr(token)) for at, token in pairs] == [
        ("d", "e"),
        ("e", "f"),
        ("h", "i"),
        ("i", "j"),
        ("k", "l"),
    ]


def test_every_branch_counts_the_same():
    one = packed(LESSON, encode)
    assert torch.allclose(one.weight, torch.tensor([1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 3]))
