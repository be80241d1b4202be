"""What the stages wrote: on disk, in DVC's cache and as the next stage read it, against dvc.lock."""

from collections.abc import Iterator

from promptgan.lineage import cache, hashes, lock
from promptgan.lineage.checks.evidence import Broken, Evidence


def on_disk(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """Every file of every output has the bytes that it had when its stage ran, and no file was added."""
    for out in stage.outputs:
        where = f"dvc.lock (stage {stage.name})"
        remedy = (
            f"`{evidence.restore(out.path)}` restores it; where that does not, `dvc repro {stage.name}` makes it anew"
        )
        tree = evidence.tree(out.path)
        if tree is None:
            yield Broken(f"{out.path} -> {where}", f"md5 {out.md5}", "it is missing", remedy)
        elif (tree.md5, tree.size, tree.count) != (out.md5, out.size, out.files):
            then = cache.listing(out.md5) or {}
            now = {name: file.md5 for name, file in tree.files.items()}
            changed = [name for name in sorted(then.keys() | now.keys()) if then and then.get(name) != now.get(name)]
            for name in changed:
                expected, found = (f"md5 {files[name]}" if name in files else "no such file" for files in (then, now))
                yield Broken(f"{out.path}/{name} -> {where}", expected, found, remedy)
            if not changed:
                yield Broken(f"{out.path} -> {where}", _described(out), _described(tree), remedy)


def in_cache(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """Every object of the cache that dvc.lock leads to has the content it is named after; none is lost for good."""
    for out in stage.outputs:
        objects = {out.md5: out.path}
        for name, md5 in (cache.listing(out.md5) or {}).items():
            objects.setdefault(md5, f"{out.path}/{name}")
        for md5, path in objects.items():
            place = evidence.object(md5)
            if place.is_file():
                if (found := hashes.md5_of(place)) != md5.removesuffix(".dir"):
                    yield Broken(
                        f"cache {md5[:2]}/{md5[2:]} -> its own name ({path})",
                        f"md5 {md5}",
                        f"md5 {found}",
                        f"delete that file of the cache; then `dvc commit {out.path}` after {path} itself was verified,"
                        " or `dvc fetch`",
                    )
            elif evidence.tree(out.path) is None and not evidence.in_git(out.path):
                yield Broken(
                    f"cache {md5[:2]}/{md5[2:]} -> dvc.lock (stage {stage.name})",
                    f"the content of {path}",
                    "it is neither in the cache nor on disk",
                    f"`dvc fetch`, where a remote has it; else `dvc repro {stage.name}`",
                )


def not_in_cache(evidence: Evidence) -> list[str]:
    """Outputs that DVC keeps, and of which the cache lacks the listing or a file."""
    return [
        out.path
        for _, out in evidence.lock.outputs()
        if not evidence.in_git(out.path)
        and not all(evidence.object(md5).is_file() for md5 in [out.md5, *(cache.listing(out.md5) or {}).values()])
    ]


def between_stages(evidence: Evidence, stage: lock.Stage) -> Iterator[Broken]:
    """What a stage read of another one is what that one wrote."""
    for dependency in stage.dependencies:
        maker = evidence.lock.producer(dependency.path)
        made = next((out for out in maker.outputs if out.path == dependency.path), None) if maker else None
        if maker and made and made != dependency:
            yield Broken(
                f"dvc.lock {dependency.path} (read by stage {stage.name}) -> dvc.lock (stage {maker.name})",
                _described(made),
                _described(dependency),
                f"`git checkout dvc.lock && dvc checkout`, or `dvc repro {stage.name}`",
            )


def _described(thing: lock.File | hashes.Tree) -> str:
    count = thing.count if isinstance(thing, hashes.Tree) else thing.files
    files = f", {count} files" if count is not None else ""
    return f"md5 {thing.md5}, {thing.size} bytes{files}"
