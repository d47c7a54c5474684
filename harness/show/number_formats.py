"""Formats of times and shares in pictures, tables and sentences."""

from __future__ import annotations


def ms(value: float) -> str:
    """Return milliseconds with decimals where they matter: "2,500 ms", "8.4 ms", "0.42 ms"."""
    decimals = 0 if value >= 10 or value == 0 else 1 if value >= 1 else 2
    return f"{value:,.{decimals}f} ms"


def duration(value_ms: float) -> str:
    """Return a time for titles: "3.2 s", and "419 ms" below a second."""
    return f"{value_ms / 1000:.1f} s" if round(value_ms) >= 1000 else ms(value_ms)


def percent(share: float) -> str:
    """Return a share in percent: "78 %", and "<1 %" for a small share that would be rounded to 0."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
