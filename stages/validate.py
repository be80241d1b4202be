"""Turn raw files into canonical records: good rows by split, bad rows in quarantine, bad tables refused."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

import warnings
from typing import Annotated, Any

import typer

from promptgan.core.choices import choose
from promptgan.core.corpus import Corpus
from promptgan.core.errors import clean_errors
from promptgan.core.parameters import PARAMS_FILE, ParameterError, StageParameters, validate_section

warnings.filterwarnings("ignore", 'Field name "validate"')  # the section's name is also an old method of pydantic's


class Validate(StageParameters):
    """What this stage reads of params.yaml."""

    task: str
    data: dict[str, Any]
    corpus: dict[str, Any]
    validate: dict[str, Any]  # type: ignore[assignment]


def main(
    params: Annotated[
        Path, typer.Option(help="The parameter file; `task`, `data`, `corpus` and `validate` are read.")
    ] = PARAMS_FILE,
    raw: Annotated[Path, typer.Option(help="What the stage download wrote.")] = Path("data/raw"),
    raw_corpus: Annotated[Path, typer.Option(help="The corpus, where the recipe has one.")] = Path("data/corpus"),
    out: Annotated[Path, typer.Option(help="Folder to write; an old one is replaced.")] = Path("data/validated"),
    metrics: Annotated[Path, typer.Option(help="Summary to write.")] = Path("metrics/validation.json"),
    datadocs: Annotated[
        Path | None, typer.Option(help="Folder for Great Expectations' own Data Docs, which are not byte-stable.")
    ] = None,
) -> None:
    """Parse the raw files, normalise the records, and check them with Great Expectations.

    A bad row goes to quarantine.parquet with the rule that it breaks and the reason. A bad table (too few rows, too
    many in quarantine, a column missing, a leak between splits ...) stops the stage with the name of the expectation,
    and nothing is written. Records listed in data/excluded.csv are left out before anything else. The split of a record
    is a hash of its group, a conversation for instance, and nothing else.

    Texts of a corpus are held to the rules of rows, and lose what is near a text of val, test or judge.

    Writes train, val, test, judge and quarantine .parquet, corpus.parquet where the recipe has a corpus, run.json, and
    a summary; beside them go the raw files that the data set says its records need.

    Example: python stages/validate.py --out /tmp/validated --metrics /tmp/validation.json
    """
    with clean_errors():
        sections = Validate.read(params)
        chosen = choose("promptgan.data.sets", sections.data.get("name"), "data.name")
        parameters = validate_section(chosen.Parameters, sections.data, "data", params)
        corpus = validate_section(Corpus, sections.corpus, "corpus", params)
        chosen_corpus = choose("promptgan.data.sets", corpus.name, "corpus.name")
        for key, each in {"data": chosen, **({"corpus": chosen_corpus} if corpus.name != "none" else {})}.items():
            if sections.task != each.TASK:
                name = getattr(sections, key)["name"]
                raise ParameterError([f"{key}.name: {name} is for {each.TASK}, but task is {sections.task}"], params)
        schema = choose("promptgan.tasks", sections.task, "task", "records.parameters").Parameters
        rules = validate_section(schema, sections.validate, "validate", params)

        from promptgan.quality import exclusions, output

        task = choose("promptgan.tasks", sections.task, "task", "records.records")
        ids = exclusions.excluded(sections.data["name"])
        records = chosen.records(raw, parameters)
        wanted = exclusions.without(records, ids)
        with output.data_docs(datadocs) as context:
            validated = task.validate(wanted, rules, context)
        validated.summary["rows"]["excluded"] = len(records) - len(wanted)
        if corpus.name != "none":
            texts = choose("promptgan.tasks", sections.task, "task", "records.corpus")
            records = chosen_corpus.records(raw_corpus, chosen_corpus.Parameters(name=corpus.name))
            wanted = exclusions.without(records, exclusions.excluded(corpus.name))
            validated = texts.with_corpus(validated, wanted, rules)
        beside = [raw / name for name in getattr(chosen, "BESIDE", ())]
        output.write(validated, [raw, raw_corpus], out, metrics, sections, beside)
        output.show(validated.summary)


if __name__ == "__main__":
    typer.run(main)
