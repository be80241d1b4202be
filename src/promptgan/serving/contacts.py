"""Contact details in texts, which no log holds."""

import re

MASK = "[contact]"
CONTACTS = re.compile(
    r"""
    [\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+                                   # an e-mail address
    | (?:https?|ftps?)://\S+                                            # a web address with its scheme
    | \bwww\.\w\S*
    | (?:[\w-]{1,63}\.){1,9}(?:com|org|net|edu|gov|io|cn|uk)\b(?:/\S*)?  # or without
    | \+\d[\d .()-]{7,}\d                                               # a telephone number of any country
    | \(\d{3}\)\ ?\d{3}[ .-]\d{4}(?!\d)                                 # of North America
    | (?<!\d)\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d)
    | (?<!\d)1[3-9]\d{9}(?!\d)                                          # a mobile one of China
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What validation takes for contact details (`promptgan.quality.text_rules`), here with where it begins and ends.

Parts of addresses have at most as many characters as may be, so that the time that a text takes grows no faster than
the text: whoever sends one chooses it."""


def masked(text: str) -> str:
    """The text with its e-mail and web addresses and telephone numbers masked."""
    return CONTACTS.sub(MASK, text)
