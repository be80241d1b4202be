"""The headline numbers of images, and what the report shows below them."""

from promptgan.terms.metrics import Measures, Metric

WHOLE = 1.0
"""The truncation of latent vectors that are drawn as they are; at it a system's headline is."""
FRECHET = ("frechet_distance", "frechet_efficientnet")
"""By which a verdict is given, in the features of each extractor."""
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
            "frechet_efficientnet",
            "Frechet, EfficientNet",
            "lower",
            "The same in the features of EfficientNet-lite0, which learnt on ImageNet. Not FID.",
            format=".2f",
            leads=True,
        ),
        Metric(
            "fid",
            "FID",
            "lower",
            "The same in the features of Inception-v3, from the weights that evaluate.inception names.",
            format=".2f",
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
            "label_agreement",
            "label agreement",
            "real",
            "Share of images that the judge takes for the label asked for.",
        ),
        Metric(
            "cas",
            "CAS",
            "real",
            "Accuracy on test images of a classifier that learnt from these images and their labels alone.",
        ),
        Metric(
            "copied",
            "copied",
            "real",
            "Share of images nearer to a training image than 99 % of test images are.",
        ),
        Metric(
            "pair_distance",
            "to true pair",
            "lower",
            "Mean absolute difference of pixels between translations and the true counterparts of their sources.",
        ),
        Metric(
            "elbo",
            "-ELBO",
            "lower",
            "Nats per test image, binarised: an upper bound of its negative log-likelihood. Of autoencoders alone.",
            format=".2f",
        ),
    ),
    ranked_by="frechet_distance",
    diversity="recall",
    qualities=("precision",),
    further=(
        Metric(
            "kernel_distance",
            "kernel",
            "lower",
            "Squared maximum mean discrepancy from test images under a cubic kernel, in the features of the judge.",
        ),
        Metric(
            "kernel_efficientnet",
            "kernel, EfficientNet",
            "lower",
            "The same in the features of EfficientNet-lite0. Not KID.",
        ),
        Metric(
            "density",
            "density",
            "real",
            "In how many balls around test images an image lies, over k: precision that outliers do not raise.",
        ),
        Metric(
            "coverage",
            "coverage",
            "real",
            "Share of balls around test images with an image in them: recall that outliers do not raise.",
        ),
        Metric("precision_efficientnet", "precision, EfficientNet", "real", "In the features of EfficientNet-lite0."),
        Metric("recall_efficientnet", "recall, EfficientNet", "real", "In the features of EfficientNet-lite0."),
        Metric("density_efficientnet", "density, EfficientNet", "real", "In the features of EfficientNet-lite0."),
        Metric("coverage_efficientnet", "coverage, EfficientNet", "real", "In the features of EfficientNet-lite0."),
        Metric("iwae", "IWAE", "lower", "The bound of -ELBO, tighter by importance samples.", format=".2f"),
        Metric(
            "duplicates",
            "duplicates",
            "real",
            "Share of images nearer to another of their set than 99 % of as many test images are.",
        ),
    ),
)
