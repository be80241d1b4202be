"""`promptgan serve`: models over HTTP, with a page to talk to them."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from promptgan.lineage.tools import tool
from promptgan.serving.log import LOG
from promptgan.terms.systems import ADVERSARIAL, TWIN

LIBRARIES = ("fastapi", "uvicorn", "uvloop", "httptools", "prometheus_client")
"""Without which nothing is served."""
SERVED = {each.name: Path("models", str(each.folder)) for each in (ADVERSARIAL, TWIN)}
"""Where no model is named: those of these that are there, named as everywhere, for the page to set side by side."""


def serve(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=FOLDER, a model folder or a release; give it several times for several.",
            show_default="adversarial=models/adversarial and twin=models/pretrained",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    public_key: Annotated[
        Path | None, typer.Option(help="Key of whoever released the releases, had by another way than they.")
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="File of API keys, without one of which nobody is answered.")
    ] = None,
    new_key: Annotated[str | None, typer.Option(help="Make a key of this name in --keys, print it, and end.")] = None,
    rate: Annotated[float, typer.Option(min=0, help="Requests a minute of each key or address; 0 is no limit.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes, each with all models.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of torch in each.")] = 1,
    batch: Annotated[int, typer.Option(min=1, help="Answers made together, at most.")] = 32,
    queue: Annotated[int, typer.Option(min=1, help="Answers that may wait; more are refused with 429.")] = 256,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds until a request is given up.")] = 30,
    moderation: Annotated[
        str, typer.Option(help="Refuse prompts and answers: by a list of words (words), or a classifier (profanity).")
    ] = "none",
    words: Annotated[
        Path | None,
        typer.Option(help="With --moderation words: a phrase a line.", show_default="LDNOOBW's English list"),
    ] = None,
    shadow: Annotated[
        str | None, typer.Option(help="NAME=FOLDER of a model that answers some requests unseen.")
    ] = None,
    shadow_share: Annotated[float, typer.Option(min=0, max=1, help="Of the requests to the first model.")] = 0.1,
    log: Annotated[Path, typer.Option(help="Where requests and feedback are kept.")] = LOG,
    log_texts: Annotated[
        bool, typer.Option("--log-texts", help="Keep prompts and answers too, contact details masked.")
    ] = False,
    origin: Annotated[
        list[str] | None, typer.Option(help="A site whose pages may ask (CORS), such as https://example.org.")
    ] = None,
    device: Annotated[Literal["cpu", "cuda"], typer.Option(help="Where models draw.")] = "cpu",
    support: Annotated[
        Path | None, typer.Option(help="An index of `promptgan support build`: adds the route /v1/support.")
    ] = None,
    recommend: Annotated[
        Path | None, typer.Option(help="What `promptgan recommend build` writes: adds the route /v1/recommend.")
    ] = None,
) -> None:
    """Serve models over HTTP, with a page to talk to them.

    A model folder is loaded again when it changes, or at SIGHUP; requests under way are finished by the old one. A
    release is checked before it answers. Needs the libraries of `make serve`.

    \b
    promptgan serve
    promptgan serve --model chat=models/adversarial --model twin=models/pretrained --port 8080
    promptgan serve --model release --public-key release.pem.pub
    promptgan serve --support models/support --recommend models/recommend
    promptgan serve --keys keys.txt --new-key alice
    """
    if new_key is not None:
        if keys is None:
            raise typer.BadParameter("--new-key is added to the file of --keys")
        from promptgan.serving.keys import new_key as made

        print(made(keys, new_key))
        return
    from promptgan.core.choices import choices
    from promptgan.core.errors import nearest

    known = choices("promptgan.serving.moderation")
    if moderation not in known:
        raise typer.BadParameter(
            f"no moderation {moderation}{nearest(moderation, known)}; name one of {', '.join(known)}"
        )
    if words and moderation != "words":
        raise typer.BadParameter("--words refuses nothing without --moderation words")
    for library in LIBRARIES:
        tool(library, "serve")
    from promptgan.serving.places import Place
    from promptgan.serving.pool import Limits
    from promptgan.serving.run import Options, run, set_up_messages

    alone = [] if recommend else [str(SERVED[ADVERSARIAL.name])]  # a recommender needs no other model
    served = model or _served() or alone
    places = tuple(Place.parse(each) for each in served)
    applications = {"support": support, "recommend": recommend}
    places = (*places, *(Place(name, folder) for name, folder in applications.items() if folder))
    set_up_messages()
    run(
        Options(
            places=places,
            log=log,
            host=host,
            port=port,
            limits=Limits(workers, threads, batch, queue, timeout),
            device=device,
            public_key=public_key,
            keys=keys,
            rate=rate,
            moderation=moderation,
            words=words,
            shadow=Place.parse(shadow) if shadow else None,
            share=shadow_share,
            log_texts=log_texts,
            origins=tuple(origin or ()),
        )
    )


def _served() -> list[str]:
    """The folders that are served where none is named."""
    import json

    from promptgan.serving.places import INDEX

    def unused(index: Path) -> bool:
        try:
            return bool(json.loads(index.read_bytes()).get("kind") == "none")
        except (ValueError, AttributeError):
            return False  # whoever loads it says what is wrong with it

    held = {name: path for name, folder in SERVED.items() if (path := folder / INDEX).is_file()}
    return [f"{name}={path.parent}" for name, path in held.items() if not unused(path)]
