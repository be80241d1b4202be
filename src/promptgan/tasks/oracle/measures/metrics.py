"""The headline numbers of sequences, in nats per token."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric(
            "nll_oracle",
            "NLL_oracle",
            "real",
            "Nats per token of the generated sequences under the oracle: quality. Below real, they lack variety.",
            per="data/tokens",
            leads=True,
        ),
        Metric(
            "nll_gen",
            "NLL_gen",
            "lower",
            "Nats per token of the oracle's test sequences under the generator: quality and variety.",
            per="data/tokens",
            leads=True,
        ),
        Metric(
            "entropy",
            "entropy",
            "real",
            "Nats per token of the generated sequences under the generator itself: variety alone.",
            per="data/tokens",
            leads=True,
        ),
        Metric(
            "divergence",
            "divergence",
            "lower",
            "Half the Jeffreys divergence: the mean of the two KL divergences of generator and oracle, per token. Not"
            " defined where a sequence ends early.",
            per="data/tokens",
            leads=True,
        ),
        Metric("duplicates", "duplicates", "real", "Share of generated sequences that repeat another one."),
        Metric("length", "length", "real", "Tokens of a generated sequence."),
    ),
    ranked_by="divergence",
    diversity="nll_gen",
    qualities=("nll_oracle",),
)
