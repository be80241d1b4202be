"""`promptgan recommend`: what somebody may like next, by the texts of what they liked."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import command, group

app = group("What somebody may like next, by item texts.")
FOLDER = Path("models/recommend")
MOVIELENS = "movielens"
Folder = Annotated[Path, typer.Option("--index", help="What `promptgan recommend build` writes.")]


@command(app)
def build(
    data: Annotated[
        str,
        typer.Option(
            help=f"`{MOVIELENS}`, or a table of the columns user, item, text and perhaps time: what each user liked."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Where the recommender is written.")] = FOLDER,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 1,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the data, at most.", show_default="as docs/recommend.md says")
    ] = None,
) -> None:
    """Fit a matcher of what users liked and what they liked next.

    It is fitted on one CPU thread, as the judges of texts are, without the last two items of each user; the last but
    one ends the training and says how much popularity counts. A training that was stopped goes on when it is started
    again. MovieLens 100k is downloaded under its own terms, which are printed.

    \b
    promptgan recommend build --data movielens
    promptgan recommend build --data purchases.csv
    """
    from promptgan.applications.recommendation import interactions, movielens, recommender
    from promptgan.core.store import main_repository

    if data == MOVIELENS:
        licence = movielens.UPSTREAM.licence
        print(f"{movielens.UPSTREAM.title}, {licence.name} ({licence.certainty}): {licence.note}.", flush=True)
        found = movielens.interactions(main_repository() / ".dvc/tmp/downloads")
        facts = movielens.UPSTREAM.described(movielens.UPSTREAM.sources[0])
    else:
        found, facts = interactions.read(Path(data)), {"title": Path(data).name}
    index = recommender.build(found, facts, out, seed, epochs)
    print(f"{index['users']:,} users, {index['items']:,} items")
    print(
        f"validation: nDCG@10 {index['validation']['ndcg']:.3f}, hit rate@10 {index['validation']['hit_rate']:.3f};"
        f" weight of popularity {index['prior']:g}"
    )
    print(f"{out} holds the recommender")


@command(app, anywhere=True)
def measure(
    index: Folder = FOLDER,
    seed: Annotated[int, typer.Option(min=0, help="Of the random order, and of the intervals.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Numbers and signature as JSON.")] = False,
) -> None:
    """Measure how high the item comes that each user liked last.

    Hit rate and nDCG at 10 among all items, each with a bootstrap interval over users, of the matcher with and without
    popularity, BM25, popularity alone, co-occurrence without texts, and a random order. Needs the libraries of
    requirements-serve.lock.

    \b
    promptgan recommend measure
    promptgan recommend measure --json
    """
    from promptgan.applications.recommendation import measures
    from promptgan.commands import measured

    measured.say(measures.measure(index, seed), json)


@command(app, anywhere=True)
def ask(
    index: Folder = FOLDER,
    user: Annotated[str | None, typer.Option(help="One of the data.")] = None,
    liked: Annotated[
        list[str] | None,
        typer.Option(help="What somebody liked, the latest last: an item's id, or words; several times for several."),
    ] = None,
    n: Annotated[int, typer.Option(min=1, help="Items.")] = 10,
) -> None:
    """Recommend items to a user of the data, or to somebody who liked something.

    \b
    promptgan recommend ask --user 196
    promptgan recommend ask --liked "Alien, Action Horror Sci-Fi Thriller, 1979" --liked "Blade Runner"
    """
    from promptgan.applications.recommendation import recommender
    from promptgan.commands.terminal import table, terminal
    from promptgan.terms.visible import visible

    if (user is None) == (not liked):
        raise typer.BadParameter("give either --user or --liked")
    found = recommender.load(index).recommend(user, liked or [], n)
    rows = [[visible(each.item), visible(each.text), f"{each.match:.3f}"] for each in found]
    terminal().print(table(["item", "text", "match"], rows, words=2))
