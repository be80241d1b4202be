"""The rules of texts, as Great Expectations; import them after `promptgan.quality.expectations`."""

from typing import ClassVar

from great_expectations.expectations import core as gxe

_CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd\ufffe\uffff"


class ExpectNotEmpty(gxe.ExpectColumnValueLengthsToBeBetween):
    """Neither side is empty once spaces are stripped."""

    rule: ClassVar = "empty-side"
    min_value: int = 1
    description: str = "the prompt or the text is empty"


class ExpectNoControlCharacters(gxe.ExpectColumnValuesToNotMatchRegex):
    """No control character, replacement character, or UTF-8 that was read as Latin-1."""

    rule: ClassVar = "control-characters"
    regex: str = (
        f"[{_CONTROLS}\u00c2\u00c3\u00e2](?:(?<=[{_CONTROLS}])|(?<=[\u00c2\u00c3])[\u00a0-\u00bf]|(?<=\u00e2)\u20ac"
        "|(?<=\u00c3)[\u0152\u0160\u017d\u0192\u02c6\u2018-\u2022\u2026\u2030])"
    )
    description: str = "holds control characters, U+FFFD or wrongly decoded text"


class ExpectNoContactDetails(gxe.ExpectColumnValuesToNotMatchRegex):
    """No e-mail address, web address or telephone number."""

    rule: ClassVar = "contact-details"
    regex: str = "".join(
        (
            r"[@:.+(0-9](?:",  # one of these comes in each of them: a search that starts there is ten times as fast
            r"(?<=\w@)[\w-]+\.[A-Za-z]{2}",
            r"|(?<=[pPsS]:)//\w",
            r"|(?<=[wW]{3}\.)\w|(?<=\w\.)(?i:com|org|net|edu|gov|io|cn|uk)\b",
            r"|(?<=\+)\d[\d .()-]{7,}\d",
            r"|(?<=\()\d{3}\) ?\d{3}[ .-]\d{4}(?!\d)|(?<=\d)(?<!\d\d)\d\d[ .-]\d{3}[ .-]\d{4}(?!\d)",
            r"|(?<=1)(?<!\d1)[3-9]\d{9}(?!\d))",
        )
    )
    description: str = "holds an e-mail address, a web address or a telephone number"


class ExpectPrompt(gxe.ExpectColumnValuesToNotBeNull):
    """A text is long enough for the prompt that is made of it (`validate.prompt`)."""

    rule: ClassVar = "too-short"
    description: str = "the text has too few words for a prompt to be made of it"


class ExpectFewWords(gxe.ExpectColumnValuesToBeBetween):
    """A side has at most so many words (`validate.max_prompt_words`, `validate.max_text_words`)."""

    rule: ClassVar = "too-long"
    description: str = "has more words than are allowed"


class ExpectScript(gxe.ExpectColumnValuesToBeBetween):
    """The letters of a side are in the expected script (`validate.script`, `validate.max_foreign_share`)."""

    rule: ClassVar = "wrong-script"
    description: str = "too many letters of another script"


class ExpectPairInOneSplit(gxe.ExpectColumnValuesToBeBetween):
    """A pair of prompt and text lies in one split."""

    rule: ClassVar = "pair-leakage"
    max_value: int = 1
    description: str = "every pair of prompt and text lies in one split"
