"""Where a generated sample may come from."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from promptgan.lineage import lock, samples
from promptgan.lineage.contents import BytesNotHere
from promptgan.tasks.text.likeness import words_of
from promptgan.tasks.text.measures import diversity
from tests.lineage.traced_run import prepared, without_outputs
from tests.pipeline.clone import Clone


def why(row: int) -> dict[str, Any]:
    return samples.why(lock.read(), f"{samples.SAMPLES}#{row}")


def test_a_copy_is_called_one_with_how_many_say_it(own: Clone) -> None:
    found = why(0)
    assert (found["equal"], found["training_records"]) == (2, 6)
    assert found["verdict"] == (
        "copied word for word: 2 of 6 training records say exactly this, in 2 conversations, none to this prompt;"
        " a common answer"
    )
    assert [(near["id"], near["similarity"]) for near in found["nearest"]] == [("t2", 1.0), ("t1", 1.0)]


def test_a_text_of_one_conversation_is_no_common_answer(own: Clone) -> None:
    found = why(5)
    assert found["sample"]["model"] == "adversarial"
    assert found["verdict"].endswith("in 1 conversation, none to this prompt; one conversation alone says it")


def test_the_longest_shared_run_decides_who_is_nearest(own: Clone) -> None:
    found = why(1)
    nearest = found["nearest"][0]
    assert (nearest["id"], nearest["group"], nearest["prompt"]) == ("t0", "g0", "do you like tea?")
    assert (nearest["run"], nearest["shared"]) == (4, "i like green tea")
    # 1- to 3-word runs: 6 + 5 + 4 of the sample, 6 + 5 + 4 of the record, and 4 + 3 + 2 of both
    assert nearest["similarity"] == round(9 / 21, 4)
    assert found["verdict"] == (
        "not a training text; 4 of its 6 words stand together in 1 of 6 training records, as in: i like green tea"
    )
    assert [each["run"] for each in found["nearest"]] == sorted(
        (each["run"] for each in found["nearest"]), reverse=True
    )


def test_a_sample_like_no_training_text_has_nothing_near(own: Clone) -> None:
    found = why(4)
    assert found["nearest"] == []
    assert found["verdict"] == "nothing near: the sample shares no run of two words with any training text"


def test_it_names_model_settings_and_the_other_answers(own: Clone) -> None:
    found = why(0)
    assert found["model"] == "models/pretrained"
    assert tuple(found["sample"][name] for name in ("seed", "temperature", "prompt")) == (1, 0.7, "do you drink tea?")
    assert found["others"] == {"control": "no", "adversarial": "zebra quagga"}


def test_copied_means_what_evaluation_means_by_it(own: Clone) -> None:
    written = pd.read_parquet(samples.SAMPLES)["text"].map(words_of)
    train = pd.read_parquet(samples.TRAIN)["text"].map(words_of)
    found = [why(row) for row in range(len(written))]
    assert [bool(each["equal"]) for each in found] == diversity.copied(written.tolist(), train.tolist()).tolist()
    assert [each["longest"] for each in found] == diversity.longest_copied(written.tolist(), train.tolist()).tolist()


def test_inputs_made_anew_are_named_as_stale(own: Clone) -> None:
    assert why(0)["made_anew_since"] == []
    prepared(own, "models/pretrained/generator.safetensors", "other")
    Path("stages/pretrain.py").write_text("print('other')\n")
    own.dvc("repro", "--quiet", "pretrain")
    assert why(0)["made_anew_since"] == ["models/pretrained"]


def test_the_very_bytes_of_the_lock_are_read_or_it_is_refused(own: Clone) -> None:
    Path(samples.TRAIN).unlink()
    assert why(0)["training_records"] == 6
    without_outputs(own)
    with pytest.raises(BytesNotHere, match="dvc pull samples/generated"):
        why(0)
