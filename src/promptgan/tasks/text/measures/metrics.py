"""The headline numbers of answers to prompts."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric(
            "temperature",
            "temp.",
            "none",
            "Sampling temperature, chosen per system by MS-Jaccard with validation texts.",
            format="g",
        ),
        Metric(
            "nll",
            "NLL",
            "lower",
            "Nats per token of the real test answers (temperature 1). Not defined for real text.",
            per="data/tokens",
            leads=True,
        ),
        Metric(
            "nll_character",
            "NLL/char",
            "lower",
            "Nats of the real test answers over their characters (temperature 1): comparable across tokenizers.",
        ),
        Metric(
            "nll_lower",
            "NLL ≥",
            "none",
            "Lower bound of the NLL of a model that resamples, by as many samples of each prompt as nll_samples.",
            per="data/tokens",
        ),
        Metric(
            "nll_upper",
            "NLL ≤",
            "lower",
            "Upper bound of the same: where it lies below another model's NLL, this model is the better one.",
            per="data/tokens",
        ),
        Metric(
            "ms_jaccard",
            "MS-J",
            "higher",
            "How far n-grams are as frequent as in real text: quality and diversity in one number.",
            leads=True,
        ),
        Metric(
            "bleu_4",
            "BLEU-4",
            "real",
            "Do word sequences look like real ones? Past the real line, more is not better.",
            leads=True,
        ),
        Metric(
            "self_bleu_4",
            "Self-BLEU-4",
            "real",
            "Do answers look like each other? High means repetitive.",
            leads=True,
        ),
        Metric(
            "relevance",
            "relevance",
            "higher",
            "Chance that the matcher prefers an answer's own prompt to another. 0.5: it would fit any.",
            leads=True,
        ),
        Metric("distinct_2", "distinct-2", "real", "Different word pairs over all word pairs."),
        Metric("copied", "copied", "real", "Share of answers that are, word for word, a training text."),
        Metric(
            "length_distance",
            "length distance",
            "lower",
            "Distance of the lengths from those of real text, in words (Wasserstein-1).",
        ),
    ),
    chosen_by="ms_jaccard",
    diversity="self_bleu_4",
    qualities=("bleu_4", "relevance"),
)
