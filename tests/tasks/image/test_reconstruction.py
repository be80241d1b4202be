"""Images through an encoder and back, what lies between two of them, and the codes of a plain autoencoder."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from promptgan.forms.tensors import form
from promptgan.forms.tensors.codes import fitted
from promptgan.forms.tensors.drawing import noise
from promptgan.networks import folder
from promptgan.tasks.image import audit, page
from promptgan.tasks.image.samples import interpolation, reconstruction
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import SCALE, sized
from promptgan.tasks.image.samples.samples import NoPrior, generate, images, load, make
from tests.tasks.image.conftest import COMPUTE, CPU, EXAMPLE, SECTIONS, SIZE, png

CELL = SIZE + 1


def saved(model: Path, *names: str) -> Path:
    torch.manual_seed(1)
    networks = {
        name: folder.build("tensors", role := name.split("_")[0], SECTIONS[role], EXAMPLE)
        for name in ("generator", *names)
    }
    folder.save(model, networks, SECTIONS, folder.described("image", "tensors", EXAMPLE))
    return model


@pytest.fixture
def vae(tmp_path: Path) -> Path:
    return saved(tmp_path / "vae", "encoder")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return saved(tmp_path / "plain", "encoder_deterministic")


@pytest.fixture
def gan(tmp_path: Path) -> Path:
    return saved(tmp_path / "gan")


def cell(picture: Path, row: int, column: int) -> Any:
    """The pixels of one image of a grid, (SIZE, SIZE)."""
    with Image.open(picture) as opened:
        small = np.asarray(opened)[::SCALE, ::SCALE, 0]
    return small[row * CELL + 1 :, column * CELL + 1 :][:SIZE, :SIZE]


@pytest.mark.parametrize("kind", ["vae", "plain"])
def test_test_images_stand_beside_what_their_mean_code_becomes(
    kind: str, request: pytest.FixtureRequest, arrays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconstruction, "TOKENS", arrays)
    model = request.getfixturevalue(kind)
    said = reconstruction.reconstruct(model, tmp_path / "grid.png", 8)
    assert said.startswith("8 images, each with its reconstruction")
    test = form.split(arrays, "test")
    networks = folder.load(model).networks
    encoder = networks["encoder" if kind == "vae" else "encoder_deterministic"]
    with torch.no_grad():
        made = (networks["generator"](encoder(test.batch(np.arange(8)).x)[0]) + 1) * 127.5
    for i in range(8):  # two pairs in each of four rows
        row, column = divmod(2 * i, 4)
        assert np.array_equal(cell(tmp_path / "grid.png", row, column), test.images[i, 0])
        assert np.abs(cell(tmp_path / "grid.png", row, column + 1) - made[i, 0].numpy()).max() <= 0.51


def test_pictures_of_any_size_and_colour_are_brought_to_the_models(vae: Path, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (2 * SIZE, 3 * SIZE), (90, 90, 90)).save(tmp_path / "pictures/b.png")
    Image.new("L", (SIZE, SIZE), 30).save(tmp_path / "pictures/a.jpg")
    (tmp_path / "pictures/notes.txt").write_text("no picture")
    Image.new("L", (SIZE, SIZE), 60).save(tmp_path / "one.png")
    out = tmp_path / "grid.png"
    assert "3 images" in reconstruction.reconstruct(vae, out, 9, [tmp_path / "pictures", tmp_path / "one.png"])
    firsts = [cell(out, row, 0) for row in range(3)]
    assert [round(float(first.mean())) for first in firsts] == [30, 90, 60]
    assert "2 images" in reconstruction.reconstruct(vae, out, 2, [tmp_path / "pictures", tmp_path / "one.png"])


def test_what_cannot_be_reconstructed_is_a_clear_error(gan: Path, vae: Path, tmp_path: Path) -> None:
    out = tmp_path / "grid.png"
    with pytest.raises(reconstruction.NoEncoder, match="gan has no encoder"):
        reconstruction.reconstruct(gan, out, 4)
    with pytest.raises(reconstruction.NoImages, match="no test images in data/tokens"):
        reconstruction.reconstruct(vae, out, 4)
    (tmp_path / "empty").mkdir()
    with pytest.raises(reconstruction.NoImages, match=r"there is no picture in .*empty"):
        reconstruction.reconstruct(vae, out, 4, [tmp_path / "empty"])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG no")
    with pytest.raises(reconstruction.NoImages, match=r"broken\.png is no picture that can be read"):
        reconstruction.reconstruct(vae, out, 4, [tmp_path / "broken.png"])
    assert not out.exists()


def test_a_damaged_chunk_and_a_huge_picture_are_clear_errors(
    vae: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = png(np.zeros((SIZE, SIZE), np.uint8))
    start = whole.index(b"IDAT") - 4
    empty = bytes(4) + b"IDAT" + zlib.crc32(b"IDAT").to_bytes(4)
    broken = whole[:start] + empty + bytes(12) + whole[start:]
    for name, content, why in (("chunk.png", broken, "broken PNG file"), ("huge.png", whole, "compression bomb")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(reconstruction.NoImages, match=rf"{name} is no picture that can be read: .*{why}"):
            reconstruction.reconstruct(vae, tmp_path / "grid.png", 4, [tmp_path / name])
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 8)


def test_a_strip_goes_from_one_latent_vector_to_the_other(gan: Path, tmp_path: Path) -> None:
    strip = tmp_path / "strip.png"
    assert interpolation.interpolate(gan, 5, 3, strip) == f"5 images in {strip}"
    ends = images(load(gan), 2, 3)
    assert np.array_equal(cell(strip, 0, 0), ends[0, 0].numpy())
    assert np.abs(cell(strip, 0, 4).astype(int) - ends[1, 0].numpy()).max() <= 1
    assert not np.array_equal(cell(strip, 0, 2), cell(strip, 0, 4))
    first = strip.read_bytes()
    interpolation.interpolate(gan, 5, 3, strip)
    assert strip.read_bytes() == first
    interpolation.interpolate(gan, 5, 4, strip)
    assert strip.read_bytes() != first


def test_a_film_goes_there_and_back(gan: Path, tmp_path: Path) -> None:
    assert "5 images, there and back" in interpolation.interpolate(gan, 5, 3, tmp_path / "film.GIF")
    with Image.open(tmp_path / "film.GIF") as film:
        assert (film.format, film.n_frames, film.info["loop"]) == ("GIF", 8, 0)  # type: ignore[attr-defined]


def test_the_way_is_by_equal_angles_and_lengths_do_not_shrink() -> None:
    first, last = noise(1, 2, 200)
    way = interpolation.between(first, last, 9)
    torch.testing.assert_close(way[[0, -1]], torch.stack([first, last]))
    unit = interpolation.between(first / first.norm(), last / last.norm(), 9)
    torch.testing.assert_close(unit.norm(dim=1), torch.ones(9))
    cosines = (unit[1:] * unit[:-1]).sum(1)
    torch.testing.assert_close(cosines, cosines[:1].expand(8), atol=1e-5, rtol=0)
    assert way[4].norm() > 0.95 * torch.lerp(first.norm(), last.norm(), 0.5) > 1.2 * (first + last).norm() / 2


def test_codes_are_drawn_from_the_moments_of_the_training_codes() -> None:
    torch.manual_seed(1)
    mixing, centre = torch.tensor([[2.0, 0, 0], [1, 0.5, 0], [0, 0, 0]]), torch.tensor([3.0, -1, 7])
    codes = torch.randn(20000, 3) @ mixing.T + centre  # the last never varies
    drawn = fitted(codes).at(noise(2, 20000, 3))
    torch.testing.assert_close(drawn.mean(0), centre, atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.T.cov(), mixing @ mixing.T, atol=0.1, rtol=0)


def test_a_plain_autoencoder_draws_from_its_codes_where_there_is_training_data_and_refuses_where_not(
    plain: Path, vae: Path, validated_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    samples, _ = generate(
        {"twin": plain, "adversarial": vae},
        validated_images,
        out,
        Parameters(count=10, truncations=[0.5, 1.0], shown=4),
        COMPUTE,
        1,
        CPU,
    )
    autoencoder = reconstruction.load(plain)
    codes = reconstruction.codes(autoencoder, validated_images)
    assert codes and reconstruction.codes(reconstruction.load(vae), validated_images) is None
    pictures = pd.read_parquet(validated_images / "train.parquet")["image"]
    train = sized(pictures, (1, SIZE, SIZE))
    torch.testing.assert_close(codes.mean, autoencoder.codes(train).mean(0), atol=1e-5, rtol=1e-4)
    assert not torch.equal(images(load(plain), 10, 1, codes=codes), images(load(plain), 10, 1))
    assert {path.name for path in out.iterdir()} == {
        "grid-real.png", "grid-twin.png", "grid-adversarial.png", "reconstructions-twin.png",
        "reconstructions-adversarial.png",
    }  # fmt: skip
    assert page.markup(out).count('src="data:image/png;base64,') == 5
    assert "promptgan reconstruct --model models/pretrained" in page.card(out, "models/pretrained")
    assert "reconstruct" not in page.card(out, "models/control")
    monkeypatch.chdir(tmp_path)  # where no training data is
    for name, model, again in (("twin", plain, None), ("adversarial", vae, (10, 10))):
        assert audit.drawn_again(model, samples[samples["model"] == name], CPU) == again
    for refused in (lambda: make(plain, 4, 1), lambda: interpolation.interpolate(plain, 4, 1, out / "strip.png")):
        with pytest.raises(NoPrior, match="whose codes have no prior"):
            refused()
