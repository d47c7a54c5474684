"""Language detection: the patterns know only English, and an unread answer must not look like a bad one."""

from __future__ import annotations

import unicodedata

from harness.interview.scoring.sentences import WORD

# The commonest short words of the languages in which answers are most likely to be written.
OTHERS = {
    "German": "der die das und ist nicht ein eine ich wir mit von zu auf für den dem sich auch es wenn dann",
    "French": "le la les et est une des je nous avec pour dans que qui ne pas sur du il plus si mais",
    "Spanish": "el la los las y es una un que con para por no se del al más si pero como",
    "Portuguese": "o os as e é uma um que com para por não se do da mais mas como em",
    "Italian": "il lo la gli e è una un che con per non si del della più se ma come di",
    "Dutch": "de het een en is niet ik we met van voor op te dat die ook als dan maar",
    "Polish": "i w na z do nie jest się to że a jak ale dla przez czy tylko",
    "Turkish": "bir ve bu için ile ne de da çok daha ama gibi",
}
WORDS = {name: frozenset(words.split()) for name, words in OTHERS.items()}
MIN_WORDS = 3  # common words of another language that a text needs to count as written in it
LEAD = 1.5  # minimum ratio of these to the common English words


def other_language(text: str, english: frozenset[str]) -> str | None:
    """Return the language of a text that is not English, or "another script"; None for English and noise.

    english: the commonest short English words.
    """
    letters = [c for c in text if c.isalpha()]
    foreign = sum(not unicodedata.name(c, "LATIN").startswith("LATIN") for c in letters)
    if letters and foreign / len(letters) > 0.5:
        return "another script"
    words = WORD.findall(text.lower())
    english_hits = sum(word in english for word in words)
    hits = {name: sum(word in common for word in words) for name, common in WORDS.items()}
    name = max(hits, key=lambda language: hits[language])
    return name if hits[name] >= max(MIN_WORDS, LEAD * english_hits) else None
