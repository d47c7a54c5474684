"""The content's schema and rules: the shipped files satisfy them, and errors name the broken rule."""

import copy

import pytest
import yaml

from harness.kb.kinds import BadKindError, kinds, load
from harness.kb.products import SPLITS

FILLER = (
    "Keep the receipt, because the workshop asks for it before anything else happens with your "
    "{category}, and write to us early rather than late."
)
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"]
GOOD = {
    "kind": "warranty-period",
    "title": "Warranty period",
    "categories": "all",
    "facts": {
        "period": {"values": [f"{n} months" for n in (12, 18, 24, 30, 36, 48)]},
        "claim": {"low": 10, "high": 60, "step": 5, "unit": "days"},
    },
    "articles": [
        f"Variant {word}: the {{product}} is covered for {{period}}, claims take {{claim}}. {FILLER}"
        for word in WORDS[:5]
    ],
    "answers": [f"{word}, the {{product}} is covered for {{period}}." for word in WORDS[:3]],
    "questions": {s: [f"{s} {w} on the {{product}} {s}?" for w in WORDS] for s in SPLITS},
}


def write(folder, entry, name="policy.yaml"):
    (folder / name).write_text(yaml.safe_dump([entry], sort_keys=False), encoding="utf-8")


def changed(*path, to):
    """Return GOOD with the value at `path` replaced."""
    entry = copy.deepcopy(GOOD)
    place = entry
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return entry


def test_the_shipped_content_keeps_all_rules():
    assert len(kinds()) >= 40


def test_every_kind_can_be_asked_in_six_forms_in_each_split():
    assert min(len(getattr(k.questions, split)) for k in kinds() for split in SPLITS) >= 6


def test_no_wording_belongs_to_two_splits():
    for kind in kinds():
        forms = [form for split in SPLITS for form in getattr(kind.questions, split)]
        assert len(set(forms)) == len(forms), kind.kind


def test_a_good_kind_is_read(tmp_path):
    write(tmp_path, GOOD)
    (kind,) = load(tmp_path)
    assert kind.asked == "period"
    assert kind.regions == ("all",)
    assert kind.facts["claim"].values[:2] == ("10 days", "15 days")
    assert len(kind.categories) == 16


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        (changed("kind", to="Warranty"), "should match pattern"),
        (changed("categories", to=["toaster"]), "the categories ['toaster'] do not exist"),
        (changed("facts", "period", "values", to=["1 month"]), "needs at least 6 values"),
        (changed("facts", "claim", "unit", to="months"), "its two facts share the unit '# month'"),
        (changed("facts", "claim", "low", to=5), "'5 days' of the fact 'claim'"),
        (changed("articles", 0, to="The {product}: {period}, {claim}."), "has 7 to 7 words"),
        (changed("articles", 0, to="No name. " + FILLER), "names {product} 0 times"),
        (changed("articles", 1, to=GOOD["articles"][1] + " {colour}"), "['colour'] of"),
        (changed("articles", 1, to=GOOD["articles"][1] + " {"), "the braces of"),
        (changed("articles", 1, to=GOOD["articles"][1] + " A {category}."), "puts an article"),
        (changed("articles", 1, to=GOOD["articles"][1] + " Or 6 months."), "a second number"),
        (changed("articles", 1, to=GOOD["articles"][1] + " {period}"), "2 times instead of once"),
        (changed("answers", 0, to="The {product} is covered for quite long."), "{period}"),
        (changed("answers", 0, to="{product}: {period}."), "has 4 to 4 words"),
        (changed("questions", "dev", 0, to="How long?"), "does not contain {product}"),
        (changed("questions", "dev", 0, to="{product} 18 months?"), "gives the fact away"),
        (changed("questions", "dev", 0, to=GOOD["questions"]["test"][0]), "is too close to"),
        (changed("questions", "dev", to=["{product}?"]), "at least 6 items"),
        (changed("colour", to="red"), "Extra inputs are not permitted"),
        (changed("regional", to=True), "article 1 does not name {region}"),
    ],
)
def test_a_broken_rule_is_one_sentence_with_file_kind_and_rule(tmp_path, entry, rule):
    write(tmp_path, entry)
    with pytest.raises(BadKindError) as error:
        load(tmp_path)
    assert str(error.value).startswith(f"policy.yaml, kind '{entry['kind']}': ")
    assert rule in str(error.value)
    assert "\n" not in str(error.value)


def test_a_kind_given_twice_is_refused(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, name="usage.yaml")
    with pytest.raises(BadKindError, match=r"usage\.yaml.*warranty-period"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["- kind: [", "- just a word", "kind: alone"])
def test_what_is_not_a_list_of_kinds_is_refused(tmp_path, text):
    (tmp_path / "usage.yaml").write_text(text)
    with pytest.raises(BadKindError, match=r"usage\.yaml"):
        load(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(BadKindError, match="no kinds"):
        load(tmp_path)
