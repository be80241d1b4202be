"""What the stages wrote, on disk and in DVC's cache, against dvc.lock."""

from collections.abc import Iterator

from promptgan.lineage import cache, hashes, lock
from promptgan.lineage.checks.causes import described
from promptgan.lineage.evidence import Evidence
from promptgan.terms.audit import Found


def on_disk(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """Every file of every output has the bytes that it had when its stage ran, and no file was added."""
    for out in stage.outputs:
        where = f"dvc.lock (stage {stage.name})"
        restore = f"{'git' if out.path in evidence.lock.in_git else 'dvc'} checkout {out.path}"
        remedy = f"`{restore}` restores it; where that does not, `dvc repro {stage.name}` makes it anew"
        tree, here = evidence.tree(out.path), evidence.file(out.path)
        if not tree or not here:
            yield Found(f"{out.path} -> {where}", f"md5 {out.md5}", "it is missing", remedy)
        elif here != out:
            then = cache.listing(out.md5) or {}
            now = {name: file.md5 for name, file in tree.files.items()}
            changed = [name for name in sorted(then.keys() | now.keys()) if then and then.get(name) != now.get(name)]
            for name in changed:
                expected, found = (f"md5 {files[name]}" if name in files else "no such file" for files in (then, now))
                yield Found(f"{out.path}/{name} -> {where}", expected, found, remedy)
            if not changed:
                yield Found(f"{out.path} -> {where}", described(out), described(here), remedy)


def in_cache(evidence: Evidence, stage: lock.Stage) -> Iterator[Found]:
    """Every object of the cache that dvc.lock leads to has the content it is named after; none is lost for good."""
    for out in stage.outputs:
        objects = {out.md5: out.path} | {md5: path for path, md5 in cache.members(out).items()}
        for md5, path in objects.items():
            place = cache.place(cache.folder(), md5)
            if place.is_file():
                if (found := hashes.md5_of(place)) != md5.removesuffix(".dir"):
                    yield Found(
                        f"cache {md5[:2]}/{md5[2:]} -> its own name ({path})",
                        f"md5 {md5}",
                        f"md5 {found}",
                        f"delete that file of the cache; then `dvc commit {out.path}` after {path} itself was verified,"
                        " or `dvc fetch`",
                    )
            elif evidence.tree(out.path) is None and out.path not in evidence.lock.in_git:
                yield Found(
                    f"cache {md5[:2]}/{md5[2:]} -> dvc.lock (stage {stage.name})",
                    f"the content of {path}",
                    "it is neither in the cache nor on disk",
                    f"`dvc fetch`, where a remote has it; else `dvc repro {stage.name}`",
                )


def not_in_cache(evidence: Evidence) -> list[str]:
    """Outputs that DVC keeps, and of which the cache lacks the listing or a file."""
    kept = [out for _, out in evidence.lock.outputs() if out.path not in evidence.lock.in_git]
    return [out.path for out in kept if not cache.holds(out)]
