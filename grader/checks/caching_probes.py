"""Pairs of questions that the caches of lab 07 must treat as one question, or as two."""

from __future__ import annotations

import unicodedata

WARRANTY = "How long is the warranty of the Kestrel X200?"

# One key: the difference does not change the answer.
ALIKE = (
    (WARRANTY, "how long is the WARRANTY of the kestrel x200?"),
    (WARRANTY, "  How long  is the\twarranty of the Kestrel X200?\n"),
    (WARRANTY, "How long is the warranty of the Kestrel X200"),
    (WARRANTY, "How long is the warranty of the Kestrel X200 ?!"),
    ("Größe?", "GRÖSSE?"),
    ("Is it café-proof?", unicodedata.normalize("NFD", "Is it café-proof?")),
)
# Two keys: a small difference changes the answer.
UNLIKE = (
    (WARRANTY, "How long is the warranty of the Kestrel X300?"),
    ("Is 7.5 V enough?", "Is 75 V enough?"),
    ("Can I re-sign it?", "Can I resign it?"),
    ("Is it covered?", "Is it not covered?"),
    ("Does the lamp charge the speaker?", "Does the speaker charge the lamp?"),
    ("Does it cost $39?", "Does it cost 39?"),
    ("Is it 1,000?", "Is it 1000?"),
)
# Pairs whose meanings must differ: an embedding hardly sees the difference, so the guard has to.
APART = (
    ("What is the warranty of the Kestrel X200?", "What is the warranty of the Kestrel X300?"),
    ("Kestrel X200 battery life", "Kestrel X2000 battery life"),
    ("Is the Kestrel X200 covered for 12 months?", "Is the Kestrel X200 covered for 24 months?"),
    ("Does the Kestrel X200 run for 8 hours?", "Does the Kestrel X200 run for 8 days?"),
    ("May I use the Kestrel X200 outside?", "May I not use the Kestrel X200 outside?"),
    ("Can the Kestrel X200 get wet?", "Can't the Kestrel X200 get wet?"),
    ("How do I switch the Kestrel X200 on?", "How do I switch the Kestrel X200 off?"),
    (
        "How much is shipping of the Kestrel X200 to Canada?",
        "How much is shipping of the Kestrel X200 to Australia?",
    ),
    ("Kestrel X200 with the case?", "Kestrel X200 without the case?"),
)
# Pairs whose meanings must be equal, because they are the same question.
TOGETHER = (
    (
        "What is the warranty of the Kestrel X200?",
        "Hi, what is the kestrel x200's warranty? Thanks!",
    ),
    ("Kestrel X200 covered for 12 months?", "Are there 12 months of cover for the Kestrel X200."),
    ("Shipping of the Kestrel X200 to Canada?", "To Canada: what is shipping of a Kestrel X200?"),
)
