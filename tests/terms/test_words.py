"""Words in the scripts of the world, of which each has its own ways."""

import pytest

from promptgan.terms.words import cut, segments, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i don't know...", ["i", "don't", "know", ".", ".", "."]),
        ("what?! 2 cats", ["what", "?", "!", "2", "cats"]),
        ("Ünïcode 'quoted'", ["Ünïcode", "'", "quoted", "'"]),
        ("春眠不覺曉，ok", ["春", "眠", "不", "覺", "曉", "，", "ok"]),
        (
            "ok \U0001f44d\U0001f3fd! \U0001f469\u200d\U0001f467",
            ["ok", "\U0001f44d\U0001f3fd", "!", "\U0001f469\u200d\U0001f467"],
        ),
        ("  ", []),
    ],
)
def test_segments_are_words_and_punctuation_in_order_with_their_case(text: str, expected: list[str]) -> None:
    assert segments(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't stop, it's 5pm!", ["don't", "stop", "it's", "5pm"]),
        ("snake_case", ["snake", "case"]),
        ("用Python寫", ["用", "python", "寫"]),
        ("?! ... ___", []),
    ],
)
def test_words_are_case_folded_and_without_punctuation(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("script", "text", "count"),
    [
        ("Latin", "naïve café, vis-à-vis", 5),
        ("Cyrillic", "Съешь же ещё этих мягких булок", 6),
        ("Greek", "Γειά σου Κόσμε", 3),
        ("Arabic, vocalised", "السَّلامُ عَلَيْكُمْ ورحمةُ اللهِ", 4),
        ("Persian, with joiners", "می\u200cخواهم بروم", 2),
        ("Hebrew, pointed", "שָׁלוֹם עוֹלָם", 2),
        ("Devanagari", "यह किताब बहुत अच्छी है", 5),
        ("Bengali", "আমি বাংলায় গান গাই", 4),
        ("Tamil", "வணக்கம் உலகம்", 2),
        ("Hangul", "안녕하세요 세계", 2),
        ("Han", "床前明月光", 5),
        ("kana", "これはペンです", 7),
        ("Thai, by character with its marks", "ที่นี่", 2),
    ],
)
def test_marks_belong_to_their_word(script: str, text: str, count: int) -> None:
    assert len(words(text)) == count, (script, words(text))
    assert "".join(segments(text)) == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "count", "expected"),
    [
        ("why, oh why is it so?", 3, ("why, oh why", "is it so?")),
        ("これはペンです。", 3, ("これは", "ペンです。")),
        ("यह किताब अच्छी है", 2, ("यह किताब", "अच्छी है")),
        ("two words", 5, ("two words", "")),
        ("please call (801) 555-0134 now", 2, ("please call", "(801) 555-0134 now")),
        ("a well-known thing", 2, ("a well-known", "thing")),
        ("他说：“你好吗”", 2, ("他说：", "“你好吗”")),
    ],
)
def test_a_sentence_is_cut_after_some_words(text: str, count: int, expected: tuple[str, str]) -> None:
    assert cut(text, count) == expected
