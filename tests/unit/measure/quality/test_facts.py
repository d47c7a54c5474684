import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.measure.quality.facts import holds_fact

HELD = [
    ("It has a 24-month warranty.", "24 months"),
    ("24\u00a0months", "24 months"),
    ("a 24\u2011Month warranty", "24 months"),  # non-breaking hyphen
    ("24\u00ad months", "24 months"),  # soft hyphen
    ("twenty-four months", "24 months"),
    ("24 (twenty-four) months", "24 months"),
    ("**24** months", "24 months"),
    ("24 months' warranty", "24 months"),
    ("24 months (2 years)", "24 months"),
    ("The Kestrel X200, 24 months", "24 months"),  # a model number is no number
    ("it costs $39 and lasts 24 months", "24 months"),
    ("24 months, 30 days to return it", "24 months"),
    ("7.50 hours", "7.5 hours"),
    (".5 hours", "0.5 hours"),
    ("1,200 entries", "1200 entries"),
    ("1\u202f200 entries", "1200 entries"),
    ("costs $39.", "$39"),
    ("39 dollars", "$39"),
    ("$4.99/month", "$4.99 per month"),
    ("$4.99 a month", "$4.99 per month"),
    ("$4.99 monthly", "$4.99 per month"),
    ("55dB", "55 dB"),
    ("rated ipx4.", "IPX4"),
    ("IP67-rated", "IP67"),
    ("code E07 means", "E07"),
    ("firmware version 4.2", "firmware 4.2"),
    ("Firmware v4.2.", "firmware 4.2"),
    ("Android 12 or newer", "Android 12"),
    ("15%", "15 %"),
    ("15 percent", "15 %"),
    ("15 per cent", "15%"),
    ("up to 35 degrees Celsius", "35 °C"),
    ("35 °C (95 °F)", "35 °C"),
    ("5 V / 2 A", "5V/2A"),
    ("1.5 metres", "1.5 m"),
    ("Amber  blinking twice", "amber blinking twice"),
    ("a light, blue blinking 3 times", "blue blinking three times"),
    ("five finishes", "5 finishes"),
]
NOT_HELD = [
    ("12 or 24 months", "24 months"),
    ("24 or 36 months", "24 months"),
    ("24 (or 36) months", "24 months"),
    ("24 months or 36", "24 months"),
    ("24 months, or 36 if you register", "24 months"),
    ("24 months, not 36 months", "24 months"),
    ("12-24 months", "24 months"),
    ("12\u201324 months", "24 months"),
    ("12, 18 or even 24 months", "24 months"),
    ("12,24 months", "24 months"),
    ("twelve or 24 months", "24 months"),
    ("124 months", "24 months"),
    ("7.24 months", "24 months"),
    ("1,024 months", "24 months"),
    ("24 weeks", "24 months"),
    ("24", "24 months"),
    ("", "24 months"),
    ("24 ms", "24 m"),
    (".5 hours", "5 hours"),
    ("$39.50", "$39"),
    ("$139", "$39"),
    ("$39 or $44", "$39"),
    ("$39 or 44", "$39"),
    ("$39-44", "$39"),
    ("between $4.99 and $9.99 per month", "$9.99 per month"),
    ("IPX4 or IPX7", "IPX4"),
    ("IPX4 or IP67", "IPX4"),
    ("E07 or E12", "E07"),
    ("E7", "E07"),
    ("E070", "E07"),
    ("firmware 4.2.1", "firmware 4.2"),
    ("firmware 4.20", "firmware 4.2"),
    ("firmware 14.2", "firmware 4.2"),
    ("firmware 4.2 or 4.8", "firmware 4.2"),
    ("15V/2A", "5V/2A"),
    ("5V/2A or 9V/2A", "5V/2A"),
    ("115 %", "15 %"),
    ("amber blinking", "amber blinking twice"),
]


@pytest.mark.parametrize(("text", "fact"), HELD)
def test_held(text, fact):
    assert holds_fact(text, fact)


@pytest.mark.parametrize(("text", "fact"), NOT_HELD)
def test_not_held(text, fact):
    assert not holds_fact(text, fact)


@pytest.mark.parametrize("fact", ["", "  ", "()"])
def test_a_fact_must_have_something_to_look_for(fact):
    with pytest.raises(ValueError, match="nothing to look for"):
        holds_fact("24 months", fact)


UNITS = {"month": "months", "hour": "hours", "finish": "finishes", "user profile": "user profiles"}
units = st.sampled_from(sorted(UNITS))
numbers = st.integers(2, 9999)
frames = st.sampled_from(
    ["{}", "The Kestrel X200 is covered for {}.", "{} is right", "Up to {}, they say", "It's ({})!"]
)
spaces = st.sampled_from([" ", "-", "\u00a0", "\u2011", "  ", "\u202f", "\n"])
links = st.sampled_from([" or ", " to ", "-", "\u2013", ", ", " and ", "/", ", or even "])
anything = st.text(max_size=80)


def spelled(number, unit, space, plural, grouped):
    """Return one of the ways to write the same value."""
    digits = f"{number:,}" if grouped else str(number)
    return digits + space + (UNITS[unit] if plural else unit).replace(" ", space)


@given(numbers, units, spaces, st.booleans(), st.booleans(), frames, st.booleans())
@settings(deadline=None)
def test_every_spelling_of_a_value_is_held(number, unit, space, plural, grouped, frame, shout):
    text = frame.format(spelled(number, unit, space, plural, grouped))
    assert holds_fact(text.upper() if shout else text, f"{number} {UNITS[unit]}")


@given(numbers, numbers, units, links, frames, st.booleans())
@settings(deadline=None)
def test_two_values_of_one_unit_are_never_held(number, other, unit, link, frame, first):
    assume(number != other)
    pair = (number, other) if first else (other, number)
    text = frame.format(f"{pair[0]}{link}{pair[1]} {UNITS[unit]}")
    assert not holds_fact(text, f"{number} {UNITS[unit]}")


@given(numbers, units, st.text("0123456789", min_size=1, max_size=3), st.booleans())
@settings(deadline=None)
def test_a_longer_number_is_another_number(number, unit, digits, before):
    longer = f"{digits}{number}" if before else f"{number}{digits}"
    assume(int(longer) != number)
    assert not holds_fact(f"It lasts {longer} {UNITS[unit]}.", f"{number} {UNITS[unit]}")


@given(numbers, units, units)
@settings(deadline=None)
def test_another_unit_is_another_value(number, unit, other):
    assume(unit != other)
    fact = f"{number} {UNITS[unit]}"
    assert not holds_fact(f"{number} {UNITS[other]}", fact)
    assert holds_fact(f"{number} {UNITS[other]}, then {fact}", fact)


@given(numbers, numbers)
@settings(deadline=None)
def test_prices(price, other):
    assume(price != other)
    assert holds_fact(f"You pay ${price:,} once.", f"${price}")
    assert not holds_fact(f"You pay ${other} once.", f"${price}")
    assert not holds_fact(f"You pay ${price} or ${other}.", f"${price}")


@given(st.integers(0, 99), st.integers(0, 99))
@settings(deadline=None)
def test_codes(code, other):
    assume(code != other)
    assert holds_fact(f"The app shows e{code:02d}.", f"E{code:02d}")
    assert not holds_fact(f"The app shows E{other:02d}.", f"E{code:02d}")
    assert not holds_fact(f"E{code:02d} or E{other:02d}", f"E{code:02d}")


@given(anything, numbers)
@settings(deadline=None)
def test_no_text_breaks_it(text, number):
    assert holds_fact(text, f"{number} months") in (True, False)


@given(anything)
@settings(deadline=None)
def test_text_without_digits_or_number_words_holds_no_number(text):
    assume(not any(char.isnumeric() for char in text))
    assert not holds_fact(text, "24 lumens")


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text", ["$1 " * 13_000, "24 months " * 5_000, "1, " * 20_000 + "24 months"]
)
def test_a_text_that_is_too_long_for_an_answer_holds_nothing(text):
    assert not holds_fact(text, "$1" if "$" in text else "24 months")
