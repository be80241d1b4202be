"""Tiny rated texts through every stage of a recipe with a generator."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn import metrics
from typer.testing import CliRunner

from promptgan import cli
from promptgan.commands import summary
from promptgan.experiments import leaderboard
from promptgan.experiments.entry import Entry, Trained
from promptgan.experiments.makeup import Makeup
from promptgan.experiments.table import Row, best, leading
from promptgan.networks.folder import load as load_networks
from promptgan.networks.tokens.autoencoder.drawing import REASONS
from promptgan.networks.tokens.autoencoder.drawing import drawn as drawn_of
from promptgan.networks.tokens.classifier.told import told
from promptgan.tasks.classification.measures.bootstrap import Interval
from promptgan.tasks.classification.measures.measures import worth
from promptgan.tasks.classification.samples import samples
from promptgan.tasks.classification.samples.attack import Parts
from promptgan.tasks.classification.samples.prediction import load
from promptgan.terms.metrics import declared
from promptgan.terms.systems import MODELS

LABELS = ["negative", "positive"]
ATTACKS = ["substitution", "characters", "deletion"]


@pytest.fixture(scope="module")
def table(walked: Path) -> pd.DataFrame:
    return pd.read_parquet(walked / "samples/generated/samples.parquet")


@pytest.fixture(scope="module")
def evaluation(walked: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((walked / "metrics/evaluation.json").read_text())
    return content


def curves(walked: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((walked / "plots/curves.csv").read_text().splitlines()))


def test_every_model_tells_the_label_of_every_test_text(walked: Path, table: pd.DataFrame) -> None:
    test = pd.read_parquet(walked / "data/validated/test.parquet")
    for name, folder in MODELS.items():
        part = table[(table["kind"] == "prediction") & (table["model"] == name)]
        for column in ("id", "text", "label", "source"):
            assert part[column].tolist() == test[column].tolist()
        found = load(walked / "models" / folder).probabilities(test["text"].tolist())
        assert np.stack(part["probabilities"].tolist()) == pytest.approx(found, abs=1e-4)
        assert part["predicted"].tolist() == [LABELS[place] for place in found.argmax(1)]


def test_attacks_keep_their_budget_and_their_verdict_is_what_was_told_before_and_after(
    walked: Path, table: pd.DataFrame
) -> None:
    before = table[table["kind"] == "prediction"].set_index(["model", "id"])
    attacked = table[table["kind"] == "attack"]
    assert attacked.groupby(["model", "by"]).size().tolist() == [12] * 9
    assert len(set(attacked["id"])) == 12
    assert attacked["queries"].between(1, 40).all() and attacked["changed"].between(0, 2).all()
    assert attacked["changed"].dtype.kind == "i"
    assert set(attacked["verdict"]) == {"held", "misled", "wrong before"}
    for row in attacked.to_dict("records"):
        asked = before.loc[(row["model"], row["id"])]
        right, now = asked["predicted"] == asked["label"], row["predicted"] == row["label"]
        assert row["verdict"] == ("wrong before" if not right else "held" if now else "misled")
        assert (row["text"] == asked["text"]) == (row["changed"] == 0)
        if row["by"] != "deletion":
            words = (Parts.of(text).words for text in (asked["text"], row["text"]))
            assert sum(a != b for a, b in zip(*words, strict=True)) == row["changed"]


def test_what_misled_one_classifier_is_told_to_the_others(table: pd.DataFrame, evaluation: dict[str, Any]) -> None:
    misled = table[(table["kind"] == "attack") & (table["verdict"] == "misled")]
    found = table[table["kind"] == "transfer"]
    wanted = {
        (other, row["model"], row["by"], row["id"], row["text"])
        for row in misled.to_dict("records")
        for other in MODELS
        if other != row["model"]
    }
    assert wanted == set(found[["model", "against", "by", "id", "text"]].itertuples(index=False, name=None))
    for row in evaluation["transfers"]:
        part = found[
            (found["model"] == row["model"]) & (found["against"] == row["misled"]) & (found["by"] == row["by"])
        ]
        assert row["texts"] == len(part)
        assert row["accuracy"] == pytest.approx((part["label"] == part["predicted"]).mean(), abs=1e-4)


def test_both_generators_write_for_every_label_from_training_texts_of_it(walked: Path, table: pd.DataFrame) -> None:
    train = pd.read_parquet(walked / "data/validated/train.parquet").set_index("id")
    drawn = table[table["kind"] == "drawn"]
    assert drawn.groupby(["model", "by", "label"]).size().to_dict() == {
        ("adversarial", by, label): 10 for by in ("autoencoder", "adversarial") for label in LABELS
    }
    assert (train.loc[drawn["id"], "label"].to_numpy() == drawn["label"].to_numpy()).all()
    assert set(drawn["verdict"]) <= set(REASONS)
    # The filter hears the tokens themselves, as in training.
    twin, records = load(walked / "models/pretrained"), train.reset_index()
    ids, labels = twin.ids(records["text"].tolist()), np.array([twin.number(label) for label in records["label"]])
    generator = load_networks(walked / "models/adversarial", twin.device, ["generator"]).networks["generator"]
    section = json.loads((walked / "models/adversarial/run.json").read_text())["parameters"]["train"]["drawing"]
    made = drawn_of(generator, ids, labels, 10, section["spread"], section["temperature"], 1)
    said = np.stack(drawn[drawn["by"] == "adversarial"]["probabilities"].tolist())
    assert said == pytest.approx(told(twin.encoder, made.texts, twin.example.eos), abs=1e-5)


def test_numbers_are_those_of_scikit_learn_on_what_was_told(table: pd.DataFrame, evaluation: dict[str, Any]) -> None:
    for name in MODELS:
        part = table[(table["kind"] == "prediction") & (table["model"] == name)]
        told, true, chances = part["predicted"], part["label"], np.stack(part["probabilities"].tolist())
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(true, told, average="macro", zero_division=0)
        held = table[(table["kind"] == "attack") & (table["model"] == name)].groupby("by")["verdict"]
        expected = {
            "accuracy": metrics.accuracy_score(true, told),
            "precision": precision,
            "recall": recall,
            "macro_f1": f1,
            "nll": metrics.log_loss(true, chances, labels=LABELS),
            **{f"under_{by}": (verdicts == "held").mean() for by, verdicts in held},
        }
        found = evaluation["systems"][name]
        assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-4)
        assert found.keys() == set(declared("classification").names)
        assert evaluation["confusion"][name] == metrics.confusion_matrix(true, told, labels=LABELS).tolist()
        assert {source: each["texts"] for source, each in evaluation["sources"][name].items()} == (
            part["source"].value_counts().to_dict()
        )


def test_accuracy_within_a_budget_begins_with_texts_as_they_are_and_ends_under_attack(
    table: pd.DataFrame, evaluation: dict[str, Any]
) -> None:
    assert list(evaluation["within"]) == sorted(ATTACKS)
    for by, systems in evaluation["within"].items():
        for name, points in systems.items():
            rows = table[(table["kind"] == "attack") & (table["model"] == name) & (table["by"] == by)]
            assert [point["words"] for point in points] == [0, 1, 2]
            assert points[0]["accuracy"] == pytest.approx((rows["verdict"] != "wrong before").mean(), abs=1e-4)
            assert points[-1]["accuracy"] == evaluation["systems"][name][f"under_{by}"]
            assert all(point["low"] <= point["accuracy"] <= point["high"] for point in points)


def test_every_arm_has_a_row_for_each_number_of_labels_with_its_draws(walked: Path, evaluation: dict[str, Any]) -> None:
    rows = curves(walked)
    assert [(row["model"], row["draws"]) for row in rows[:3]] == [(name, "1") for name in MODELS]
    arms = ["twin", "autoencoder", "augmented", "from scratch", "adversarial"]
    assert [(row["model"], row["labels"], row["draws"]) for row in rows[3:]] == [
        (arm, labels, "2") for labels in ("20", "40") for arm in arms
    ]
    for row in rows[3:]:
        points = [
            point["macro_f1"]
            for point in evaluation["few_labels"]
            if (point["arm"], str(point["labels"])) == (row["model"], row["labels"])
        ]
        # of two draws, Student's interval is the mean and 12.706 times half their distance
        reach = 12.7062 * abs(points[0] - points[1]) / 2
        mean = sum(points) / 2
        assert [float(row[name]) for name in ("macro_f1", "low", "high")] == pytest.approx(
            [mean, mean - reach, mean + reach], abs=1e-3
        )


def test_the_verdict_begins_with_the_cost_and_whether_it_was_worth_it_and_names_every_comparison(
    walked: Path, evaluation: dict[str, Any]
) -> None:
    first, cost, *others, last = evaluation["verdict"]
    assert first.startswith("Was the adversarial part worth its cost? ") and "of 6 comparisons" in first
    taken = json.loads((walked / "models/adversarial/index.json").read_text())["flops"]
    assert cost.startswith(f"training cost: with all labels the adversarial part took {taken:.3g} ")
    means = pd.DataFrame(evaluation["few_labels"]).groupby("arm")["flops"].mean()
    for arm in ("autoencoder", "augmented", "from scratch", "adversarial"):
        assert f"{arm} {means[arm] / means['twin']:.2f} times as many" in cost
    assert last.startswith("one training seed")
    said = [
        (one.partition(":")[0], rival)
        for one in others
        for rival in ("twin", "control", "augmented")
        if f" {rival} with" in one
    ]
    full = ["macro_f1", *(f"under_{by}" for by in ATTACKS)]
    few = [("macro_f1", "twin")] * 2 + [("macro_f1", "augmented")] * 2
    assert said == [(name, rival) for rival in ("twin", "control") for name in full] + few


@pytest.mark.parametrize(
    ("ends", "answer"),
    [
        ([(0.1, 0.2), (-0.1, 0.1)], "Yes: of 2 comparisons"),
        ([(-0.2, -0.1), (-0.1, 0.1)], "No: of 2 comparisons"),
        ([(-0.2, -0.1), (0.1, 0.2)], "In part: of 2 comparisons"),
        ([(-0.1, 0.1), (0.0, 0.0)], "That is not shown: of 2 comparisons"),
    ],
)
def test_the_cost_was_worth_it_where_something_is_ahead_and_nothing_behind(
    ends: list[tuple[float, float]], answer: str
) -> None:
    rivals = [(f"m{place}", Interval((low + high) / 2, low, high)) for place, (low, high) in enumerate(ends)]
    for few in (False, True):
        said = worth(rivals, few)
        assert said.partition("? ")[2].startswith(answer)
        assert ("texts changed at random" in said) == few


def test_how_it_was_measured_does_not_depend_on_what_came_out(evaluation: dict[str, Any]) -> None:
    assert "nan" not in " ".join(evaluation["signature"])
    assert any("at most 40 queries and 2 changed words" in line for line in evaluation["signature"])


def test_real_data_is_no_classifier_and_nothing_breaks_on_it(
    walked: Path, evaluation: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert evaluation["systems"]["real"].startswith("not applicable")
    page = (walked / "reports/html/index.html").read_text(encoding="utf-8")
    assert "likelihood twin</th>" in page and "real data</th>" not in page
    monkeypatch.chdir(walked)
    console = Console(width=80, record=True, highlight=False)
    summary.show(console)
    text = " ".join(console.export_text().split())
    assert "real data: not applicable: the labels are the data's own" in text
    assert "Was the adversarial part worth its cost?" in text


def test_the_page_sums_up_before_its_numbers_and_draws_every_arm_and_attack(
    walked: Path, evaluation: dict[str, Any]
) -> None:
    page = (walked / "reports/html/index.html").read_text(encoding="utf-8")
    assert page.index(f"<strong>{evaluation['verdict'][0]}.</strong>") < page.index("<table>")
    few = page[page.index("What a label is worth") :].partition("</figure>")[0]
    assert all(f">{arm}</text>" in few for arm in ("twin", "autoencoder", "augmented", "adversarial"))
    assert page.count("Accuracy under attack, by how many words") == 2 * len(ATTACKS)
    assert "Whether confidence can be believed" in page
    assert "trained against a discriminator" not in page and "perturbed, changed or generated" in page


def test_the_card_is_of_the_classifier(walked: Path) -> None:
    card = (walked / "reports/html/README.md").read_text(encoding="utf-8")
    assert "A `classifier` encoder (" in card and "promptgan classify --model models/adversarial" in card


def test_a_table_of_experiments_marks_the_best_classifier(evaluation: dict[str, Any]) -> None:
    parameters = {"task": "classification", "recipe": "label-prompt-gan", "data.name": "sentiment"}
    better = json.loads(json.dumps(evaluation["systems"]))
    better["adversarial"] |= {"macro_f1": 0.999}
    rows = [Row("one", "", parameters, evaluation["systems"]), Row("two", "", parameters, better)]
    assert [metric.name for metric in leading(rows)][:2] == ["accuracy", "macro_f1"]
    assert (1, "macro_f1") in best(rows)
    assert rows[0].value("real", "macro_f1") is None


def test_presets_of_classifiers_stand_in_one_table_of_the_leaderboard(
    walked: Path, evaluation: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: dict[str, dict[str, list[float]]] = {}
    for row in curves(walked):
        for name in ("labels", "macro_f1"):
            columns.setdefault(row["model"], {}).setdefault(name, []).append(float(row[name]))
    run = Trained("", "AVX2", "2", {}, evaluation["systems"], evaluation["gaps"], {}, evaluation["signature"], columns)
    other = replace(run, signature=[line.replace("seed 1", "seed 2") for line in run.signature])
    made = Makeup({}, {}, {"task": "classification", "data": {"name": "sentiment"}})
    data = {"title": "Rated sentences", "content_sha256": "0" * 64}
    monkeypatch.chdir(tmp_path)
    Entry("label-prompt-gan", data, made, {1: run, 2: other}).write()
    Entry("label-freelb", data, made, {1: run}).write()
    leaderboard.write()
    text = Path("results/README.md").read_text(encoding="utf-8")
    assert text.count("## Rated sentences") == 1
    assert "| 1 | `label-freelb` | 1 |" in text and "| 2 | `label-prompt-gan` | 2 |" in text
    assert "macro F1 ↑" in text and "| `label-freelb` | − control twin |" in text


def test_a_classifier_makes_no_samples(walked: Path) -> None:
    with pytest.raises(samples.NoGenerator, match="holds a classifier"):
        samples.make(walked / "models/adversarial", 1, 1)


def test_a_model_folder_classifies_and_is_attacked_wherever_it_lies(
    walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(walked / "models/control", tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    plain = "the plan and money of city 3 is awful"
    text = "the plan of city 3 is awful and great"  # whichever it is taken for, without that word it is the other
    runner = CliRunner()
    given = ["--text", plain, "--text", text]
    told = runner.invoke(cli.app, ["classify", "--model", "model", *given, "--out", "told.csv"])
    assert told.exit_code == 0, told.output
    row, mixed = csv.DictReader(Path("told.csv").read_text().splitlines())
    assert row["label"] == "negative" and float(row["negative"]) > 0.5
    label = mixed["label"]
    options = ["--model", "model", "--text", text, "--label", label, "--kind", "deletion", "--words", "1"]
    attacked = runner.invoke(cli.app, ["attack", *options, "--out", "attacked.csv"])
    assert attacked.exit_code == 0, attacked.output
    (row,) = csv.DictReader(Path("attacked.csv").read_text().splitlines())
    assert row["predicted"] != label and row["changed"] == "1"
    assert {"negative": "awful", "positive": "great"}[label] not in row["attacked"]
