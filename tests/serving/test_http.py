"""The routes of a running service: what they answer, what they refuse, and what is kept of it."""

import base64
import json
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from promptgan.serving import log
from promptgan.serving.keys import new_key
from promptgan.serving.log import Asked, Feedback
from tests.serving.conftest import Server, Start, write_model, written
from tests.tasks.music.models import write_model as write_music

PROMPT = "do you buy the tea"
ASK = {"prompt": PROMPT, "seed": 7, "n": 2}


def answers(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [answer["text"] for answer in response.json()["answers"]]


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The message of a refusal, which has a remedy too."""
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    assert error["remedy"]
    return str(error["message"])


def events(text: str) -> list[tuple[str, Any]]:
    """Name and content of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        found.append(
            (lines.get("event", ""), lines["data"] if lines["data"] == "[DONE]" else json.loads(lines["data"]))
        )
    return found


def rows(server: Server, kind: Any, count: int, since: float = 0) -> list[Any]:
    """Rows of the log, which come a moment after their answers."""
    for _ in range(200):
        found = list(log.rows(server.log, kind, since=since))
        if len(found) >= count:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{len(found)} rows")


def said(*parts: str) -> dict[str, Any]:
    """A chat whose only turn has several parts."""
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": part} for part in parts]}]}


def test_a_seed_gives_the_same_answers_whether_streamed_or_not(server: Server) -> None:
    first, again = server.post("/v1/generate", ASK), server.post("/v1/generate", ASK)
    assert answers(first) == answers(again)
    assert len(set(answers(first))) == 2
    told = server.post("/v1/generate", {**ASK, "stream": True})
    assert told.headers["content-type"].startswith("text/event-stream")
    *pieces, (name, last) = events(told.text)
    assert name == "done"
    assert last["answers"] == first.json()["answers"]
    assert len(pieces) > 2
    for index, text in enumerate(answers(first)):
        assert "".join(piece["text"] for _, piece in pieces if piece["index"] == index) == text


def test_a_seed_that_was_not_given_is_told(server: Server) -> None:
    first = server.post("/v1/generate", {"prompt": PROMPT})
    assert first.headers["x-request-id"] == first.json()["id"]
    assert answers(server.post("/v1/generate", {"prompt": PROMPT, "seed": first.json()["seed"]})) == answers(first)


def test_models_tell_what_they_can_do_and_where_they_come_from(server: Server, model: Path) -> None:
    with server.client() as client:
        (listed,) = client.get("/v1/models").json()["data"]
        assert (listed["id"], listed["kinds"], listed["max_tokens"]) == ("tiny", ["generate", "score"], 10)
        one = client.get("/v1/models/tiny").json()
        assert one["revision"] == listed["revision"] == client.get("/readyz").json()["models"]["tiny"]
        assert {"card", "lineage"} <= one.keys()
        for name in ("..", "%2e%2e%2fetc", "tiny%00", "nosuch"):
            assert client.get(f"/v1/models/{name}").status_code == 404
        assert client.get("/healthz").json() == {"alive": True, "log": "written", "lost_rows": 0}
        assert "/v1/generate" in client.get("/openapi.json").json()["paths"]


@pytest.mark.parametrize(
    ("route", "body", "status", "code", "said"),
    [
        ("generate", {"prompt": " "}, 422, "unusable_request", "a prompt is empty"),
        ("generate", {"prompt": "x", "n": 99}, 422, "invalid_body", "n: Input should be less"),
        ("generate", {"prompt": "x", "sed": 1}, 422, "invalid_body", "sed: Extra inputs"),
        ("generate", {"prompt": "x", "temperature": 0.001}, 422, "unusable_request", "temperature"),
        ("generate", {"prompt": "x", "model": "../tiny"}, 404, "model_not_found", "no model '../tiny' can generate"),
        ("classify", {"texts": ["x"]}, 404, "model_not_found", "can classify here"),
        ("score", {"prompt": "x", "text": "y" * 5000}, 422, "invalid_body", "text: String should have at most 4000"),
        ("generate", {"prompt": "x" * 70_000}, 413, "too_large", "more than 65,536 bytes"),
        ("feedback", {"request": "x", "model": "tiny"}, 422, "invalid_body", "request: "),
        ("chat/completions", said("y" * 4001), 422, "invalid_body", "at most 4000"),
        ("chat/completions", said("y" * 3000, "z" * 3000), 422, "invalid_body", "at most 4000"),
        ("chat/completions", said("\ud800"), 422, "invalid_body", "unicode"),
        ("nosuch", {}, 404, "invalid_request", "Not Found"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(
    server: Server, route: str, body: dict[str, Any], status: int, code: str, said: str
) -> None:
    with server.client() as client:  # json.dumps writes what is no text as it came
        response = client.post(f"/v1/{route}", content=json.dumps(body), headers={"content-type": "application/json"})
    assert said in refused(response, status, code)


def test_clients_of_openai_work(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["tiny"]
        wanted = answers(server.post("/v1/generate", {"prompt": PROMPT, "seed": 7}))[0]
        turns: Any = [{"role": "system", "content": "be brief"}, {"role": "user", "content": PROMPT}]
        chat = client.chat.completions.create(model="tiny", messages=turns, seed=7)
        assert chat.choices[0].message.content == wanted
        assert chat.usage
        assert chat.usage.completion_tokens > 0
        stream = client.chat.completions.create(model="tiny", messages=turns, seed=7, stream=True)
        pieces = list(stream)
        assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == wanted
        assert pieces[-1].choices[0].finish_reason in ("stop", "length")
        both = client.completions.create(model="tiny", prompt=[PROMPT, "fish"], seed=7, max_tokens=3)
        assert len(both.choices) == 2
        assert wanted.startswith(both.choices[0].text)
        with pytest.raises(openai.NotFoundError, match="no model 'gpt' can generate here"):
            client.completions.create(model="gpt", prompt="x")


def test_the_log_has_a_row_of_each_and_contacts_are_masked(server: Server) -> None:
    since = time.time()
    done = server.post("/v1/generate", {"prompt": "write to me@example.com or +49 30 1234567", "seed": 1})
    server.post("/v1/generate", {"prompt": " "})
    row, failed = rows(server, Asked, 2, since)
    assert row.prompt == "write to [contact] or [contact]"
    assert (row.id, row.status, row.model, row.shadow) == (done.json()["id"], 200, "tiny", 0)
    assert row.revision == done.json()["revision"]
    assert row.score == pytest.approx(done.json()["answers"][0]["score"])
    assert row.tokens == done.json()["answers"][0]["tokens"]
    assert 0 <= row.queued <= row.seconds
    assert (failed.status, failed.answer_length) == (422, 0)
    assert "example.com" not in "".join(server.lines)


def test_a_row_has_the_score_and_length_of_what_was_drawn_and_of_all_of_it(server: Server) -> None:
    since, each = time.time(), []
    for seed, prompt in ((7, PROMPT), (8, "fish")):
        each.append(server.post("/v1/generate", {"prompt": prompt, "seed": seed}).json()["answers"][0]["score"])
    done = server.post("/v1/completions", {"prompt": [PROMPT, "fish"], "seed": 7}).json()
    server.post("/v1/score", {"prompt": PROMPT, "text": "of somebody else"})
    *_, both, scored = rows(server, Asked, 4, since)
    assert both.score == pytest.approx(sum(each) / 2)
    assert both.prompt_length == round((len(PROMPT) + 4) / 2)
    assert both.answer_length == round(sum(len(choice["text"]) for choice in done["choices"]) / 2)
    assert scored.score is None, "nothing was drawn"


def test_feedback_is_kept_masked(server: Server) -> None:
    since = time.time()
    body = {"request": "0" * 32, "model": "tiny", "prompt": PROMPT, "answer": "call 555-123-4567", "thumb": -1}
    assert (
        server.post("/v1/feedback", {**body, "correction": "see www.example.org", "consent": True}).status_code == 201
    )
    (row,) = rows(server, Feedback, 1, since)
    assert (row.answer, row.correction, row.thumb, row.consent) == ("call [contact]", "see [contact]", -1, 1)
    assert (row.source, row.request) == ("page", "0" * 32)


def test_prometheus_reads_what_was_done(server: Server) -> None:
    server.post("/v1/generate", ASK)
    with server.client() as client:
        client.get("/nosuch/" + "x" * 50)
        for _ in range(5):
            client.get("/")
        told = client.get("/metrics").text
    assert 'promptgan_requests_total{model="tiny",route="/v1/generate",status="200"}' in told
    assert 'route="other"' in told
    assert "xxxx" not in told
    assert 'route="/",status="200"' in told
    assert 'route="/",status="499"' not in told, "a file is answered before it is closed"
    for name in ("tokens_total", "queue_rows", "batch_rows_bucket", "answer_score_bucket", "log_writable"):
        assert f"promptgan_{name}" in told


def test_music_comes_as_the_file_that_is_accepted(start: Start, tmp_path: Path) -> None:
    server = start("--model", f"music={write_music(tmp_path / 'music', 'key')}")
    ask = {"prompt": "C major 4/4", "bars": 2, "seed": 3}
    told = server.post("/v1/generate", ask)
    (answer,) = told.json()["answers"]
    assert answer["music"]["ticks"] == 2 * 96
    for kind, begins in (
        ("audio/midi", base64.b64decode(answer["midi"])),
        ("application/vnd.recordare.musicxml+xml", base64.b64decode(answer["musicxml"])),
        ("image/svg+xml", base64.b64decode(answer["svg"])),
        ("image/png", b"\x89PNG"),
        ("audio/wav", b"RIFF"),
    ):
        file = server.post("/v1/generate", ask, headers={"accept": f"text/html, {kind};q=0.9, */*"})
        assert (file.headers["content-type"], file.headers["x-seed"]) == (kind, "3")
        assert file.content.startswith(begins)
    told = server.post("/v1/generate", {**ask, "stream": True})
    assert events(told.text)[-1][1]["answers"] == [answer]
    with server.client() as client:
        assert 'promptgan_repeated_total{model="music"} 6.0' in client.get("/metrics").text
    midi = {"headers": {"accept": "audio/midi"}}
    for body, settings, said in (
        ({**ask, "n": 2}, midi, "a file holds one answer"),
        ({**ask, "prompt": "C flat"}, {}, "names no key and metre"),
        ({**ask, "bars": 33}, {}, "bars: Input should be less"),
    ):
        response = server.post("/v1/generate", body, **settings)
        assert said in refused(response, 422, "invalid_body" if body["bars"] > 32 else "unusable_request")


def test_keys_open_and_limit(start: Start, model: Path, tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys", "alice")
    other = new_key(tmp_path / "keys", "bob")
    assert key not in (tmp_path / "keys").read_text()
    server = start(
        "--model", f"tiny={model}", "--keys", str(tmp_path / "keys"), "--rate", "3", "--origin", "https://a.test"
    )
    for given in ({}, {"authorization": "Bearer pg-wrong"}, {"authorization": key}):
        refused(server.post("/v1/generate", ASK, headers=given), 401, "invalid_api_key")
    from_page = server.post("/v1/generate", ASK, headers={"origin": "https://a.test"})
    refused(from_page, 401, "invalid_api_key")
    assert from_page.headers["access-control-allow-origin"] == "https://a.test", "it may read why"
    alice = {"authorization": f"Bearer {key}"}
    for _ in range(3):
        answers(server.post("/v1/generate", ASK, headers=alice))
    limited = server.post("/v1/generate", ASK, headers=alice)
    refused(limited, 429, "rate_limit_exceeded")
    assert 1 <= int(limited.headers["retry-after"]) <= 20
    answers(server.post("/v1/generate", ASK, headers={"authorization": f"Bearer {other}"}))
    with server.client() as client:
        assert client.get("/readyz").status_code == 200, "balancers have no key"
    assert '"who": "alice"' in "".join(server.lines)
    assert [row.prompt for row in rows(server, Asked, 9)] == [None] * 9, "texts are kept only where it is asked for"


def test_moderation_refuses_prompts_and_answers(server: Server, start: Start, model: Path, tmp_path: Path) -> None:
    word = answers(server.post("/v1/generate", ASK))[0].split()[0]
    (tmp_path / "words").write_text(f"rice soup\n{word}\n")
    server = start("--model", f"tiny={model}", "--moderation", "words", "--words", str(tmp_path / "words"))
    said = refused(server.post("/v1/generate", {"prompt": "eat RI\u200bCE soup!"}), 400, "content_filter")
    assert said == "the prompt is refused (words: rice soup)"
    for stream in (False, True):
        said = refused(server.post("/v1/generate", {**ASK, "stream": stream}), 400, "content_filter")
        assert said == f"the answer is refused (words: {word})"
    assert [row.verdict for row in rows(server, Asked, 3)] == [
        "prompt: words: rice soup",
        *[f"answer: words: {word}"] * 2,
    ]


def test_a_shadow_answers_unseen_and_both_are_scored(start: Start, model: Path, tokens: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "new", tokens, seed=5)
    server = start("--model", f"tiny={model}", "--shadow", f"new={tmp_path / 'new'}", "--shadow-share", "1")
    assert server.post("/v1/generate", {**ASK, "model": "new"}).status_code == 404
    with server.client() as client:
        assert [each["id"] for each in client.get("/v1/models").json()["data"]] == ["tiny"]
    seen = answers(server.post("/v1/generate", ASK))
    shadowed = {row.shadow: row for row in rows(server, Asked, 3)[1:]}
    assert (shadowed[0].model, shadowed[1].model) == ("tiny", "new")
    assert shadowed[1].request == shadowed[0].id == shadowed[0].request
    assert shadowed[0].answer_length == log.mean_length(seen)
    score = server.post("/v1/score", {"prompt": PROMPT, "text": seen[0]})
    assert score.json()["score"] is not None
    assert shadowed[1].score is not None


def test_a_changed_folder_is_loaded_again(start: Start, tokens: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "m", tokens, seed=1)
    server = start("--model", f"m={tmp_path / 'm'}")
    first = server.post("/v1/generate", ASK).json()
    write_model(tmp_path / "m", tokens, seed=2)
    for _ in range(600):
        last = server.post("/v1/generate", ASK).json()
        if last["revision"] != first["revision"]:
            break
        assert last["answers"] == first["answers"]
        time.sleep(0.1)
    assert last["answers"] != first["answers"]


def test_a_client_that_goes_away_is_not_answered_and_costs_nobody_anything(server: Server) -> None:
    since = time.time()
    for _ in range(5):
        with server.connect() as connection:
            connection.sendall(written({"prompt": PROMPT, "n": 16}))
    assert {row.status for row in rows(server, Asked, 5, since)} <= {200, 499}
    assert answers(server.post("/v1/generate", ASK))


def test_ending_finishes_what_was_begun(start: Start, model: Path) -> None:
    server = start("--model", f"tiny={model}")
    with server.connect() as connection:
        connection.sendall(written(ASK))
        time.sleep(0.05)
        server.process.send_signal(signal.SIGTERM)
        told = b""
        while part := connection.recv(65536):
            told += part
    assert told.startswith(b"HTTP/1.1 200 ")
    assert server.process.wait(20) == 0
    assert [row.status for row in rows(server, Asked, 1)] == [200], "the log is whole"
