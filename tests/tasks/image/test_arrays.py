from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from promptgan.forms.tensors import form
from promptgan.forms.tensors.captions import Vocabulary, caption_of
from promptgan.forms.tensors.pictures import pixels
from promptgan.forms.tensors.tensors import Batches, in_order, scaled, to_bytes
from promptgan.tasks.image.arrays.arrays import CHUNK, pack
from tests.tasks.image.conftest import COUNTS, EXAMPLE, SIZE, arrays_of, records


def test_arrays_hold_the_pixels_and_classes_of_every_split(arrays: Path, validated_images: Path) -> None:
    assert form.example(arrays) == EXAMPLE
    for name, count in COUNTS.items():
        data, frame = form.split(arrays, name), pd.read_parquet(validated_images / f"{name}.parquet")
        assert len(data) == count
        assert data.labels.tolist() == [0 if label == "a" else 1 for label in frame["label"]]
        assert np.array_equal(data.images[3], pixels(frame["image"][3], 1, SIZE, "crop"))


def test_the_same_records_give_the_same_bytes(arrays: Path, validated_images: Path, tmp_path: Path) -> None:
    pack(validated_images, tmp_path / "again", arrays_of())
    for path in arrays.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_images_are_resized_where_another_size_is_asked_for(validated_images: Path, tmp_path: Path) -> None:
    meta = pack(validated_images, tmp_path / "small", arrays_of(side=4))
    assert (meta["height"], meta["width"], form.split(tmp_path / "small", "val").images.shape[1:]) == (4, 4, (1, 4, 4))


def test_captions_are_the_records_own_or_tell_of_the_label(validated_images: Path, tmp_path: Path) -> None:
    for split in COUNTS:
        frame = pd.read_parquet(validated_images / f"{split}.parquet")
        frame["caption"] = [f"square {i}" if i < 3 else None for i in range(len(frame))]
        frame.to_parquet(tmp_path / f"{split}.parquet")
    meta = pack(tmp_path, tmp_path / "captioned", arrays_of(condition="caption", channels=3))
    assert (meta["condition"], meta["channels"]) == ("caption", 3)
    vocabulary = Vocabulary.read(tmp_path / "captioned")
    assert form.example(tmp_path / "captioned").words == len(vocabulary.words)
    ids = np.load(tmp_path / "captioned/test.captions.npy")
    assert (ids.shape, ids.dtype) == ((COUNTS["test"], vocabulary.length), np.int16)
    frame = pd.read_parquet(tmp_path / "test.parquet")
    expected = ["square 0", "square 1", "square 2"]
    expected += [caption_of(name, label) for name, label in zip(frame["id"][3:], frame["label"][3:], strict=True)]
    assert np.array_equal(ids, vocabulary.ids(expected))
    assert " ".join(vocabulary.words[i] for i in ids[0] if i) == "square 0"


def test_a_validation_reads_images_from_all_over(arrays: Path) -> None:
    val = form.split(arrays, "val")
    read = torch.cat([batch.x for batch in in_order(val, 2, 4)])
    assert torch.equal(read, val.batch(np.arange(4) * len(val) // 4).x)


def test_memory_does_not_grow_with_the_number_of_images(
    validated_images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more pictures are held than are read at a time, however many there are."""
    from promptgan.quality.output import write_parquet
    from promptgan.tasks.image.arrays import arrays as module

    for split in COUNTS:
        write_parquet(records(3 * CHUNK if split == "train" else 4, 7), tmp_path / f"{split}.parquet")
    peaks = []

    class Pool(module.ThreadPoolExecutor):
        def map(self, function: Any, contents: list[bytes]) -> Any:  # type: ignore[override]
            peaks.append(len(contents))
            return super().map(function, contents)

    monkeypatch.setattr(module, "ThreadPoolExecutor", Pool)
    pack(tmp_path, tmp_path / "many", arrays_of())
    assert peaks == [CHUNK] * 3 + [4] * 3


def test_batches_are_a_function_of_seed_and_step_and_pass_over_everything(arrays: Path) -> None:
    data = form.split(arrays, "train")
    batches = Batches(data, 50, seed=3)
    assert batches.per_epoch == 2
    assert torch.equal(Batches(data, 50, seed=3)[7].x, batches[7].x)
    assert not torch.equal(Batches(data, 50, seed=4)[7].x, batches[7].x)
    epoch = np.concatenate([batches.indices(2), batches.indices(3)])
    assert len(set(epoch.tolist())) == 100
    assert batches[0].x.shape == (50, 1, SIZE, SIZE)
    assert -1 <= batches[0].x.min() < batches[0].x.max() <= 1


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255])
def test_bytes_come_back_as_they_were(value: int) -> None:
    image = torch.full((1, 1, 2, 2), value, dtype=torch.uint8)
    assert torch.equal(to_bytes(scaled(image)), image)
