"""The headline numbers of images."""

from promptgan.terms.metrics import Measures, Metric

MEASURES = Measures(
    metrics=(
        Metric(
            "frechet_distance",
            "Frechet",
            "lower",
            "Distance of the images' features from those of test images, in the features of the judge. Not FID.",
            format=".2f",
            per="models/judges",
            leads=True,
        ),
        Metric(
            "precision",
            "precision",
            "real",
            "Share of images among the real ones: do they look real?",
            leads=True,
        ),
        Metric(
            "recall",
            "recall",
            "real",
            "Share of test images among the generated ones: is everything made?",
            leads=True,
        ),
        Metric(
            "class_distance",
            "classes",
            "lower",
            "Distance of the shares of the classes, as the judge sees them, from those of test (total variation).",
        ),
        Metric(
            "copied",
            "copied",
            "real",
            "Share of images nearer to a training image than 99 % of test images are.",
        ),
        Metric(
            "elbo",
            "-ELBO",
            "lower",
            "Nats per test image: an upper bound of its negative log-likelihood. Defined for autoencoders alone.",
            format=".2f",
        ),
    ),
    chosen_by="frechet_distance",
    diversity="recall",
    qualities=("precision",),
)
