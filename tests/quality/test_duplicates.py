import random
from typing import Any

import pytest

from promptgan.quality.duplicates import NearDuplicates, _shingles, higher_ranked_copies
from promptgan.tasks.text.records.duplicates import words_of_pairs

MEASURE = NearDuplicates(shingle_words=3, threshold=0.8)
Records = list[list[list[str]]]


def by_comparing_all(records: Records, ranks: list[int], measure: NearDuplicates) -> list[int | None]:
    """The same by the definition."""
    sets = [_shingles(record, measure.shingle_words) for record in records]
    found: list[int | None] = [None] * len(sets)
    for position in sorted(range(len(sets)), key=lambda i: ranks[i]):
        found[position] = next(
            (
                other
                for other in range(len(sets))
                if ranks[other] < ranks[position]
                and found[other] is None
                and len(sets[position] & sets[other]) / len(sets[position] | sets[other]) >= measure.threshold
            ),
            None,
        )
    return found


def changed_copies(source: random.Random) -> Records:
    """Sentences, each with copies that differ in a word."""
    records: Records = []
    for _ in range(60):
        words = [source.choice("abcdefgh") for _ in range(source.randint(3, 12))]
        for _ in range(7):
            other = list(words)
            other[source.randrange(len(other))] = source.choice("abcdefghz")
            records.append([other, other[::-1]])
    return records


def few_answers(source: random.Random) -> Records:
    """Prompts of like and unlike words, all with one of few long answers."""
    answers = [[f"a{n}{i}" for i in range(source.randint(4, 14))] for n in range(3)]
    answers.append([*answers[0][:-1], "end"])
    return [
        [[f"w{source.randrange(80)}" for _ in range(source.randint(1, 4))], source.choice(answers)] for _ in range(500)
    ]


def copies_of_pairs(
    prompts: list[str], texts: list[str], ranks: list[int], measure: NearDuplicates
) -> list[int | None]:
    return higher_ranked_copies(words_of_pairs(prompts, texts), ranks, measure)


@pytest.mark.parametrize("make", [changed_copies, few_answers])
@pytest.mark.parametrize("threshold", [0.5, 0.8, 1.0])
def test_finds_exactly_what_comparing_all_finds(make: Any, threshold: float) -> None:
    source = random.Random(0)
    records = make(source)
    ranks = [source.randrange(4) for _ in records]
    measure = NearDuplicates(shingle_words=3, threshold=threshold)
    expected = by_comparing_all(records, ranks, measure)
    assert sum(copy is not None for copy in expected) > 10
    assert higher_ranked_copies(records, ranks, measure) == expected


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        (("Hi!", "Hello."), ("hi", "hello"), True),
        (("hi", "hello"), ("hello", "hi"), False),
        (("?!", "..."), ("?!", "..."), True),
        (("?!", "..."), (":)", ":("), False),
        (
            ("the quick brown fox jumps over", "the lazy dog today at noon"),
            ("the quick brown fox jumps over", "the lazy dog today at ten"),
            True,
        ),
        (("白日依山盡", "黃河入海流"), ("白日依山盡", "黃河入海流！"), True),
        (("白日依山盡", "黃河入海流"), ("白日依山盡", "更上一層樓"), False),
    ],
)
def test_what_counts_as_near(one: tuple[str, str], other: tuple[str, str], near: bool) -> None:
    prompts, texts = zip(one, other, strict=True)
    assert copies_of_pairs(list(prompts), list(texts), [0, 1], MEASURE) == [None, 0 if near else None]


def test_pairs_of_one_split_are_left_alone() -> None:
    assert copies_of_pairs(["hi"] * 2, ["hello"] * 2, [3, 3], MEASURE) == [None, None]


def test_a_quarantined_pair_condemns_no_other() -> None:
    # b is near a and c is near b, but c is not near a
    words = [f"w{i}" for i in range(30)]
    a, b, c = " ".join(words), " ".join([*words[:28], "x", "y"]), " ".join(["z", *words[1:28], "x", "y"])
    assert copies_of_pairs(["p"] * 3, [a, b, c], [0, 1, 3], MEASURE) == [None, 0, None]
    assert copies_of_pairs(["p"] * 2, [b, c], [1, 3], MEASURE) == [None, 0]
