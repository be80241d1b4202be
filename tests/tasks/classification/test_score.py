"""What training validates by, beside scikit-learn on what the classifier says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from promptgan.core.compute import Compute
from promptgan.forms.tokens import form
from promptgan.tasks.classification.samples.prediction import load
from promptgan.tasks.classification.score.score import Score

COMPUTE = Compute(device="cpu", threads=1, precision="float32")


@pytest.mark.parametrize("count", [40, 10_000])
def test_the_score_is_the_likelihood_of_the_labels_of_texts_evenly_apart(walked: Path, count: int) -> None:
    classifier = load(walked / "models/control")
    tokens = walked / "data/tokens"
    score = Score(form.split(tokens, "val"), form.example(tokens), {}, count, COMPUTE, 1)
    val = pd.read_parquet(walked / "data/validated/val.parquet")
    val = val.iloc[np.linspace(0, len(val) - 1, min(count, len(val))).astype(int)]
    chances = classifier.probabilities(val["text"].tolist())
    told = [classifier.labels[place] for place in chances.argmax(1)]
    found = score({"encoder": classifier.encoder})
    assert found == pytest.approx(
        {
            "score": -metrics.log_loss(val["label"], chances, labels=classifier.labels),
            "val_accuracy": metrics.accuracy_score(val["label"], told),
            "macro_f1": metrics.f1_score(val["label"], told, average="macro"),
        },
        abs=1e-5,
    )
