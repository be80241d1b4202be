"""The table of experiments: which parameters it shows and which numbers it marks."""

from promptgan.experiments.table import Row, best, varied


def row(name: str, recipe: str = "one", nll: float | None = None, data: str = "chitchat", **parameters: object) -> Row:
    metrics = {} if nll is None else {"adversarial": {"nll": nll, "bleu_4": nll}, "twin": "not applicable"}
    return Row(name, parameters={"recipe": recipe, "data.name": data, **parameters}, metrics=metrics)


def test_few_parameters_that_differ_are_all_shown() -> None:
    found = [row("a", "one", seed=1, same=1), row("b", "two", seed=2, same=1, only=3)]
    assert varied(found) == ["seed", "only"]


def test_of_many_only_those_that_differ_within_a_preset_are_shown() -> None:
    many = {f"section.key{i}": 0 for i in range(9)}
    found = [row("a", seed=1, **many), row("b", seed=2, **many), row("c", "two", seed=1, **dict.fromkeys(many, 1))]
    assert varied(found) == ["seed"]
    assert varied(found[:1]) == []


def test_the_best_is_marked_per_data_set_where_a_direction_is_better() -> None:
    found = [row("a", nll=4.0), row("b", nll=3.9), row("c", nll=1.0, data="other"), row("d")]
    assert best(found) == {("b", "nll")}
    assert best([row("a", nll=4.0), row("b", nll=4.0)]) == set()
