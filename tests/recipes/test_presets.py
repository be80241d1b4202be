"""Presets: how they compose, what they keep of params.yaml, and that every shipped one is a valid run."""

import functools
import re
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.core.flat import flat
from promptgan.core.parameters import ParameterError, load_params
from promptgan.recipes import presets
from promptgan.recipes.parameter_file import AnchorsUsed, ParameterFile
from promptgan.recipes.parameters import check

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))
OWN_DATA = {"local-text", "local-lm", "local-images", "local-labels", "local-midi"}
"""Recipes that need a file of the user's."""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, default_parameters: Path) -> Path:
    """A folder with the shipped presets and the params.yaml of the default one."""
    (tmp_path / "recipes").mkdir()
    for path in (ROOT / "recipes").glob("*.yaml"):
        (tmp_path / "recipes" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "params.yaml").write_bytes(default_parameters.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(presets, "bfloat16_instructions", lambda: [])
    return tmp_path


def own_data(name: str) -> dict[str, object] | None:
    if name not in OWN_DATA:
        return None
    if name == "local-images":
        return {"name": "local_images", "file": "photos.zip", "sha256": "0" * 64}
    if name == "local-midi":
        return {"name": "local_midi", "file": "music.zip", "sha256": "0" * 64, "bars": 4, "key": "own"}
    if name == "local-labels":
        columns: dict[str, object] = {"text": "text", "label": "label", "labels": ["no", "yes"]}
        return {"name": "local_labels", "file": "texts.csv", "sha256": "0" * 64, **columns}
    section = {"name": "local_text", "file": "pairs.csv", "sha256": "0" * 64, "first_words": 3}
    return {**section, "prompt": "question", "text": "answer"}


@functools.cache
def valid(name: str) -> dict[str, object]:
    """What a preset writes where nothing is, which takes half of the time that keeping comments does."""
    Path("params.yaml").unlink()
    presets.use(name, data=own_data(name), device="cpu")
    return check()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_preset_is_a_valid_run(name: str) -> None:
    assert valid(name)["recipe"] == name


@pytest.mark.parametrize("name", SHIPPED)
def test_no_parameter_is_called_as_what_the_run_cache_of_dvc_leaves_out(name: str) -> None:
    """Runs that differed in it alone would be the same run to DVC, and the outputs of one be taken for the other's."""
    from dvc.stage.cache import _get_cache_hash

    keys = {part for key, _ in flat(valid(name)) for part in key.split(".")}
    empty = _get_cache_hash({"params": {}})
    assert [key for key in sorted(keys) if _get_cache_hash({"params": {key: 1}}) == empty] == []


def test_the_preset_that_is_there_changes_nothing() -> None:
    before = Path("params.yaml").read_bytes()
    assert presets.use("text-gumbel", device="cpu") == []
    assert Path("params.yaml").read_bytes() == before


def test_the_committed_parameters_are_the_default_preset(default_parameters: Path) -> None:
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "params.yaml"], cwd=ROOT, check=False).returncode
    committed = (ROOT / "params.yaml").read_bytes()
    if changed or b"\nrecipe: text-gumbel " not in committed:
        pytest.skip("params.yaml holds something else by intent")
    assert committed == default_parameters.read_bytes()


def test_a_preset_alone_determines_the_parameters_and_the_way_back_is_exact() -> None:
    default = Path("params.yaml").read_bytes()
    direct = {}
    for name in SHIPPED:
        Path("params.yaml").write_bytes(default)
        presets.use(name, data=own_data(name), device="cpu")
        direct[name] = load_params()
    for name in [*SHIPPED, *reversed(SHIPPED)]:
        presets.use(name, data=own_data(name), device="cpu")
        assert load_params() == direct[name]
    presets.use("text-gumbel", device="cpu")
    assert Path("params.yaml").read_bytes() == default


def test_comments_of_the_user_stay() -> None:
    path = Path("params.yaml")
    text = path.read_text().replace("seed: 1 ", "# tried 7: the same\nseed: 7 ")
    path.write_text(text + "# the end\n")
    presets.use("text-gumbel", device="cpu")
    assert path.read_text() == text.replace("seed: 7 ", "seed: 1 ") + "# the end\n"


def test_a_comment_of_the_preset_that_was_there_does_not_stay() -> None:
    path = Path("params.yaml")
    for name, count, comment in (("one", 70, "drawn"), ("two", 80, "answered")):
        changed = f"validation_count: {count} # {comment}"
        text = re.sub(r"validation_count: \d+ +# prompts answered", changed, path.read_text())
        Path(f"recipes/{name}.yaml").write_text(f"# A preset.\n{text}")
    for name, line in (("one", "70 # drawn"), ("two", "80 # answered"), ("one", "70 # drawn")):
        presets.use(name, device="cpu")
        assert f"validation_count: {line}\n" in path.read_text()


def test_what_changed_is_returned() -> None:
    changes = presets.use("text-gumbel", device="cpu", threads=3)
    assert changes == [presets.Change("compute.threads", "2", "3")]


def test_what_was_set_by_hand_comes_first_and_is_marked() -> None:
    path = Path("params.yaml")
    path.write_text(
        path.read_text().replace("\n  count: 1000 ", "\n  count: 500 ").replace("device: cpu", "device: cuda")
    )
    changes = presets.use("tang-gumbel", device="cpu")
    assert [change for change in changes if change.by_hand] == changes[:1]
    assert changes[0] == presets.Change("generate.count", "500", "1000", by_hand=True)
    assert presets.Change("compute.device", "cuda", "cpu") in changes
    assert presets.Change("validate.script", "latin", "han") in changes


def test_nothing_passes_for_set_by_hand_where_the_file_names_no_preset() -> None:
    path = Path("params.yaml")
    path.write_text(path.read_text().replace("recipe: text-gumbel", "recipe: mine").replace("seed: 1 ", "seed: 2 "))
    assert presets.use("text-gumbel", device="cpu") == [
        presets.Change("recipe", "mine", "text-gumbel"),
        presets.Change("seed", "2", "1"),
    ]


@pytest.mark.parametrize(
    ("gpu", "instructions", "device", "precision"),
    [
        (True, [], "cuda", "bfloat16"),
        (False, ["amx_bf16"], "cpu", "bfloat16"),
        (False, [], "cpu", "float32"),
        (False, None, "cpu", "float32"),
    ],
)
def test_device_and_precision_are_those_that_are_fast_here(
    gpu: bool, instructions: list[str] | None, device: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "finds_gpu", lambda: gpu)
    monkeypatch.setattr(presets, "bfloat16_instructions", lambda: instructions)
    presets.use("text-lm")
    parameters = load_params()
    assert (parameters["compute"]["device"], parameters["compute"]["precision"]) == (device, precision)
    assert parameters["generator"]["weights"] == parameters["discriminator"]["weights"] == precision


def test_what_is_compared_has_the_precision_of_params_yaml_whatever_is_fast_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(presets, "bfloat16_instructions", lambda: ["amx_bf16"])
    assert load_params()["compute"]["precision"] == "float32"
    document = presets.resolve("text-lm").values
    assert document["compute"]["precision"] == document["generator"]["weights"] == "float32"
    other = {**document["compute"], "precision": "bfloat16", "threads": 7}
    document = presets.resolve("text-lm", compute=other).values
    assert document["compute"] == other
    assert document["generator"]["weights"] == "bfloat16"
    assert presets.resolve("image-dcgan", compute=other)["compute"]["precision"] == "float32", "which the preset sets"


def test_an_unknown_preset_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(presets.UnknownRecipe, match=r"did you mean text-gumbel\?") as caught:
        presets.use("text-gumble")
    assert all(name in str(caught.value) for name in SHIPPED)


def test_a_preset_for_own_data_asks_for_the_file() -> None:
    before = Path("params.yaml").read_bytes()
    with pytest.raises(presets.OwnDataMissing, match="--path FILE"):
        presets.use("local-text")
    assert Path("params.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["text-hinge", "--threads", "5000"],
            "error: --threads: found 5000; input should be less than or equal to 1024",
        ),
        (["local-text", "--path", "a.txt", "--prompt", "b"], "error: --path: plain text has no columns"),
    ],
)
def test_what_an_option_gave_is_blamed_on_the_option(options: list[str], said: str) -> None:
    before = Path("params.yaml").read_bytes()
    Path("dvc.yaml").touch()
    Path("a.txt").write_text("a line of text\n" * 200)
    result = CliRunner().invoke(app, ["use", *options])
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert "params.yaml" not in result.stderr
    assert Path("params.yaml").read_bytes() == before


def test_an_impossible_combination_is_refused_by_name_and_nothing_is_touched() -> None:
    before = Path("params.yaml").read_bytes()
    Path("recipes/odd.yaml").write_text("# Odd.\nbase: tang-gumbel\ntokenize: {level: word}\n")
    with pytest.raises(ParameterError, match="words-without-spaces: "):
        presets.use("odd", device="cpu")
    assert Path("params.yaml").read_bytes() == before
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["params.yaml", "recipes"]


def test_a_base_may_have_a_base_but_not_itself() -> None:
    Path("recipes/first.yaml").write_text("# First.\nbase: tang-gumbel\npretrain: {batch: 7}\n")
    presets.use("first", device="cpu")
    assert (load_params()["pretrain"]["batch"], load_params()["data"]["name"]) == (7, "tang_poems")
    Path("recipes/first.yaml").write_text("# First.\nbase: second\n")
    Path("recipes/second.yaml").write_text("# Second.\nbase: first\n")
    with pytest.raises(presets.BrokenRecipe, match=r"second.yaml: its base first leads back to it"):
        presets.use("first")


@pytest.mark.parametrize("text", ["# Nothing.\n", "# A list.\n- a\n", "# Torn.\na: [1\n", "# Bare.\nrecipe: x\n"])
def test_a_broken_preset_is_a_clean_error(text: str) -> None:
    Path("recipes/broken.yaml").write_text(text)
    with pytest.raises(presets.BrokenRecipe, match=r"recipes/broken\.yaml"):
        presets.use("broken")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "base: text-gumbel\nencoder: none\ncompute: cpu\n",
            ": compute: found 'cpu', encoder: found 'none'; a section",
        ),
        ("base: text-gumbel\ndata:\n", ": data: found None; a section of keys"),
        ("base: text-gumbel\ntrain: [1]\n", r": train: found \[1\]; a section of keys"),
    ],
)
def test_a_value_where_a_section_belongs_is_a_clean_error(text: str, said: str) -> None:
    Path("recipes/broken.yaml").write_text(f"# Broken.\n{text}")
    for read in (presets.values, presets.use, presets.resolve):
        with pytest.raises(presets.BrokenRecipe, match=rf"^recipes/broken\.yaml{said}"):
            read("broken")


def test_a_preset_must_say_what_it_runs_on() -> None:
    text = Path("recipes/text-gumbel.yaml").read_text()
    section = re.search(r"^compute:\n(?:  .*\n)+", text, re.MULTILINE)
    assert section
    Path("recipes/broken.yaml").write_text(text.replace(section[0], "compute:\n  threads: 2\n"))
    for read in (presets.use, presets.resolve):
        with pytest.raises(presets.BrokenRecipe, match=r"lacks compute\.device, compute\.precision"):
            read("broken")


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "\x00"])
def test_a_broken_parameter_file_is_replaced(text: str) -> None:
    Path("params.yaml").write_text(text)
    presets.use("text-gumbel", device="cpu")
    assert check()["recipe"] == "text-gumbel"


def test_outside_of_the_repository_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path / "recipes")
    with pytest.raises(presets.BrokenRecipe, match="the repository's own folder"):
        presets.names()


def test_every_preset_describes_itself() -> None:
    assert list(presets.names()) == SHIPPED
    for path in (ROOT / "recipes").glob("*.yaml"):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first.startswith("# "), f"{path.name}: the first line is a comment that says what it is"
        assert 20 < len(first) - 2 <= presets.MAX_DESCRIPTION, (
            f"{path.name}: the comment has 21 to 109 characters (docs/new-recipe.md), not {len(first) - 2}"
        )


@pytest.mark.parametrize(
    ("first", "listed"),
    [
        (f"# {'long ' * 40}", "long long"),
        ("#", ""),
        ("# caf\udce9 au lait", "caf"),
    ],
)
def test_any_first_line_can_be_listed(first: str, listed: str) -> None:
    Path("recipes/odd.yaml").write_bytes(f"{first}\nbase: text-gumbel\n".encode(errors="surrogateescape"))
    description = presets.names()["odd"]
    assert description.startswith(listed)
    assert len(description) <= presets.MAX_DESCRIPTION
    assert description.endswith(" [...]") == (len(first) > 200)


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


def test_only_what_changes_is_written_whatever_the_layout() -> None:
    path = Path("odd.yaml")
    path.write_text(ODD_LAYOUT, encoding="utf-8")
    file = ParameterFile.read(path)
    assert file.text == ODD_LAYOUT
    changed = file.with_values({"one": 22, "quoted.list": [3]})
    expected = ODD_LAYOUT.replace("one: 1  ", "one: 22 ").replace("    - 1   # item\n    - 2\n", "    - 3\n")
    assert changed.values == load_params(path) | {"one": 22, "quoted": {**file.values["quoted"], "list": [3]}}
    assert changed.text.splitlines()[:3] == expected.splitlines()[:3]
    assert changed.sections["block"] == file.sections["block"]
    assert file.with_values({"quoted.flow": {"b": 2, "a": 1}}) == file, "the order of keys is no change"


def test_lines_keep_their_ends() -> None:
    path = Path("params.yaml")
    before = path.read_bytes().replace(b"\n", b"\r\n")
    path.write_bytes(before)
    presets.set_values({"seed": 7})
    assert path.read_bytes() == before.replace(b"\r\nseed: 1 ", b"\r\nseed: 7 ")


def test_a_parameter_file_that_cannot_be_written_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        ParameterFile({}, "# text\n").write(tmp_path / "params.yaml")
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("file", ["params.yaml", "recipes/text-gumbel.yaml"])
def test_anchors_are_refused_because_they_would_be_lost(file: str) -> None:
    path = Path(file)
    text = path.read_text().replace("seed: 1 ", "seed: &seed 1 ")
    path.write_text(text)
    with pytest.raises(AnchorsUsed, match=rf"{file}: line {text[: text.index('&')].count(chr(10)) + 1} has an anchor"):
        presets.use("text-gumbel", device="cpu")
    assert path.read_text() == text
