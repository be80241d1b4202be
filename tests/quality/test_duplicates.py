import random

import pytest

from promptgan.quality.duplicates import NearDuplicates, _jaccard, _shingles, higher_ranked_copies

MEASURE = NearDuplicates(shingle_words=3, threshold=0.8)


def test_finds_exactly_what_comparing_all_pairs_finds():
    source = random.Random(0)
    base = [[source.choice("abcdefgh") for _ in range(source.randint(3, 12))] for _ in range(60)]
    sentences = [" ".join(words) for words in base]
    for words in base:
        for _ in range(6):
            changed = list(words)
            changed[source.randrange(len(changed))] = source.choice("abcdefghz")
            sentences.append(" ".join(changed))
    prompts, texts = sentences, [sentence[::-1] for sentence in sentences]
    ranks = [source.randrange(4) for _ in sentences]
    shingles = [_shingles(p, t, 3) for p, t in zip(prompts, texts, strict=True)]
    expected: list[int | None] = [None] * len(sentences)
    for position in sorted(range(len(sentences)), key=lambda i: ranks[i]):
        expected[position] = next(
            (
                other
                for other in range(len(sentences))
                if ranks[other] < ranks[position]
                and expected[other] is None
                and _jaccard(shingles[position], shingles[other]) >= 0.8
            ),
            None,
        )
    assert sum(copy is not None for copy in expected) > 20
    assert higher_ranked_copies(prompts, texts, ranks, MEASURE) == expected


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
def test_what_counts_as_near(one, other, near):
    prompts, texts = zip(one, other, strict=True)
    assert higher_ranked_copies(list(prompts), list(texts), [0, 1], MEASURE) == [None, 0 if near else None]


def test_pairs_of_one_split_are_left_alone():
    assert higher_ranked_copies(["hi"] * 2, ["hello"] * 2, [3, 3], MEASURE) == [None, None]


def test_a_quarantined_pair_condemns_no_other():
    # b is near a and c is near b, but c is not near a
    words = [f"w{i}" for i in range(30)]
    a, b, c = " ".join(words), " ".join([*words[:28], "x", "y"]), " ".join(["z", *words[1:28], "x", "y"])
    assert higher_ranked_copies(["p"] * 3, [a, b, c], [0, 1, 3], MEASURE) == [None, 0, None]
    assert higher_ranked_copies(["p"] * 2, [b, c], [1, 3], MEASURE) == [None, 0]
