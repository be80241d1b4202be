"""What is alike in images: the same picture, and the nearest training images of a sample."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from promptgan.tasks.image import likeness, shift


def picture(value: int, size: int = 2) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((size, size), value, np.uint8)).save(content, "png")
    return content.getvalue()


def records(*values: int, size: int = 2) -> pd.DataFrame:
    rows = [(f"r{n}", f"g{n}", picture(value, size), str(value)) for n, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["id", "group", "image", "label"])


def test_the_nearest_training_images_are_told_with_their_distance() -> None:
    found = likeness.origin({"image": picture(51)}, pd.DataFrame(), records(0, 255, 102))
    assert [(near["id"], near["distance"]) for near in found["nearest"]] == [
        ("r0", pytest.approx(0.2)), ("r2", pytest.approx(0.2)), ("r1", pytest.approx(0.8))
    ]  # fmt: skip
    assert found["verdict"] == "not a training image; the nearest of 3 is 0.2 away"


def test_a_copy_is_called_one_and_another_size_is_compared_at_the_samples() -> None:
    found = likeness.origin({"image": picture(7)}, pd.DataFrame(), records(7, 8, 7))
    assert found["verdict"] == "copied pixel for pixel: 2 of 3 training images are this"
    other = likeness.origin({"image": picture(7)}, pd.DataFrame(), records(58, size=3))
    assert other["nearest"][0]["distance"] == pytest.approx(0.2)


def test_the_same_picture_is_a_relative_and_a_sample_that_is_it_repeats_it() -> None:
    assert likeness.relatives(records(1), records(2, 1), {}) == ["", "of the same picture"]
    assert likeness.repeats({"image": picture(1)}, records(2, 1)) == [1]
    assert likeness.phrases(records(1), records(2)) == ()


def test_versions_of_images_differ_in_their_labels() -> None:
    assert shift.shift(records(1, 1), records(1, 2)).measures == (
        ("label 1", 1.0, 0.5, None),
        ("label 2", 0.0, 0.5, None),
        ("labels", 1, 2, 0.5),
    )
