import numpy as np
import pytest

from promptgan.tasks.classification.samples.attack import Budget, Parts, attack
from promptgan.tasks.classification.samples.attacks import characters, deletion, substitution
from promptgan.tasks.classification.samples.stop_words import STOP_WORDS
from tests.tasks.classification.toy import Counting

NEAR = {"good": ["fine", "film"], "fine": ["good"], "film": ["movie"], "bad": ["dull"], "dull": ["slow"]}
AMPLE = Budget(queries=500, words=20)


def substitutes(word):
    return NEAR.get(word, [])


def found(texts, labels, options, budget=AMPLE, seed=1, classifier=None):
    return attack(texts, labels, classifier or Counting(), options, budget, seed)


def test_the_parts_of_a_text_are_the_text():
    for text in ("", " ", "a", "  It's  good , isn't it?\n", "这部电影很好!", "…a b"):
        assert str(Parts.of(text)) == text
    parts = Parts.of("Good, very good film.")
    assert str(parts.changed({0: ""})) == ", very good film."
    assert str(parts.changed({2: ""})) == "Good, good film."


def test_words_that_matter_most_become_the_substitute_that_helps_most():
    (one,) = found(["A Good film, GOOD and fine"], [1], substitution.Attack(substitutes))
    assert one.text == "A Film movie, FILM and fine"  # fine may become good, which is no help
    assert (one.success, one.predicted, one.changed) == (False, 1, 3)
    assert one.probabilities == pytest.approx(Counting()([one.text])[0])


def test_the_search_ends_with_the_first_substitute_that_misleads():
    (one,) = found(["a dull film"], [0], lambda words, place, random: [{place: "so"}, {place: "good"}, {place: "fine"}])
    assert (one.text, one.success, one.predicted) == ("a so film", True, 1)  # 0.1 - 0.05 > 0
    assert one.changed == 1
    assert one.queries == 1 + 3 + 3  # the text, it without each word, what dull may become


def test_texts_that_are_read_wrong_are_not_attacked():
    (one,) = found(["a good film"], [0], deletion.Attack())
    assert (one.text, one.before, one.predicted, one.success) == ("a good film", 1, 1, False)
    assert (one.queries, one.changed) == (1, 0)


def test_budgets_hold():
    text = "good good good good and a fine film"
    for budget in (Budget(1, 9), Budget(5, 9), Budget(12, 9), Budget(500, 0), Budget(500, 2)):
        (one,) = found([text], [1], deletion.Attack(), budget)
        assert one.queries <= budget.queries
        assert one.changed <= budget.words
        assert one.changed == len(text.split()) - len(one.text.split())
        assert not one.success


def test_a_smaller_budget_ends_where_a_larger_one_passes():
    texts = ["good fine film , dull", "bad and dull film", "fine film", "good , bad , good"]
    labels = [1, 0, 1, 1]
    most = found(texts, labels, deletion.Attack())
    for words in range(4):
        for small, large in zip(found(texts, labels, deletion.Attack(), Budget(500, words)), most, strict=True):
            assert small.success == (large.success and large.changed <= words)


def test_all_texts_are_asked_about_together_and_none_depends_on_another():
    texts = ["a good and fine film", "bad bad film", "dull", "good", "a fine movie indeed"]
    labels = [1, 0, 0, 1, 1]
    for options in (substitution.Attack(substitutes), characters.Attack(), deletion.Attack()):
        classifier = Counting()
        together = found(texts, labels, options, classifier=classifier)
        alone = [found([text], [label], options)[0] for text, label in zip(texts, labels, strict=True)]
        assert [one.text for one in together] == [one.text for one in alone]
        assert [one.queries for one in together] == [one.queries for one in alone]
        assert len(classifier.calls[0]) == len(texts)
        assert len(classifier.calls) <= 2 + max(len(text.split()) for text in texts)
        assert sum(map(len, classifier.calls)) == sum(one.queries for one in together)


def test_stop_words_and_words_without_neighbours_stay():
    (one,) = found(["they were not good , never ever"], [1], substitution.Attack(lambda word: ["x"]), Budget(500, 9))
    assert one.text == "they were not x , never ever"
    assert {"not", "the", "不", "isn't"} <= STOP_WORDS
    assert not STOP_WORDS & {"good", "bad", "film"}


def test_the_last_word_of_a_text_is_not_deleted():
    (one,) = found(["good good !"], [1], deletion.Attack())
    assert one.text == "good !"


def one_edit(old, new):
    """Whether a swap of neighbours, one other letter, one less or one more makes the new word of the old one."""
    if len(old) == len(new):
        differ = [i for i in range(len(old)) if old[i] != new[i]]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1 and old[differ[0]] == new[differ[1]]
        return len(differ) == 1 or (swapped and old[differ[1]] == new[differ[0]])
    short, long = sorted((old, new), key=len)
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


@pytest.mark.parametrize("word", ["good", "Excellent", "GREAT", "aaaa", "naïve"])
def test_misspellings_are_one_edit_away_and_keep_both_ends(word):
    kinds = set()
    for seed in range(60):
        options = characters.Attack()([word], 0, np.random.default_rng(seed))
        for (new,) in (change.values() for change in options):
            assert one_edit(word, new)
            assert (new[0], new[-1]) == (word[0], word[-1])
            kinds.add(new)
    assert len(kinds) >= len(set(word[1:-1]))


def test_short_words_numbers_and_stop_words_are_not_misspelt():
    words = ["bad", "with", "1984", "isn't", "!", "well-known"]
    for place in range(len(words)):
        assert characters.Attack()(words, place, np.random.default_rng(0)) == []


@pytest.mark.parametrize(("key", "beside"), [("s", "adewzx"), ("q", "aw"), ("p", "ol"), ("m", "njk"), ("G", "FHTYVB")])
def test_the_neighbours_of_a_key_are_beside_it(key, beside):
    assert {characters._key(key, np.random.default_rng(seed)) for seed in range(80)} == set(beside)


def test_chinese_characters_are_swapped_or_look_alike():
    words = list("大家买书")
    attack_ = characters.Attack()
    assert attack_(words, 0, np.random.default_rng(0)) == [{0: "太"}, {0: "犬"}, {0: "家", 1: "大"}]
    assert attack_(words, 2, np.random.default_rng(0)) == [{2: "卖"}, {2: "书", 3: "买"}]
    (one,) = found(["电影好不好"], [1], attack_, classifier=Counting({"好": 1.0}))
    assert not one.success  # swaps alone do not mislead who counts
    (one,) = found(["买好"], [1], attack_, classifier=Counting({"买": 2.0}))
    assert (one.text, one.changed, one.success) == ("卖好", 1, True)


def test_the_same_seed_misspells_alike_and_another_otherwise():
    texts = ["excellent entertainment everywhere"] * 2
    classifier = Counting(dict.fromkeys(texts[0].split(), 1.0))
    budget = Budget(500, 1)
    runs = [found(texts, [1, 1], characters.Attack(), budget, seed, classifier) for seed in (1, 1, 2)]
    assert runs[0][0].text == runs[0][1].text == runs[1][0].text != runs[2][0].text


REFERENCE_WEIGHTS = {
    "good": 2.0,
    "fine": 1.0,
    "great": 1.5,
    "nice": 0.4,
    "film": 0.1,
    "bad": -2.0,
    "dull": -1.0,
    "poor": -0.7,
}
REFERENCE_NEAR = {
    "good": ["fine", "nice", "solid"],
    "great": ["good", "nice"],
    "fine": ["nice"],
    "film": ["picture"],
    "plot": ["story"],
    "bad": ["poor", "dull"],
    "dull": ["poor", "slow"],
    "actors": ["players"],
}
# What TextAttack 0.3.11 makes of these texts with the same classifier: GreedyWordSwapWIR("delete"), RepeatModification
# and, for substitution, StopwordModification with the stop words of this repository; attacked text, success, queries.
# Of substitutes that mislead it takes the one that misleads most, where here it is the nearest; and it counts places
# anew after a deletion, so that of two deletions the second meets another word: neither is compared.
REFERENCE = [
    (
        "substitution",
        999,
        "the film is good and the plot is fine",
        "the picture is solid and the plot is nice",
        False,
        11,
    ),
    ("substitution", 999, "a great film with good actors", "a nice picture with solid actors", False, 12),
    ("substitution", 999, "bad plot but good actors", "poor plot but good actors", True, 7),
    ("substitution", 999, "dull film with a bad plot", "slow film with a poor plot", False, 11),
    ("substitution", 999, "dull film", "slow film", True, 5),
    ("substitution", 9, "the film is good and the plot is fine", "the film is solid and the plot is nice", False, 9),
    ("substitution", 9, "a great film with good actors", "a great film with solid actors", False, 9),
    ("substitution", 9, "dull film with a bad plot", "slow film with a poor plot", False, 9),
    ("deletion", 999, "bad plot but good actors", "plot but good actors", True, 7),
    ("deletion", 9, "dull film", "film", True, 4),
]


@pytest.mark.parametrize(("kind", "queries", "text", "attacked", "success", "asked"), REFERENCE)
def test_attacks_come_to_what_textattack_comes_to(kind, queries, text, attacked, success, asked):
    options = {
        "substitution": substitution.Attack(lambda word: REFERENCE_NEAR.get(word, [])),
        "deletion": deletion.Attack(),
    }[kind]
    classifier = Counting(REFERENCE_WEIGHTS)
    (one,) = found([text], [int(classifier([text]).argmax())], options, Budget(queries, 20), classifier=classifier)
    assert (one.text, one.success, one.queries) == (attacked, success, asked)
