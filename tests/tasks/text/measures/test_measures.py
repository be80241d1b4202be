import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.core.files import write_json
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.networks.folder import INDEX
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.measures import headline, verse
from promptgan.tasks.text.measures import measures as text
from promptgan.tasks.text.measures.metrics import MEASURES
from promptgan.tasks.text.measures.parameters import Parameters
from promptgan.tasks.text.measures.verse import NAMES as VERSE
from promptgan.tasks.text.measures.yardstick import Yardstick
from promptgan.tasks.text.samples.samples import load
from promptgan.terms.words import segments

PARAMETERS = Parameters(language_model_order=3, jackknife_groups=4, verse=False)
CPU = torch.device("cpu")


def evaluate(tokens: Path, models: Path, samples: Path) -> text.Evaluation:
    return text.evaluate(tokens, models, samples, PARAMETERS, 1, CPU)


def test_every_system_is_measured_at_every_temperature(evaluation: text.Evaluation) -> None:
    metrics, curves = evaluation
    assert [(row["model"], row["temperature"]) for row in curves] == [
        ("real", None), *((name, t) for name in ("twin", "adversarial") for t in (0.5, 0.7, 0.9, 1.0, 1.3)),
    ]  # fmt: skip
    measured = {*text.HEADLINE} - {*VERSE, "frechet_embedding"}  # which these texts are not, and too few
    assert set(metrics["systems"]["twin"]) == {"temperature", "nll", "nll_character", *measured}
    assert set(metrics["systems"]["real"]) == measured - {"rouge_l"}  # it is the real answer
    assert metrics["systems"]["control"] == "not applicable: this recipe has no control"


def test_the_temperature_is_the_nearest_to_real_text_on_validation(evaluation: text.Evaluation) -> None:
    metrics, curves = evaluation
    assert 0 < curves[0]["ms_jaccard_val"] < 1
    for name in ("twin", "adversarial"):
        fits = {row["temperature"]: row["ms_jaccard_val"] for row in curves if row["model"] == name}
        temperature = headline.temperature(fits, curves[0]["ms_jaccard_val"])
        assert metrics["systems"][name]["temperature"] == temperature
        row = next(row for row in curves if (row["model"], row["temperature"]) == (name, temperature))
        assert metrics["systems"][name]["bleu_4"] == row["bleu_4"]


@pytest.mark.parametrize(("real", "chosen"), [(0.094, 0.8), (0.09, 0.9), (0.2, 0.7), (0.01, 1.2)])
def test_it_is_sought_from_the_highest_on_since_below_that_answers_vary_less(real: float, chosen: float) -> None:
    fits = {0.5: 0.0899, 0.6: 0.094, 0.7: 0.1004, 0.8: 0.0943, 0.9: 0.0882, 1.2: 0.0521}
    assert headline.temperature(fits, real) == chosen


def test_more_than_real_text_has_is_no_better() -> None:
    assert MEASURES["ms_jaccard"].direction == MEASURES["relevance"].direction == "real"


def test_a_matcher_that_cannot_tell_real_text_gives_no_verdict_on_relevance(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    assert "relevance" in evaluation.metrics["gaps"]["twin"]
    blind = dual_encoder.DualEncoder(64, 16)
    blind.begin_with(torch.zeros(64))
    dual_encoder.save(models / "judges", blind, {})
    metrics = evaluate(tokens, models, samples).metrics
    assert set(metrics["gaps"]["twin"]) == {"bleu_4"}
    assert metrics["verdict"][-1] == (
        "relevance is not compared: the matcher cannot tell the prompts of real text, whose relevance of 0.5000 is"
        " not above 0.5 by twice its standard error over prompts (0.0000)"
    )


def test_numbers_equal_those_computed_apart(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    row = next(row for row in evaluation.curves if (row["model"], row["temperature"]) == ("twin", 1.3))
    frame = pd.read_parquet(samples / "samples.parquet").query("model == 'twin' and temperature == 1.3")
    yardstick = Yardstick(tokens, dual_encoder.load(models / "judges"), 3)
    texts = [segments(t) for t in frame["text"]]
    expected = [sentence_bleu(yardstick.words["test"], t, [0.25] * 4, SmoothingFunction().method1) for t in texts]
    assert row["bleu_4"] == round(sum(expected) / len(expected), 4)
    assert row["words"] == round(sum(map(len, texts)) / len(texts), 4)
    assert row["duplicates"] == round(1 - len(set(frame["text"])) / len(frame), 4)


def test_rouge_is_with_the_real_answer_to_the_same_prompt(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    curves = evaluation.curves
    row = next(row for row in curves if (row["model"], row["temperature"]) == ("twin", 1.3))
    frame = pd.read_parquet(samples / "samples.parquet").query("model == 'twin' and temperature == 1.3")
    yardstick = Yardstick(tokens, dual_encoder.load(models / "judges"), 3)
    real = dict(zip(yardstick.splits["test"].ids, yardstick.words["test"], strict=True))

    class AsSplit:
        def tokenize(self, words: list[str]) -> list[str]:
            return words

    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], tokenizer=AsSplit())
    scores = [scorer.score(real[i], segments(t)) for i, t in zip(frame["prompt_id"], frame["text"], strict=True)]
    for ours, theirs in {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}.items():
        assert row[ours] == round(sum(score[theirs].fmeasure for score in scores) / len(scores), 4)
        assert curves[0][ours] is None


def test_form_and_rhyme_are_measured_where_the_recipe_asks(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    asked = Parameters(language_model_order=3, jackknife_groups=4, verse=True)
    metrics, curves = text.evaluate(tokens, models, samples, asked, 1, CPU)
    yardstick = Yardstick(tokens, dual_encoder.load(models / "judges"), 3)
    rules = verse.Verse(yardstick.texts("train", "prompt"), yardstick.texts("train"))
    row = next(row for row in curves if (row["model"], row["temperature"]) == ("twin", 1.3))
    frame = pd.read_parquet(samples / "samples.parquet").query("model == 'twin' and temperature == 1.3")
    prompts, texts = frame["prompt"].tolist(), frame["text"].tolist()
    assert row["in_form"] == round(sum(verse.shape(each) == rules.form for each in texts) / len(texts), 4)
    assert row["rhymes"] == round(rules.rhymes(prompts, texts).mean(), 4)
    assert all(set(verse.NAMES) <= metrics["systems"][name].keys() for name in ("real", "twin", "adversarial"))
    assert all(set(verse.NAMES) <= errors.keys() for errors in metrics["standard_errors"])
    assert metrics["signature"][-1].startswith("in_form: ")
    assert not any(name in str(evaluation) for name in verse.NAMES)


def test_embeddings_are_compared_at_the_chosen_temperature_alone(evaluation: text.Evaluation) -> None:
    metrics, curves = evaluation
    measured = {"relevance_embedding", "mauve_embedding", "nearest_training"}
    for row in curves:
        chosen = row["model"] == "real" or row["temperature"] == metrics["systems"][row["model"]]["temperature"]
        assert measured & row.keys() == (measured if chosen else set())
    assert metrics["systems"]["adversarial"]["mauve_embedding"] == 1  # its answers are the real ones
    assert metrics["systems"]["twin"]["mauve_embedding"] < 1


def test_every_number_of_the_report_is_in_the_curves(evaluation: text.Evaluation) -> None:
    assert {metric.name for metric in MEASURES.further} <= evaluation.curves[0].keys()
    assert not {metric.name for metric in MEASURES.further} & {*MEASURES.names}


def test_relevance_is_high_for_true_answers_and_a_half_for_the_same_answer(tokens: Path, models: Path) -> None:
    yardstick = Yardstick(tokens, dual_encoder.load(models / "judges"), 3)
    prompts = ["do you eat rice", "do you eat soup", "do you eat fish"]
    answered = [yardstick.tokenizer.encode(t).ids for t in ("i eat rice", "i eat soup", "i eat fish")]
    assert yardstick.relevance(prompts, answered).tolist() == [1.0, 1.0, 1.0]
    assert yardstick.relevance(prompts, [answered[0]] * 3).mean() == pytest.approx(0.5)


def test_nll_is_that_of_the_model(evaluation: text.Evaluation, tokens: Path, models: Path) -> None:
    from promptgan.forms.tokens.likelihood import nll
    from promptgan.forms.tokens.pairs import Pairs

    metrics = evaluation.metrics
    pairs = Pairs(tokens / "test.arrow")
    total, count = nll(load(models / "pretrained").generator, pairs.batch(np.arange(len(pairs))))
    assert metrics["systems"]["twin"]["nll"] == pytest.approx(total.item() / count, abs=1e-4)
    tokenizer = load_tokenizer(tokens)
    characters = sum(len(each) for each in decode(tokenizer, pairs.rows("text", np.arange(len(pairs)))))
    assert metrics["systems"]["twin"]["nll_character"] == pytest.approx(total.item() / characters, abs=1e-4)


def test_a_twin_that_was_still_improving_gives_no_verdict(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    assert "twin" in evaluation.metrics["gaps"]
    path = models / "pretrained" / INDEX
    write_json(path, {**json.loads(path.read_text()), "converged": False})
    metrics = evaluate(tokens, models, samples).metrics
    assert metrics["verdict"] == ["no verdict: the likelihood twin was still improving when its training ended"]
    assert "twin" not in metrics["gaps"]


def test_too_few_answers_give_no_verdict(tokens: Path, models: Path, samples: Path) -> None:
    path = samples / "samples.parquet"
    pd.read_parquet(path).groupby(["model", "purpose", "temperature"]).head(99).to_parquet(path, index=False)
    metrics = evaluate(tokens, models, samples).metrics
    assert metrics["gaps"] == {}
    assert metrics["verdict"][0].startswith("no verdict: 99 samples of a system are too few")


def test_the_same_inputs_give_the_same_numbers(
    evaluation: text.Evaluation, tokens: Path, models: Path, samples: Path
) -> None:
    assert evaluate(tokens, models, samples) == evaluation


def test_a_model_without_samples_is_refused(tokens: Path, models: Path, samples: Path) -> None:
    path = samples / "samples.parquet"
    pd.read_parquet(path).query("model != 'twin'").to_parquet(path, index=False)
    with pytest.raises(text.NoSamples, match="twin"):
        evaluate(tokens, models, samples)


def test_where_texts_answer_no_prompt_nothing_is_said_about_prompts(tokens: Path, models: Path, samples: Path) -> None:
    (models / "judges" / INDEX).write_text(json.dumps({"kind": "none", "task": "text", "reason": "a test"}))
    about = {"relevance", "relevance_embedding", "rouge_l"}
    metrics, curves = evaluate(tokens, models, samples)
    for name in ("real", "twin", "adversarial"):
        assert about.isdisjoint(metrics["systems"][name])
        assert {"bleu_4", "mauve_embedding"} <= set(metrics["systems"][name])
    assert all(row.get(name) is None for row in curves for name in (*about, "rouge_1"))
    assert set(metrics["gaps"]["twin"]) == {"bleu_4"}
    assert not [sentence for sentence in metrics["verdict"] if "relevance" in sentence]
    assert "rouge, relevance: not applicable, since texts answer no prompt" in metrics["signature"]
