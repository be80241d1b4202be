"""The headline numbers of transfers from one style to the other."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric("temperature", "temp.", "none", "Sampling temperature, the same for every system.", format="g"),
        Metric(
            "style_accuracy",
            "style accuracy",
            "higher",
            "Share that the judge takes for the wanted style. An unchanged copy has 1 less that of real data.",
            leads=True,
        ),
        Metric(
            "content_bleu",
            "content BLEU",
            "higher",
            "Corpus BLEU-4 with the sentence that was transferred (self-BLEU): content kept. 1 for a copy.",
            leads=True,
        ),
        Metric(
            "g_score",
            "G-score",
            "higher",
            "Geometric mean of style accuracy and content BLEU. A copy gains by every mistake of the judge.",
        ),
        Metric(
            "flipped",
            "flipped",
            "higher",
            "Style accuracy over the sentences whose own style the judge recognises. 0 for a copy.",
        ),
        Metric(
            "transfer",
            "transfer",
            "higher",
            "Geometric mean of flipped and content BLEU: style and content in one number. 0 for a copy.",
            leads=True,
        ),
        Metric(
            "perplexity",
            "perplexity",
            "real",
            "Of a model of words, fitted on the judge split: fluency. Below real, transfers are usual or short.",
            format=".1f",
            leads=True,
        ),
        Metric("copied", "copied", "lower", "Share of transfers that are, word for word, what was transferred."),
        Metric("length_ratio", "length", "none", "Words of the transfers over those of what was transferred."),
    ),
    ranked_by="transfer",
    diversity="content_bleu",
    qualities=("style_accuracy",),
)
