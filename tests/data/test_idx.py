import gzip
from pathlib import Path

import numpy as np
import pytest

from promptgan.media.image.idx import BrokenIdx, read_idx
from promptgan.media.image.labelled import records_of

HEADER = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2])


@pytest.mark.parametrize("name", ["a-ubyte", "a-ubyte.gz"])
def test_an_array_is_read_gzipped_or_not(name: str, tmp_path: Path) -> None:
    content = HEADER + bytes(range(8))
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert np.array_equal(read_idx(tmp_path / name), np.arange(8, dtype=np.uint8).reshape(2, 2, 2))


@pytest.mark.parametrize(
    "content", [b"", b"no idx", HEADER, HEADER + bytes(7), bytes([0, 0, 13]) + HEADER[3:] + bytes(8)]
)
def test_what_is_no_array_of_bytes_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(content)
    with pytest.raises(BrokenIdx, match="broken"):
        read_idx(tmp_path / "broken")


def test_records_hold_the_pictures_and_the_names_of_their_classes(tmp_path: Path) -> None:
    import io

    from PIL import Image

    (tmp_path / "images").write_bytes(HEADER + bytes(range(8)))
    (tmp_path / "labels").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 1, 0]))
    frame = records_of({"train": (tmp_path / "images", tmp_path / "labels")}, ["shirt", "bag"])
    assert frame[["id", "group", "label"]].to_numpy().tolist() == [
        ["train-00000", "train-00000", "bag"],
        ["train-00001", "train-00001", "shirt"],
    ]
    assert np.asarray(Image.open(io.BytesIO(frame["image"][1]))).tolist() == [[4, 5], [6, 7]]
