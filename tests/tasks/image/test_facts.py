"""What is told of a picture file, and near duplicates, against other ways to compute them."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from promptgan.tasks.image.records.facts import difference_hash, facts
from promptgan.tasks.image.records.near import nearest_ranked


def encoded(image: Image.Image, kind: str = "png", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def blocks(seed: int) -> Any:
    """Grey values (8, 9) of an image that is even within each of the hash's averages."""
    return np.random.default_rng(seed).integers(0, 256, (8, 9), np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_the_perceptual_hash_is_that_of_the_averages_by_hand(seed: int) -> None:
    grey = blocks(seed)
    bits = "".join("1" if row[x + 1] > row[x] else "0" for row in grey.tolist() for x in range(8))
    image = Image.fromarray(np.kron(grey, np.ones((5, 4), np.uint8)))
    assert f"{difference_hash(image):064b}" == bits


def test_the_hash_survives_another_size_format_and_brightness() -> None:
    image = Image.fromarray(np.kron(blocks(0), np.ones((16, 16), np.uint8)))
    darker = image.point(lambda value: value * 0.8)
    smaller = image.resize((90, 70))
    for other in (darker, smaller, Image.open(io.BytesIO(encoded(image.convert("RGB"), "jpeg", quality=60)))):
        assert (difference_hash(image) ^ difference_hash(other)).bit_count() <= 3
    assert (difference_hash(image) ^ facts(encoded(Image.fromarray(blocks(1)))).perceptual_hash).bit_count() > 16


@pytest.mark.parametrize("bits", [0, 1, 3, 7, 16])
def test_near_duplicates_are_those_that_comparing_all_with_all_finds(bits: int) -> None:
    random = np.random.default_rng(bits)
    hashes = random.integers(0, 2**64, 400, np.uint64)
    for index in range(200, 400):  # copies of others in up to twelve bits, and some that many share
        flips = random.choice(64, random.integers(0, 13), replace=False)
        source = hashes[random.integers(0, 200 if index < 380 else 3)]
        hashes[index] = source ^ np.bitwise_or.reduce(np.uint64(1) << flips.astype(np.uint64), initial=np.uint64(0))
    ranks = random.integers(0, 4, 400)
    expected = []
    for own, rank in zip(hashes.tolist(), ranks.tolist(), strict=True):
        above = [
            (ranks[j], j) for j, h in enumerate(hashes.tolist()) if ranks[j] < rank and (own ^ h).bit_count() <= bits
        ]
        expected.append(min(above)[1] if above else -1)
    assert nearest_ranked(hashes, ranks, bits).tolist() == expected
    assert max(expected) >= 0
    assert nearest_ranked(hashes[:0], ranks[:0], bits).tolist() == []


def test_facts_are_those_of_the_pixels() -> None:
    grey = np.random.default_rng(0).integers(3, 200, (5, 7), np.uint8)
    found = facts(encoded(Image.fromarray(grey)))
    assert (found.width, found.height, found.mode, found.minimum, found.maximum) == (7, 5, "L", grey.min(), grey.max())
    assert (found.mean, found.deviation) == (pytest.approx(grey.mean()), pytest.approx(grey.std()))


def test_equal_pixels_are_known_whatever_the_file() -> None:
    image = Image.fromarray(blocks(0))
    same = [encoded(image), encoded(image, "bmp"), encoded(image.convert("RGB"), "webp", lossless=True)]
    assert len({facts(each).pixels for each in [*same, encoded(image.convert("RGBA"))]}) == 1
    assert facts(encoded(Image.fromarray(blocks(0).T))).pixels != facts(same[0]).pixels


def test_what_is_of_one_colour_has_no_deviation_even_where_that_is_transparent() -> None:
    unseen = Image.new("RGBA", (9, 9), (255, 255, 255, 0))
    unseen.putalpha(Image.fromarray(np.arange(81, dtype=np.uint8).reshape(9, 9)))
    colours = [Image.new("RGB", (9, 9), (200, 10, 10)), Image.new("P", (9, 9), 3), unseen]
    assert [facts(encoded(image)).deviation for image in colours] == [0, 0, 0]
    assert facts(encoded(Image.fromarray(np.arange(81, dtype=np.uint16).reshape(9, 9) * 700))).maximum == 56000


def test_a_picture_that_was_held_sideways_is_told_upright() -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    found, turned = facts(encoded(image, exif=exif)), facts(encoded(image.rotate(-90, expand=True)))
    assert (found.width, found.height, found.pixels) == (4, 6, turned.pixels)


def test_broken_files_are_told_apart() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    for content in (b"", b"just text\n", b"\x89PNG"):
        assert facts(content).unknown
    for kind in ("jpeg", "png", "webp", "gif", "tiff", "bmp"):
        whole = encoded(noise, kind)
        broken = facts(whole[: len(whole) // 2])
        assert broken.damage or broken.unknown, kind
        assert not facts(whole).damage, kind
