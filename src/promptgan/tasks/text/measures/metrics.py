"""The headline numbers of answers to prompts."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric(
            "temperature",
            "temp.",
            "none",
            "Sampling temperature, at which MS-Jaccard with validation texts is nearest to that of real text.",
            format="g",
        ),
        Metric(
            "nll",
            "NLL",
            "lower",
            "Nats per token of the real test answers (temperature 1); an upper bound where there are latent vectors."
            " Not defined for real text.",
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
            "nll_importance",
            "NLL, weighted",
            "lower",
            "NLL of a model with latent vectors by importance weighting, nats per token: nearer to it than the bound.",
            per="data/tokens",
        ),
        Metric(
            "latent_kl",
            "latent KL",
            "none",
            "Nats per answer that latent vectors are told of it. 0: they are ignored.",
            format=".2f",
        ),
        Metric("active_units", "active units", "none", "Entries of the latent vectors that are used.", format=".0f"),
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
            "Upper bound of the same, in expectation; that of ever more candidates, of which an answer has a few.",
            per="data/tokens",
        ),
        Metric(
            "ms_jaccard",
            "MS-J",
            "real",
            "How far n-grams are as frequent as in real text. Past the real line, answers are too typical.",
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
            "real",
            "Chance that the matcher prefers an answer's own prompt to another. 0.5: it would fit any. Past the real"
            " line, more is not better.",
            leads=True,
        ),
        Metric(
            "relevance_embedding",
            "relevance, MiniLM",
            "real",
            "Chance that the embedding of an answer is nearer to its own prompt than to another: a second opinion.",
        ),
        Metric(
            "rouge_l",
            "ROUGE-L",
            "higher",
            "Words in common with the real answer to the same prompt, in order. Not defined for real text.",
        ),
        Metric(
            "frechet_embedding",
            "Frechet, MiniLM",
            "lower",
            "Distance of the answers' embeddings from those of test texts, both taken as normal.",
        ),
        Metric(
            "mauve_embedding",
            "MAUVE, MiniLM",
            "higher",
            "Area under the divergence frontier of the embeddings' clusters: 1 where they are as frequent as in test.",
        ),
        Metric("distinct_2", "distinct-2", "real", "Different word pairs over all word pairs."),
        Metric("copied", "copied", "real", "Share of answers that are, word for word, a training text."),
        Metric(
            "length_distance",
            "length distance",
            "lower",
            "Distance of the lengths from those of real text, in words (Wasserstein-1).",
        ),
        Metric(
            "in_form",
            "in form",
            "higher",
            "Share of answers with as many lines, of as many characters each, as the training poems have.",
        ),
        Metric(
            "rhymes",
            "rhymes",
            "real",
            "Share whose even lines are known to rhyme, from training poems. The real line shows what that misses.",
        ),
    ),
    ranked_by="mauve_embedding",
    diversity="self_bleu_4",
    qualities=("bleu_4", "relevance"),
    further=(
        Metric("rouge_1", "ROUGE-1", "higher", "Words in common with the real answer to the same prompt."),
        Metric("rouge_2", "ROUGE-2", "higher", "Word pairs in common with the real answer to the same prompt."),
        Metric("lm", "LM", "real", "Nats per word of the answers under real text: low where they are usual."),
        Metric("reverse_lm", "reverse LM", "lower", "Nats per word of real text under the answers: what they lack."),
        Metric("duplicates", "duplicates", "real", "Share of answers that repeat another of the set."),
        Metric(
            "nearest_training",
            "nearest training text",
            "real",
            "Distance to the nearest training text in runs of 1 to 3 words: 0 for a copy, 1 for nothing shared.",
        ),
    ),
)
