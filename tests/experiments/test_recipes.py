"""Presets: how they compose, what they keep of params.yaml, and that every shipped one is a valid run."""

from pathlib import Path

import pytest

from promptgan import base
from promptgan.experiments import recipes
from promptgan.experiments.parameters import check

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))
OWN_DATA = {"local-text"}
"""Recipes that need a file of the user's."""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shipped presets and params.yaml."""
    (tmp_path / "recipes").mkdir()
    for path in (ROOT / "recipes").glob("*.yaml"):
        (tmp_path / "recipes" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own_data(name: str) -> dict[str, object] | None:
    if name not in OWN_DATA:
        return None
    section = {"name": "local_text", "file": "pairs.csv", "sha256": "0" * 64, "first_words": 3}
    return {**section, "prompt": "question", "text": "answer"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_is_a_valid_run(name: str) -> None:
    recipes.use(name, data=own_data(name), device="cpu")
    assert check()["recipe"] == name


def test_the_committed_parameters_are_the_default_preset() -> None:
    before = Path("params.yaml").read_bytes()
    assert recipes.use("text-gumbel", device="cpu") == []
    assert Path("params.yaml").read_bytes() == before


def test_a_preset_alone_determines_the_parameters_and_the_way_back_is_exact() -> None:
    default = Path("params.yaml").read_bytes()
    direct = {}
    for name in SHIPPED:
        Path("params.yaml").write_bytes(default)
        recipes.use(name, data=own_data(name), device="cpu")
        direct[name] = base.load_params()
    for name in [*SHIPPED, *reversed(SHIPPED)]:
        recipes.use(name, data=own_data(name), device="cpu")
        assert base.load_params() == direct[name]
    recipes.use("text-gumbel", device="cpu")
    assert Path("params.yaml").read_bytes() == default


def test_comments_of_the_user_stay() -> None:
    path = Path("params.yaml")
    text = path.read_text().replace("seed: 1 ", "# tried 7: the same\nseed: 7 ")
    path.write_text(text + "# the end\n")
    recipes.use("text-gumbel", device="cpu")
    assert path.read_text() == text.replace("seed: 7 ", "seed: 1 ") + "# the end\n"


def test_what_changed_is_returned() -> None:
    changes = recipes.use("text-gumbel", device="cpu", threads=3)
    assert changes == [recipes.Change("compute.threads", "2", "3")]


def test_a_gpu_is_taken_with_bfloat16_where_torch_finds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    for found, expected in ((True, "cuda"), (False, "cpu")):
        monkeypatch.setattr(torch.cuda, "is_available", lambda found=found: found)
        recipes.use("text-gumbel")
        assert base.load_params()["compute"]["device"] == expected
        assert base.load_params()["compute"]["precision"] == "bfloat16"


def test_an_unknown_preset_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(recipes.UnknownRecipe, match=r"did you mean text-gumbel\?") as caught:
        recipes.use("text-gumble")
    assert all(name in str(caught.value) for name in SHIPPED)


def test_a_preset_for_own_data_asks_for_the_file() -> None:
    before = Path("params.yaml").read_bytes()
    with pytest.raises(recipes.OwnDataMissing, match="--path FILE"):
        recipes.use("local-text")
    assert Path("params.yaml").read_bytes() == before


def test_an_impossible_combination_is_refused_by_name_and_nothing_is_touched() -> None:
    before = Path("params.yaml").read_bytes()
    Path("recipes/odd.yaml").write_text("# Odd.\nbase: tang-gumbel\ntokenize: {level: word}\n")
    Path("recipes/even.yaml").write_text(
        "# Even.\nbase: text-gumbel\nvalidate:\n  script: han\ntokenize:\n  level: word\n"
    )
    with pytest.raises(recipes.BrokenRecipe, match="its base tang-gumbel has a base itself"):
        recipes.use("odd")
    with pytest.raises(base.ParameterError, match="words-without-spaces: "):
        recipes.use("even", device="cpu")
    assert Path("params.yaml").read_bytes() == before
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["params.yaml", "recipes"]


@pytest.mark.parametrize("text", ["# Nothing.\n", "# A list.\n- a\n", "# Torn.\na: [1\n", "# Bare.\nrecipe: x\n"])
def test_a_broken_preset_is_a_clean_error(text: str) -> None:
    Path("recipes/broken.yaml").write_text(text)
    with pytest.raises(recipes.BrokenRecipe, match=r"recipes/broken\.yaml"):
        recipes.use("broken")


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "a: &x {b: 1}\nc:\n  <<: *x\n", "\x00"])
def test_a_broken_parameter_file_is_replaced(text: str) -> None:
    Path("params.yaml").write_text(text)
    recipes.use("text-gumbel", device="cpu")
    assert check()["recipe"] == "text-gumbel"


def test_outside_of_the_repository_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path / "recipes")
    with pytest.raises(recipes.BrokenRecipe, match="the repository's own folder"):
        recipes.names()


def test_every_preset_describes_itself() -> None:
    assert list(recipes.names()) == SHIPPED
    assert all(20 < len(text) < 110 for text in recipes.names().values())


ODD_LAYOUT = """\
# head

one: 1         # one
"quoted":      # a section

  # inner
  list:
    - 1   # item
    - 2

  text: "a # b"    # real
  flow: {a: 1,
      b: 2}
# above
block: |
  first
  second
"""


def test_any_layout_survives_a_round_trip() -> None:
    entries, tail = recipes.parse(ODD_LAYOUT)
    written = "\n".join([*recipes.lines(entries), *tail]) + "\n"
    assert written == ODD_LAYOUT.replace('"quoted":      #', "quoted:        #")
