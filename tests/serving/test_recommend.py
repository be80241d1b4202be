"""The route /v1/recommend of a running service: a user of the data, what somebody liked, and what is refused."""

import time
from pathlib import Path

import pytest

from promptgan.applications.recommendation import interactions, recommender
from promptgan.serving.log import Asked
from tests.applications.conftest import write_films
from tests.serving.conftest import Server, Start
from tests.serving.test_http import refused, rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("films")
    write_films(place / "films.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        recommender.build(interactions.read(place / "films.csv"), {"title": "films"}, place / "made", seed=1, epochs=2)
    return place / "made"


@pytest.fixture(scope="module")
def recommending(start: Start, folder: Path) -> Server:
    return start("--recommend", str(folder), "--log-texts")


def test_what_is_recommended_is_what_the_folder_says(recommending: Server, folder: Path) -> None:
    made = recommender.load(folder)
    for body in ({"user": "u3"}, {"liked": ["love story", "space"]}):
        answer = recommending.post("/v1/recommend", {**body, "n": 4}).json()
        wanted = made.recommend(body.get("user"), body.get("liked", ()), 4)  # type: ignore[arg-type]
        assert [each["item"] for each in answer["items"]] == [each.item for each in wanted]
        assert answer["items"][0]["text"] == wanted[0].text
        assert answer["items"][0]["match"] == pytest.approx(wanted[0].match, abs=2e-4)
        assert answer["model"] == "recommend"


def test_the_log_has_what_is_liked_and_recommended_and_not_who_asked(recommending: Server) -> None:
    since = time.time()
    by_user = recommending.post("/v1/recommend", {"user": "u3", "n": 2}).json()
    recommending.post("/v1/recommend", {"liked": ["love story"], "n": 1})
    user, liked = rows(recommending, Asked, 2, since)
    assert (user.prompt, user.answer) == ("", "\n".join(each["item"] for each in by_user["items"]))
    assert (liked.route, liked.prompt, liked.repeated) == ("/v1/recommend", "love story", 0)


def test_what_nothing_can_be_recommended_for_is_refused(recommending: Server, server: Server) -> None:
    assert "no user 'me'" in refused(recommending.post("/v1/recommend", {"user": "me"}), 422, "unusable_request")
    assert "no word" in refused(recommending.post("/v1/recommend", {"liked": ["zzz"]}), 422, "unusable_request")
    for body in ({}, {"user": "u1", "liked": ["love"]}):
        assert "either user or liked" in refused(recommending.post("/v1/recommend", body), 422, "invalid_body")
    assert "no recommender" in refused(server.post("/v1/recommend", {"user": "u"}), 404, "recommend_not_served")
