"""Emoji: a pair of one name is two records of one group, and translation finds it by their ids."""

from pathlib import Path

from promptgan.data.sets import emoji


def test_a_pair_and_all_its_tones_of_skin_are_one_group_and_ids_differ_by_the_style_alone(tmp_path: Path) -> None:
    names = ["1f600", "1f44b", "1f44b-1f3fb", "1f468-1f3fd-200d-1f4bb", "1f468-200d-1f4bb"]
    for style in ("google", "twitter"):
        for name in names:
            (tmp_path / f"{style}-{name}.png").write_bytes(f"{style} {name}".encode())
    (tmp_path / "provenance.json").write_text("{}")
    records = emoji.records(tmp_path, emoji.Parameters(name="emoji"))
    assert sorted(records["id"]) == sorted(f"{style}-{name}" for style in ("google", "twitter") for name in names)
    assert records.groupby("group")["id"].count().to_dict() == {"1f600": 2, "1f44b": 4, "1f468-200d-1f4bb": 4}
    for row in records.itertuples():
        assert row.image == str(row.id).replace("-", " ", 1).encode()
        assert str(row.id).removeprefix(f"{row.label}-") in names
