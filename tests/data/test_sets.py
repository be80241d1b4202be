import json
import subprocess
import sys
from pathlib import Path

import pytest

from promptgan.core.choices import choices, choose
from promptgan.core.parameters import validate_section
from promptgan.data.download import NoSourceDelivered, download
from promptgan.data.sets import brown, chitchat, customer_support, local_text, tang_poems
from tests.data.test_oracle import VALUES as ORACLE


def test_chitchat_joins_what_one_person_said_and_pairs_the_turns(tmp_path):
    say = lambda who, *texts: [{"text": text, "sender": who, "timestamp": ""} for text in texts]  # noqa: E731
    turns = [say("a", "Hello", "How are you?"), say("b", "Fine"), say("a", "Good", "to hear")]
    content = {"c-1": {"messages": turns}, "c-2": {"messages": turns[:1]}, "c-3": {"messages": turns[:2]}}
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    records = chitchat.records(tmp_path, chitchat.Parameters(name="chitchat"))
    assert records.values.tolist() == [
        ["c-1-000", "c-1", "Hello How are you?", "Fine"],
        ["c-1-001", "c-1", "Fine", "Good to hear"],
        ["c-3-000", "c-3", "Hello How are you?", "Fine"],
    ]
    assert list(records) == ["id", "group", "prompt", "text"]


def test_customer_support_groups_by_question_and_labels_by_topic(tmp_path):
    (tmp_path / "money.yml").write_text(
        "categories: [money]\nconversations:\n- [How much?, A lot., Really?]\n- [how  MUCH?, 42]\n- a bare statement\n"
    )
    records = customer_support.records(tmp_path, customer_support.Parameters(name="customer_support"))
    assert records.values.tolist() == [
        ["money-0000-0", "money: how much?", "How much?", "A lot.", "money"],
        ["money-0000-1", "money: how much?", "A lot.", "Really?", "money"],
        ["money-0001-0", "money: how much?", "how  MUCH?", "42", "money"],
    ]


def test_brown_pairs_sentences_as_they_were_printed(tmp_path):
    lines = [
        "\tJury/nn said/vbd ``/`` no/at evidence/nn ''/'' (/( or/cc 1/2/cd of/in it/ppo )/) ,/, took/vbd place/nn ./.",
        "",
        "\tWho/wps paid/vbd $/$ 20/cd ?/. ?/.",
        "The/at jury's/nn$ men/nns ./.",
    ]
    (tmp_path / "ca01").write_text("\n".join(lines) + "\n")
    (tmp_path / "cb01").write_text("Alone/rb ./.\n")
    (tmp_path / "cats.txt").write_text("cb01 editorial\nca01 news\n")
    records = brown.records(tmp_path, brown.Parameters(name="brown"))
    first = 'Jury said "no evidence" (or 1/2 of it), took place.'
    assert records.values.tolist() == [
        ["ca01-000", "ca01", first, "Who paid $20?", "news"],
        ["ca01-001", "ca01", "Who paid $20?", "The jury's men.", "news"],
    ]


@pytest.mark.parametrize("prompt", ["couplet", "title"])
@pytest.mark.parametrize(("characters", "expected"), [(5, ["p1"]), (7, ["p2"])])
def test_tang_poems_takes_regular_quatrains_only(characters, expected, prompt, tmp_path):
    five, seven = "白日依山盡，黃河入海流。", "朝辭白帝彩雲間，千里江陵一日還。"
    poems = [
        {"id": "p1", "author": "王之渙", "title": "登鸛雀樓", "paragraphs": [five, "欲窮千里目，更上一層樓。"]},
        {"id": "p2", "author": "李白", "title": "早發", "paragraphs": [seven, "兩岸猿聲啼不住，輕舟已過萬重山。"]},
        {"id": "p3", "author": "佚名", "title": "律詩", "paragraphs": [five] * 4},
        {"id": "p4", "author": "佚名", "title": "缺字", "paragraphs": [five, "欲窮□里，更上一層樓。"]},
    ]
    (tmp_path / "poet.tang.0.json").write_text(json.dumps(poems, ensure_ascii=False), encoding="utf-8")
    records = tang_poems.records(
        tmp_path, tang_poems.Parameters(name="tang_poems", characters=characters, prompt=prompt)
    )
    assert list(records["id"]) == expected
    if characters == 5:
        assert records.loc[0, ["group", "prompt", "text"]].tolist() == [
            "王之渙: 登鸛雀樓",
            *{
                "couplet": ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"],
                "title": ["登鸛雀樓", "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"],
            }[prompt],
        ]


def test_own_text_has_ids_that_follow_from_the_content(tmp_path):
    rows = [("what's up", "hello"), ("what\u2019s  up", "hey"), ("what's up", "hello"), ("bye", "see you")]
    (tmp_path / "my.csv").write_text("q,a\n" + "".join(f"{q},{a}\n" for q, a in rows))
    parameters = local_text.Parameters(
        name="local_text", file="my.csv", sha256="0" * 64, prompt="q", text="a", first_words=3
    )
    before = local_text.records(tmp_path, parameters)
    assert before["id"].is_unique
    assert before["group"].nunique() == 2
    (tmp_path / "my.csv").write_text("q,a\nnew,row\n" + "".join(f"{q},{a}\n" for q, a in rows))
    after = local_text.records(tmp_path, parameters)
    assert after.iloc[1:].reset_index(drop=True).equals(before)


@pytest.mark.parametrize("name", [name for name in choices("promptgan.data.sets") if name != "none"])
def test_every_set_keeps_the_contract_and_pins_its_packages(name):
    chosen = choose("promptgan.data.sets", name, "data.name")
    extra = {
        "vader": {"sources": ["movies"], "least_score": 0.5},
        "sentiment": {"sources": ["movies"], "least_score": 0.5},
        "tang_poems": {"characters": 5, "prompt": "couplet"},
        "oracle": {key: value for key, value in ORACLE.items() if key != "name"},
        "chorales": {"bars": 4, "key": "own"},
        "local_midi": {"file": "a.zip", "sha256": "0" * 64, "bars": 4, "key": "own"},
        "local_images": {"file": "a.zip", "sha256": "0" * 64},
        "local_labels": {"file": "a.csv", "sha256": "0" * 64, "text": "t", "label": "l", "labels": ["a", "b"]},
        "local_text": {"file": "a.txt", "sha256": "0" * 64, "prompt": None, "text": None, "first_words": 3},
    }
    parameters = validate_section(chosen.Parameters, {"name": name, **extra.get(name, {})})
    upstream = chosen.upstream(parameters)
    assert chosen.TASK in choices("promptgan.tasks")
    assert len(upstream.content_sha256) == 64
    assert all(len(source.sha256) == 64 for source in upstream.sources)


@pytest.mark.parametrize("name", choices("promptgan.data.sets"))
def test_a_set_is_light_to_import(name):
    code = (
        f"import sys, promptgan.data.sets.{name}; print([m for m in ('torch', 'pandas', 'numpy') if m in sys.modules])"
    )
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(source)})
    assert done.stdout == "[]\n", done.stderr


def test_the_real_package_of_chitchat(tmp_path):
    parameters = chitchat.Parameters(name="chitchat")
    try:
        download(chitchat.upstream(parameters), tmp_path / "raw", cache=tmp_path / "cache", roots=[])
    except NoSourceDelivered as error:
        pytest.skip(f"no package index in reach: {error.problem.splitlines()[-1]}")
    records = chitchat.records(tmp_path / "raw", parameters)
    assert len(records) == 131_569
    assert records["id"].is_unique
    assert records["group"].nunique() == 4_018
