import io
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from promptgan.forms.tensors import form
from promptgan.forms.tensors.course import COURSE
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.networks import folder
from promptgan.serving.asks import Ask
from promptgan.serving.drawing.image import Drawer
from promptgan.tasks.image import page
from promptgan.tasks.image.arrays.arrays import pack
from promptgan.tasks.image.samples import interpolation
from promptgan.tasks.image.samples.course import MARGIN, ROWS
from promptgan.tasks.image.samples.parameters import Parameters
from promptgan.tasks.image.samples.pictures import grid
from promptgan.tasks.image.samples.samples import UnusableRequest, generate, images, load, make, read
from tests.tasks.image.conftest import COMPUTE, CPU, EXAMPLE, SECTIONS, SIZE, arrays_of

PARAMETERS = Parameters(count=10, truncations=[0.5, 1.0], shown=4)


def generated(folders: dict[str, Path], validated: Path, out: Path, parameters: Parameters = PARAMETERS) -> str:
    """What the stage does of it."""
    out.mkdir()
    samples, said = generate(folder.with_models(folders), validated, out, parameters, COMPUTE, 1, CPU)
    samples.to_parquet(out / "samples.parquet", index=False)
    return said


@pytest.fixture
def models(tmp_path: Path) -> dict[str, Path]:
    """Two model folders, and the folder of a stage that the recipe does not use."""
    folders = {name: tmp_path / "models" / name for name in ("twin", "control", "adversarial")}
    for name in ("twin", "adversarial"):
        network = folder.build("tensors", "generator", SECTIONS["generator"], EXAMPLE)
        folder.save(folders[name], {"generator": network}, SECTIONS, folder.described("image", "tensors", EXAMPLE))
    folder.save_none(folders["control"], "a test")
    return folders


def test_every_model_draws_images_and_a_grid(models: dict[str, Path], validated_images: Path, tmp_path: Path) -> None:
    said = generated(models, validated_images, tmp_path / "out")
    assert said.startswith("40 images in ") and "grid-adversarial.png" in said
    table = pd.read_parquet(tmp_path / "out/samples.parquet")
    assert table.groupby("model", sort=False).size().to_dict() == {"twin": 20, "adversarial": 20}
    found = read(tmp_path / "out/samples.parquet")
    assert torch.equal(found["twin"][:10], images(load(models["twin"]), 10, 1))
    assert torch.equal(found["twin"][10:], images(load(models["twin"]), 10, 1, truncation=0.5))
    assert table["truncation"].tolist() == ([1.0] * 10 + [0.5] * 10) * 2
    stored = np.array(Image.open(io.BytesIO(table["image"][0])))
    assert np.array_equal(stored, found["twin"][0, 0].numpy())
    for name in ("real", "twin", "adversarial"):
        with Image.open(tmp_path / f"out/grid-{name}.png") as picture:
            assert picture.size == ((2 * SIZE + 3) * 2,) * 2


def test_a_model_whose_training_was_followed_has_a_picture_of_it_on_the_page(
    models: dict[str, Path], validated_images: Path, tmp_path: Path
) -> None:
    made = torch.arange(30, dtype=torch.uint8).view(30, 1, 1, 1, 1).expand(30, 3, 1, SIZE, SIZE)
    (models["twin"] / COURSE).write_bytes(save({"made": made.contiguous()}))
    generated(models, validated_images, tmp_path / "out")
    with Image.open(tmp_path / "out/course-twin.png") as picture:
        shades = np.asarray(picture)[:, MARGIN + 6, 0]
    rows = [int(shades[round((row + 0.5) * len(shades) / ROWS)]) for row in range(ROWS)]
    assert rows == [0, 3, 6, 10, 13, 16, 19, 23, 26, 29]
    assert not (tmp_path / "out/course-adversarial.png").exists()
    assert "Through training" in page.markup(tmp_path / "out")


def test_the_same_models_and_seed_give_the_same_bytes(
    models: dict[str, Path], validated_images: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        generated(models, validated_images, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


def test_an_image_does_not_depend_on_how_many_are_drawn(models: dict[str, Path]) -> None:
    generator = load(models["twin"])
    assert torch.equal(images(generator, 3, 1), images(generator, 9, 1)[:3])
    assert not torch.equal(images(generator, 3, 1), images(generator, 3, 2))


def test_a_grid_shows_every_image_where_it_belongs() -> None:
    shades = torch.arange(4, dtype=torch.uint8)[:, None, None, None].expand(4, 1, SIZE, SIZE) * 60
    picture = np.array(grid(shades))
    centres = [picture[y, x, 0] for y in (10, 28) for x in (10, 28)]
    assert centres == [0, 60, 120, 180]


def test_a_model_of_another_task_is_refused(generator: TensorGenerator, tokens: Path, tmp_path: Path) -> None:
    from tests.conftest import EXAMPLE as TOKENS
    from tests.conftest import GENERATOR

    index = folder.described("text", "tokens", TOKENS)
    folder.save(tmp_path / "text", {"generator": generator}, {"generator": GENERATOR}, index)
    with pytest.raises(folder.NotAModelFolder, match="makes no images: its task is text"):
        load(tmp_path / "text")


def test_the_page_holds_every_grid_by_itself(models: dict[str, Path], validated_images: Path, tmp_path: Path) -> None:
    generated(models, validated_images, tmp_path / "out")
    html = page.markup(tmp_path / "out")
    assert html.count('src="data:image/png;base64,') == 3
    assert [list(entries) for _, entries in page.shown(tmp_path / "out", 5)] == [["real", "twin", "adversarial"]]


@pytest.fixture
def asked(labelled_arrays: Path, tmp_path: Path) -> Path:
    """A model that is asked for a label."""
    example = form.example(labelled_arrays)
    torch.manual_seed(4)
    network = folder.build("tensors", "generator", SECTIONS["generator"], example)
    index = folder.described("image", "tensors", example)
    where = tmp_path / "asked"
    folder.save(
        where, {"generator": network}, {"generator": SECTIONS["generator"]}, index, form.needed(labelled_arrays)
    )
    return where


def test_images_are_of_the_labels_of_test_images_and_a_model_makes_what_it_is_asked_for(
    asked: Path, validated_images: Path, tmp_path: Path
) -> None:
    generated({"twin": asked}, validated_images, tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out/samples.parquet")
    test = pd.read_parquet(validated_images / "test.parquet")["label"]
    assert table["label"].tolist()[:10] == test.iloc[np.random.default_rng(1).permutation(len(test))[:10]].tolist()
    loaded = load(asked)
    drawn = images(loaded, 4, 1, ["a", "b", "b", "a"])
    others = images(loaded, 4, 1, ["b", "b", "a", "a"])
    assert [torch.equal(*pair) for pair in zip(drawn, others, strict=True)] == [False, True, False, True]
    assert make(asked, 3, 1, ["b"], tmp_path / "b.png").startswith("3 images")
    assert make(asked, 3, 1, out=tmp_path / "all.png").startswith("6 images")
    with pytest.raises(UnusableRequest, match="nothing called 'c'"):
        make(asked, 3, 1, ["c"])


def test_a_test_caption_of_unknown_words_is_drawn_and_only_people_are_refused(
    validated_images: Path, tmp_path: Path
) -> None:
    tokens, model = tmp_path / "captioned", tmp_path / "model"
    pack(validated_images, tokens, arrays_of(condition="caption"))
    network = folder.build("tensors", "generator", SECTIONS["generator"], form.example(tokens))
    index = folder.described("image", "tensors", form.example(tokens))
    folder.save(model, {"generator": network}, {"generator": SECTIONS["generator"]}, index, form.needed(tokens))
    odd = shutil.copytree(validated_images, tmp_path / "validated") / "test.parquet"
    test = pd.read_parquet(odd)
    test.assign(caption="zzz").to_parquet(odd)
    generated({"twin": model}, odd.parent, tmp_path / "out")
    assert set(pd.read_parquet(tmp_path / "out/samples.parquet")["prompt"]) == {"zzz"}
    strip = tmp_path / "strip.png"
    assert make(model, 2, 1, ["an image of a"], tmp_path / "a.png").startswith("2 images")
    assert interpolation.interpolate(model, 4, 1, strip, "an image of a").startswith("4 images")
    for refused in (make, lambda *asked: interpolation.interpolate(*asked[:3], strip, asked[3][0])):
        with pytest.raises(UnusableRequest, match="knows no word of 'zzz'"):
            refused(model, 4, 1, ["zzz"])
    with pytest.raises(UnusableRequest, match="what a caption says"):
        interpolation.interpolate(model, 4, 1, strip)
    with pytest.raises(UnusableRequest, match="knows no word of 'zzz'"):
        Drawer(model, CPU).check(Ask(("zzz",)))
