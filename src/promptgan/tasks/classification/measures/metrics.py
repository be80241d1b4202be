"""The headline numbers of classifiers."""

from promptgan.terms.metrics import Measures, Metric

UNDER = {
    "substitution": "Share of attacked test texts still told right after words became neighbouring ones.",
    "characters": "Share of attacked test texts still told right after words were misspelt.",
    "deletion": "Share of attacked test texts still told right after words were left out.",
}
"""Attacks, and what accuracy under each is."""

MEASURES = Measures(
    metrics=(
        Metric("labels", "labels", "none", "Training texts whose label was seen.", format="g"),
        Metric("accuracy", "accuracy", "higher", "Share of test texts told right.", leads=True),
        Metric(
            "macro_f1",
            "macro F1",
            "higher",
            "Mean over labels of the harmonic mean of precision and recall: each label counts the same.",
            leads=True,
        ),
        Metric("precision", "precision", "higher", "Mean over labels of the share of right ones among those told."),
        Metric("recall", "recall", "higher", "Mean over labels of the share of those there are that is told."),
        Metric(
            "ece",
            "calibration error",
            "lower",
            "Expected calibration error: how far accuracy and confidence are apart, mean over bins of confidence.",
            leads=True,
        ),
        Metric("nll", "NLL", "lower", "Mean negative log-likelihood of the labels, nats."),
        *(Metric(f"under_{name}", f"under {name}", "higher", sentence, leads=True) for name, sentence in UNDER.items()),
    ),
    ranked_by="macro_f1",
    diversity="labels",
    qualities=("macro_f1",),
)
