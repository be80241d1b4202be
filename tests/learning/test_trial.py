"""A successor beside the model that serves: verdicts of known numbers, and what is compared with what."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promptgan.forms.tokens.form import example as example_of
from promptgan.forms.tokens.likelihood import per_token
from promptgan.learning import trial
from promptgan.learning.trial import Measured, Trial
from promptgan.networks import folder
from promptgan.serving.shadow import Comparison
from tests.conftest import GENERATOR
from tests.watching.conftest import asked, logged

SAME, GAIN = Measured(100, 2.0, 2.0, 0.01), Measured(100, 2.0, 1.8, 0.05)


@pytest.mark.parametrize(
    ("old", "new", "shadow", "holds"),
    [
        (SAME, GAIN, None, True),
        (SAME, GAIN, Comparison(50, 1.0, 0.9, 0.1), True),
        (SAME, GAIN, Comparison(50, 1.0, 0.7, 0.1), False),  # behind by three standard errors
        (SAME, Measured(100, 2.0, 1.95, 0.05), None, False),  # a gain within chance
        (Measured(100, 2.0, 2.03, 0.01), GAIN, None, True),  # 1.5 % worse, as chance may have it
        (Measured(100, 2.0, 2.1, 0.01), GAIN, None, False),  # forgets
        (None, GAIN, None, False),
        (SAME, None, None, False),
    ],
)
def test_the_verdict_follows_from_the_numbers(
    old: Measured | None, new: Measured | None, shadow: Comparison | None, holds: bool
) -> None:
    found = Trial(old, new, 0 if new is None else new.records, shadow)
    assert found.verdict[0] is holds is found.document()["promote"]
    assert [sentence.partition(":")[0] for sentence in found.verdict[1]] == ["forgetting", "gain", "shadow"]


def frame(**splits: list[str]) -> pd.DataFrame:
    rows = [(f"p {name}", f"t {name}", split) for split, names in splits.items() for name in names]
    return pd.DataFrame(rows, columns=["prompt", "text", "split"])


def test_old_records_are_tested_ones_and_new_ones_held_out_and_unknown() -> None:
    before = frame(train=["a", "b"], test=["c", "d"], quarantine=["q"])
    after = frame(train=["a", "d", "n0"], test=["c", "b", "n1"], judge=["n2"], val=["n3"], quarantine=["n4"])
    old, new, learnt = trial.held_out(before, after)
    assert old["text"].tolist() == ["t c"] and learnt == 1, "the successor learnt from d"
    assert new["text"].tolist() == ["t n1", "t n2"]


def test_losses_are_per_character_with_the_error_of_their_difference() -> None:
    records = pd.DataFrame({"prompt": ["p"] * 60, "text": ["abc", "abcdefg"] * 30})
    lengths = records["text"].str.len().to_numpy() + 1.0

    def serving(prompts: object, texts: object) -> np.ndarray:
        return 2 * lengths

    found = trial.measure(records, serving, lambda prompts, texts: 1.5 * lengths)
    assert found and (found.serving, found.successor) == (2.0, 1.5)
    assert found.change == -0.5 and found.error == pytest.approx(0, abs=1e-12)
    noise = np.random.default_rng(1).normal(size=60)
    found = trial.measure(records, serving, lambda prompts, texts: 2 * lengths + noise)
    # the error of a mean of 60, for each of its characters
    assert found and found.error == pytest.approx(noise.std(ddof=1) / np.sqrt(60) / lengths.mean(), rel=0.35)
    assert trial.measure(records.head(trial.FEWEST - 1), serving, serving) is None


def test_a_model_folder_says_what_the_likelihood_of_evaluation_says(
    one_thread: None, tokens: Path, validated: Path, tmp_path: Path
) -> None:
    example = example_of(tokens)
    generator = folder.build("tokens", "generator", GENERATOR, example)
    described = folder.described("text", "tokens", example)
    files = {"tokenizer.json": tokens / "tokenizer.json"}
    folder.save(tmp_path, {"generator": generator}, {"generator": GENERATOR}, described, files)
    records = pd.read_parquet(validated / "test.parquet")
    prompts, texts = records["prompt"].tolist(), records["text"].tolist()
    nats = trial.scored(tmp_path)(prompts, texts)
    from promptgan.tasks.text.samples.samples import load

    model = load(tmp_path)
    asked_, said = ([e.ids for e in model.tokenizer.encode_batch(part)] for part in (prompts, texts))
    said = [[*row[:10], 3] for row in said]
    known = per_token(model.generator, [row[-10:] for row in asked_], said) * sum(map(len, said))
    assert nats.shape == (104,) and nats.sum() == pytest.approx(known, rel=1e-6)


def test_the_shadow_is_compared_with_what_people_got_meanwhile(tmp_path: Path) -> None:
    rows = [asked(5000, score=-100.0, revision="old")]  # after the shadow's last answer
    for n in range(100):
        rows.append(asked(n, score=1.0 + n % 2, revision="old"))
        rows.append(asked(n, id=f"r{n:04d}.1", score=3.0 + n % 2, revision="next", shadow=1))
        rows.append(asked(n, id=f"r{n:04d}.2", score=9.0, revision="another", shadow=1))
    log = logged(tmp_path / "log.sqlite", *rows)
    found = trial.shadow(log, "old", "next")
    assert found and (found.answers, found.serving, found.successor) == (100, 1.5, 3.5)
    assert found.error == pytest.approx(np.sqrt(2 * 0.25 * 100 / 99 / 100)) and not found.worse
    assert trial.shadow(log, "old", "none") is None
