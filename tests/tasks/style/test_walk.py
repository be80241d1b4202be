"""Tiny sentences of two styles through every stage."""

import csv
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from promptgan.commands.generate import generate
from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.tasks.style.samples import samples
from promptgan.terms.metrics import declared
from promptgan.terms.words import segments


def drawn(walked: Path) -> pd.DataFrame:
    return pd.read_parquet(walked / "samples/generated/samples.parquet")


def test_every_model_transfers_the_same_sentences_to_the_other_style_at_every_temperature(walked: Path) -> None:
    table = drawn(walked)
    assert table.groupby(["model", "temperature"]).size().tolist() == [100] * 3 * 7
    test = pd.read_parquet(walked / "data/validated/test.parquet").set_index("id")
    for (_, temperature), part in table.groupby(["model", "temperature"]):
        sources = test.loc[part["prompt_id"]]
        assert part["prompt"].tolist() == sources["text"].tolist()
        assert all(part["style"].to_numpy() != sources["label"].to_numpy())
        assert set(part["headline"]) == {temperature == 0.1}


def test_models_are_asked_as_the_prompts_of_the_test_split_ask_but_for_the_style(
    walked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, list[int]] = {}

    def noted(sampler, prompts, *rest):  # type: ignore[no-untyped-def]
        asked.update({str(prompt[1:]): prompt for prompt in prompts})
        return [[] for _ in prompts]

    monkeypatch.setattr(samples.Sampler, "answers", noted)
    test = pd.read_parquet(walked / "data/validated/test.parquet")
    wanted = ["negative" if label == "positive" else "positive" for label in test["label"]]
    samples.transfer(samples.load(walked / "models/adversarial"), test["text"].tolist(), wanted, seed=1)
    prompts = pa.ipc.open_file(walked / "data/tokens/test.arrow").read_all()["prompt"].to_pylist()
    first = len(SPECIAL_TOKENS)
    other = {first: first + 1, first + 1: first}
    expected = [[other.get(token, token) for token in prompt] for prompt in prompts]
    assert all(prompt[0] in prompt[1:] for prompt in expected)  # there was something to hide
    assert asked == {str(prompt[1:]): prompt for prompt in expected}


def test_numbers_are_those_of_the_samples(walked: Path) -> None:
    systems = json.loads((walked / "metrics/evaluation.json").read_text())["systems"]
    table = drawn(walked)
    for name, part in table[table["headline"]].groupby("model"):
        pairs = [(segments(a), segments(b)) for a, b in zip(part["text"], part["prompt"], strict=True)]
        assert systems[name]["copied"] == pytest.approx(sum(a == b for a, b in pairs) / 100)
        assert systems[name]["length_ratio"] == pytest.approx(
            sum(len(a) for a, _ in pairs) / sum(len(b) for _, b in pairs), abs=1e-4
        )
        assert systems[name].keys() == set(declared("style").names)
        style, content = systems[name]["style_accuracy"], systems[name]["content_bleu"]
        assert systems[name]["g_score"] == pytest.approx((style * content) ** 0.5, abs=1e-3)
    assert systems["real"].keys() == {"style_accuracy", "perplexity"}
    assert systems["real"]["style_accuracy"] > 0.9  # words tell the styles, and the judge knows them


def test_the_judge_reports_what_it_makes_of_sentences_that_it_has_not_counted(walked: Path) -> None:
    judge = json.loads((walked / "metrics/judges.json").read_text())
    assert judge["accuracy"] > 0.9
    assert judge["sentences"] == len(pd.read_parquet(walked / "data/validated/judge.parquet"))


def test_the_verdict_is_at_equal_content(walked: Path) -> None:
    verdict = json.loads((walked / "metrics/evaluation.json").read_text())["verdict"]
    assert all("content_bleu" in line or "one training seed" in line or "no verdict" in line for line in verdict)
    with (walked / "plots/curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["model"] for row in rows].count("adversarial") == 7
    assert all(row["quality"] == row["style_accuracy"] and row["diversity"] == row["content_bleu"] for row in rows)


def test_people_see_sentence_style_and_every_model(walked: Path) -> None:
    first = drawn(walked).iloc[0]
    page = (walked / "reports/html/index.html").read_text(encoding="utf-8")
    shown = (walked / "samples/generated/samples.txt").read_text(encoding="utf-8")
    assert "Sentences in another style" in page and first["prompt"] in page
    blocks = shown.rstrip("\n").split("\n\n")
    assert blocks[1].splitlines()[0] == f"{first['prompt']} -> {first['style']}"
    assert [[line.split()[0] for line in block.splitlines()[1:]] for block in blocks[1:]] == [
        ["twin", "control", "adversarial"]
    ] * 3


def test_a_model_folder_transfers_by_itself(walked: Path) -> None:
    model = walked / "models/adversarial"
    text = samples.make(model, 2, 1, prompt=["the plot is dull"], style="positive")
    assert text.splitlines()[0] == "> the plot is dull" and len(text.splitlines()) == 3
    assert samples.make(model, 2, 1, prompt=["the plot is dull"], style="positive") == text


def test_the_command_takes_the_style(walked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(model=walked / "models/pretrained", prompt=["the plot is dull"], style="positive", n=1, seed=1)
    assert capsys.readouterr().out.startswith("> the plot is dull\n  ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prompt": ["a"], "style": "neutral"}, "no style 'neutral'"),
        ({"prompt": ["a"]}, "told which one is wanted"),
        ({"style": "positive"}, "no sentence"),
        ({"prompt": [" "], "style": "positive"}, "a sentence is empty"),
        ({"prompt": ["a"], "style": "positive", "temperature": -1.0}, "nothing can be drawn"),
    ],
)
def test_what_cannot_be_transferred_is_refused(options: dict[str, object], words: str, walked: Path) -> None:
    with pytest.raises(PromptganError, match=words):
        samples.make(walked / "models/adversarial", 1, 1, **options)  # type: ignore[arg-type]
