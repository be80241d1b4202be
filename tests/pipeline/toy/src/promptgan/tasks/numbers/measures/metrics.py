"""The headline numbers of the toy."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric("right", "right", "higher", "Share of continuations that count on.", leads=True),
        Metric("digit_distance", "digit distance", "lower", "Distance of the digits' shares from the judge's."),
        Metric("distinct", "distinct", "real", "Share of continuations that no other equals."),
    ),
    ranked_by="right",
    diversity="distinct",
    qualities=("right",),
)
