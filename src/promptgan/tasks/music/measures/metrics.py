"""The headline numbers of music."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric("nll", "NLL", "lower", "Nats per token of the test music.", per="data/tokens", leads=True),
        Metric(
            "nll_quarter", "NLL a quarter", "lower", "Nats per quarter of the test music that is not given.", leads=True
        ),
        Metric("notes", "notes", "real", "Notes that begin in a quarter, all voices together.", leads=True),
        Metric("distinct", "distinct", "real", "Share of different runs of four events among all."),
        Metric("mended", "mended", "lower", "Words in a hundred that could not stand where they stood."),
    ),
    chosen_by="nll",
    diversity="distinct",
    qualities=("notes",),
)
