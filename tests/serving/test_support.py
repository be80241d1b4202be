"""The route /v1/support of a running service: known answers, drawn ones, and what is refused."""

import time
from pathlib import Path

import pytest

from promptgan.applications.support import support
from promptgan.serving.log import Asked
from tests.applications.conftest import FAR, THINGS, pairs, write_data
from tests.serving.conftest import Server, Start
from tests.serving.test_http import refused, rows


@pytest.fixture(scope="module")
def supporting(start: Start, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Server:
    data, index = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("index")
    write_data(data)
    support.build(data, index, precision=1.0, like=0.5)
    return start("--model", f"tiny={model}", "--support", str(index), "--log-texts")


def test_a_known_question_gets_its_answer_and_another_one_the_generators(supporting: Server) -> None:
    question, answer = pairs(THINGS)[2]
    known = supporting.post("/v1/support", {"question": question.upper()}).json()
    assert (known["answer"], known["source"], known["record"]) == (answer, "retrieved", "train-2")
    assert (known["question"], known["model"]) == (question, "support")
    far = supporting.post("/v1/support", {"question": FAR[1], "seed": 7}).json()
    drawn = supporting.post("/v1/generate", {"prompt": FAR[1], "seed": 7}).json()
    assert (far["answer"], far["source"], far["model"]) == (drawn["answers"][0]["text"], "generated", "tiny")
    assert far["similarity"] < known["similarity"]


def test_the_log_has_each_question_once_and_masked(supporting: Server) -> None:
    since = time.time()
    supporting.post("/v1/support", {"question": f"{FAR[0]} tell me@example.com"})
    supporting.post("/v1/support", {"question": pairs(THINGS)[0][0]})
    drawn, known = rows(supporting, Asked, 2, since)
    assert (drawn.route, drawn.model, drawn.prompt) == ("/v1/support", "tiny", f"{FAR[0]} tell [contact]")
    assert (known.model, known.answer) == ("support", pairs(THINGS)[0][1])


def test_a_question_is_read_as_records_have_it_and_logged_as_it_came(supporting: Server) -> None:
    since, asked = time.time(), []
    for question in (pairs(THINGS)[2][0], FAR[1]):
        typed = question.replace("o", "o\u200b")
        plain = supporting.post("/v1/support", {"question": question, "seed": 7}).json()
        found = supporting.post("/v1/support", {"question": typed, "seed": 7}).json()
        assert [found[key] for key in ("answer", "similarity")] == [plain[key] for key in ("answer", "similarity")]
        asked += [question, typed]
    assert [row.prompt for row in rows(supporting, Asked, 4, since)] == asked


def test_what_cannot_be_answered_is_refused(supporting: Server, server: Server) -> None:
    assert "asks nothing" in refused(supporting.post("/v1/support", {"question": "?"}), 422, "unusable_request")
    nobody = supporting.post("/v1/support", {"question": "x", "model": "nobody"})
    assert "can answer questions here" in refused(nobody, 404, "model_not_found")
    assert "question: Field required" in refused(supporting.post("/v1/support", {}), 422, "invalid_body")
    assert "no index" in refused(server.post("/v1/support", {"question": "x"}), 404, "support_not_served")
