"""What is alike in texts: runs of words that are shared, records that repeat one another, samples that were copied."""

import pandas as pd
import pytest

from promptgan.tasks.text import likeness

VALIDATE = {"near_duplicates": {"shingle_words": 3, "threshold": 0.8}}


def records(*rows: tuple[str, object, object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "prompt", "text"]).assign(group=[row[0] for row in rows])


@pytest.mark.parametrize(
    ("own_words", "texts", "expected"),
    [
        ("a b c", ["a b c", "x b c y", "c b a", ""], [3, 2, 1, 0]),
        ("a a a", ["a a", "a b a"], [2, 1]),
        ("", ["a"], [0]),
    ],
)
def test_shared_runs(own_words: str, texts: list[str], expected: list[int]) -> None:
    assert likeness.shared_runs(own_words.split(), [text.split() for text in texts]).tolist() == expected


def test_what_stays_of_a_record_in_others_is_told_by_its_kind() -> None:
    long = "this is a side of six words at least"
    ours = records(("a", "how are you on this fine day?", long))
    others = records(
        ("same", "  how are you on this fine day?", long),
        ("near", "how are you on this fine day?", f"{long} ok"),
        ("side", long, "well"),
        ("none", "how?", "well"),
        ("gone", None, float("nan")),
    )
    assert dict(zip(others["id"], likeness.relatives(ours, others, VALIDATE), strict=True)) == {
        "same": "of the same prompt and text",
        "near": "nearly the same",
        "side": "with its prompt or its text as one side",
        "none": "",
        "gone": "",
    }


def test_the_words_of_a_record_are_those_long_sides_that_no_other_holds() -> None:
    own, shared = "nobody else says these six words", "somebody else says these six words too"
    ours, others = records(("a", own, shared), ("b", "short", "one")), records(("c", f"well, {shared.upper()}!", "no"))
    assert likeness.phrases(ours, others) == (own,)


def test_a_sample_that_repeats_a_record_is_found_whatever_its_case() -> None:
    samples = pd.DataFrame({"text": ["Yes, sir!", "yes", "yes , sir !"]})
    assert likeness.repeats({"text": "yes, sir!"}, samples) == [0, 2]
    assert likeness.repeats({"text": None}, samples) == []


def test_a_record_in_quarantine_is_compared_as_validation_would_have_made_it() -> None:
    ours = records(("a", "one two three", "four five six seven")).assign(split="test")
    others = records(("b", "what the data set asks", "one two three  four five six seven")).assign(split="quarantine")
    section = VALIDATE | {"prompt": {"kind": "prefix", "words": 3}}
    assert likeness.relatives(ours, others, section) == ["of the same prompt and text"]


def test_of_a_sample_that_answers_no_prompt_nothing_is_said_about_prompts() -> None:
    train = records(("a", "", "one two three"), ("b", "", "four two five"))
    samples = pd.DataFrame({"prompt": [""], "text": ["one two three"], "model": ["twin"]})
    found = likeness.origin(samples.iloc[0].to_dict(), samples, train)
    assert found["verdict"].startswith(
        "copied word for word: 1 of 2 training records say exactly this, in 1 conversation;"
    )
    assert all("prompt_similarity" not in near for near in found["nearest"])
