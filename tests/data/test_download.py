import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from promptgan.data import download as module
from promptgan.data.archives import MissingMember
from promptgan.data.download import NoSourceDelivered, OwnDataMissing, WrongContent, WrongHash, download
from promptgan.data.sources import Deb, Joined, Licence, Local, Npm, Package, PyPI, Upstream, Url, content_sha256

from .conftest import Answer


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def upstream(*sources: Package, files: dict[str, bytes]) -> Upstream:
    content = content_sha256({name: digest(body) for name, body in files.items()})
    return Upstream("verses", Licence("CC0", "sure"), sources, content)


def archive(content: bytes = b"verse") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(zipfile.ZipInfo("pkg/verses.txt"), content)
    return buffer.getvalue()


FILES = {"verses.txt": b"verse"}


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(module, "BACK_OFF_SECONDS", 0.001)


@pytest.fixture
def get(tmp_path):
    def run(what: Upstream) -> dict:
        return download(what, tmp_path / "raw", cache=tmp_path / "cache", roots=[tmp_path])

    return run


def test_writes_the_members_and_where_they_came_from(server, get, tmp_path):
    body = archive()
    source = Url(digest(body), server.serve("/v.zip", Answer(body=body)), members=("pkg/verses.txt",))
    get(upstream(source, files=FILES))
    assert (tmp_path / "raw/verses.txt").read_bytes() == b"verse"
    assert json.loads((tmp_path / "raw/provenance.json").read_text()) == {
        "title": "verses",
        "licence": {"name": "CC0", "certainty": "sure", "note": ""},
        "source": {"kind": "url", "url": source.url, "sha256": digest(body)},
        "content_sha256": content_sha256({"verses.txt": digest(b"verse")}),
        "files": {"verses.txt": digest(b"verse")},
    }


def test_a_plain_file_needs_no_archive(server, get, tmp_path):
    source = Url(digest(b"verse"), server.serve("/verses.txt", Answer(body=b"verse")))
    get(upstream(source, files=FILES))
    assert (tmp_path / "raw/verses.txt").read_bytes() == b"verse"


def test_an_old_folder_is_replaced_whole(server, get, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/old.txt").write_text("old")
    source = Url(digest(b"verse"), server.serve("/verses.txt", Answer(body=b"verse")))
    get(upstream(source, files=FILES))
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["provenance.json", "verses.txt"]
    assert not (tmp_path / "raw.partial").exists()


@pytest.mark.parametrize(
    "first",
    [Answer(503), Answer(429), Answer(body=b"ver", length=5)],
    ids=["unavailable", "too many requests", "truncated body"],
)
def test_a_passing_failure_is_tried_again(first, server, get):
    source = Url(digest(b"verse"), server.serve("/verses.txt", first, first, Answer(body=b"verse")))
    get(upstream(source, files=FILES))
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "reason", "requests"),
    [
        (Answer(404), "HTTP 404", 1),
        (Answer(503), "HTTP 503 .* attempts", module.ATTEMPTS),
        (Answer(body=b"ver", length=5), "cut off after 3 of 5", module.ATTEMPTS),
        (Answer(body=b"worse"), "wrong sha256", 1),
        (Answer(body=b"verse" * 100), "offers 500 bytes", 1),
        (Answer(body=b"verse" * 100, chunks=True), "more than the 99 bytes", 1),
    ],
    ids=["not found", "unavailable", "truncated", "wrong hash", "oversized", "oversized without a length"],
)
def test_a_lasting_failure_is_named_and_leaves_nothing(answer, reason, requests, server, get, tmp_path):
    source = Url(digest(b"verse"), server.serve("/verses.txt", answer), max_bytes=99)
    with pytest.raises(NoSourceDelivered, match=reason):
        get(upstream(source, files=FILES))
    assert len(server.requests) == requests
    assert not (tmp_path / "raw").exists()
    assert not list((tmp_path / "cache").iterdir())


def test_the_next_source_serves_where_the_first_cannot(server, get):
    bad = Url(digest(b"verse"), server.serve("/gone", Answer(404)))
    good = Url(digest(b"verse"), server.serve("/verses.txt", Answer(body=b"verse")))
    assert get(upstream(bad, good, files=FILES))["source"]["url"] == good.url


def test_where_none_delivers_the_error_says_what_was_tried_and_what_to_do(server, get, tmp_path):
    sources = (
        Npm("0" * 64, "no-such-package-of-promptgan", "1.0.0", members=("a",)),
        Url("1" * 64, server.serve("/gone", Answer(404))),
        Url("2" * 64, "file:///etc/hostname"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        with pytest.raises(NoSourceDelivered) as caught:
            get(upstream(*sources, files=FILES))
    assert "npm no-such-package-of-promptgan@1.0.0: npm no-such-package-of-promptgan@1.0.0 needs the program npm" in (
        caught.value.problem
    )
    assert "/gone: HTTP 404" in caught.value.problem
    assert "not an HTTP or HTTPS address" in caught.value.problem
    assert str(tmp_path / "cache" / ("1" * 64)) in caught.value.remedy


def test_the_second_run_asks_nobody(server, get):
    what = upstream(Url(digest(b"verse"), server.serve("/verses.txt", Answer(body=b"verse"))), files=FILES)
    first = get(what)
    server.requests.clear()
    assert get(what) == first
    assert server.requests == []


def test_any_cached_source_is_taken_before_the_network(server, get, tmp_path):
    first = Url("0" * 64, server.serve("/first", Answer(503)))
    second = Url(digest(b"verse"), server.serve("/verses.txt", Answer(503)))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / second.sha256).write_bytes(b"verse")
    get(upstream(first, second, files=FILES))
    assert server.requests == []


def test_packages_are_joined_and_what_they_call_alike_is_told_apart(server, get, tmp_path):
    bodies = {"old": archive(b"old verse"), "new": archive(b"new verse")}
    parts = {
        name: Url(digest(body), server.serve(f"/{name}.zip", Answer(body=body)), members=("pkg/*.txt",))
        for name, body in bodies.items()
    }
    files = {"old-verses.txt": b"old verse", "new-verses.txt": b"new verse"}
    pinned = content_sha256({name: digest(body) for name, body in files.items()})
    provenance = get(upstream(Joined(pinned, tuple(parts.items())), files=files))
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").glob("*.txt")} == files
    assert provenance["source"] == {
        "kind": "joined",
        "sha256": pinned,
        **{name: f"url {part.url}, sha256 {part.sha256}" for name, part in parts.items()},
    }
    shutil.rmtree(tmp_path / "raw")
    get(upstream(Joined(pinned, tuple(parts.items())), files=files))
    assert server.requests == ["/old.zip", "/new.zip"], "kept packages are taken again"


def test_a_damaged_cache_entry_is_fetched_again(server, get, tmp_path):
    source = Url(digest(b"verse"), server.serve("/verses.txt", Answer(body=b"verse")))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / source.sha256).write_bytes(b"wrong")
    get(upstream(source, files=FILES))
    assert (tmp_path / "cache" / source.sha256).read_bytes() == b"verse"


def test_sources_must_agree_on_the_members(server, get, tmp_path):
    body = archive(b"another verse")
    source = Url(digest(body), server.serve("/v.zip", Answer(body=body)), members=("pkg/verses.txt",))
    with pytest.raises(WrongContent, match="content_sha256"):
        get(upstream(source, files=FILES))
    assert not (tmp_path / "raw").exists()
    assert not (tmp_path / "raw.partial").exists()


def test_a_missing_member_leaves_the_old_folder(server, get, tmp_path):
    (tmp_path / "raw").mkdir()
    body = archive()
    source = Url(digest(body), server.serve("/v.zip", Answer(body=body)), members=("pkg/other.txt",))
    with pytest.raises(MissingMember, match=r"^url http://.*/v\.zip \(.*\): no member matches 'pkg/other\.txt'"):
        get(upstream(source, files=FILES))
    assert (tmp_path / "raw").is_dir()


def test_own_data_is_found_in_any_of_the_stores(tmp_path):
    source = Local(digest(b"verse"), "verses.txt")
    stored = tmp_path / "main/data/own" / source.sha256 / "verses.txt"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"verse")
    what = upstream(source, files=FILES)
    roots = [tmp_path / "copy", tmp_path / "main"]
    assert download(what, tmp_path / "raw", cache=tmp_path / "cache", roots=roots)["source"]["kind"] == "local"
    stored.write_bytes(b"worse")
    with pytest.raises(WrongHash):
        download(what, tmp_path / "raw", cache=tmp_path / "cache", roots=roots)


def test_own_data_that_is_nowhere_says_how_to_get_it(get):
    with pytest.raises(OwnDataMissing) as caught:
        get(upstream(Local("0" * 64, "verses.txt"), files=FILES))
    assert f"dvc pull data/own/{'0' * 64}/verses.txt.dvc" in caught.value.remedy
    assert "promptgan use RECIPE --path" in caught.value.remedy


def wheel(folder: Path) -> Path:
    path = folder / "promptgan_verses-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pkg/verses.txt", b"verse")
        file.writestr(
            "promptgan_verses-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: promptgan-verses\nVersion: 1.0\n"
        )
        file.writestr("promptgan_verses-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr("promptgan_verses-1.0.dist-info/RECORD", "")
    return path


@pytest.fixture
def pip_index(tmp_path, monkeypatch):
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pip_fetches_a_wheel(pip_index, get):
    sha256 = digest(wheel(pip_index).read_bytes())
    source = PyPI(sha256, "promptgan-verses", "1.0", members=("pkg/verses.txt",))
    found = get(upstream(source, files=FILES))["source"]
    assert found == {"kind": "pypi", "name": "promptgan-verses", "version": "1.0", "sha256": sha256}


def test_pip_refuses_a_wheel_with_another_hash(pip_index, get):
    wheel(pip_index)
    source = PyPI("0" * 64, "promptgan-verses", "1.0", members=("pkg/verses.txt",))
    with pytest.raises(NoSourceDelivered, match="DO NOT MATCH THE HASHES"):
        get(upstream(source, files=FILES))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_fetches_a_package(server, get, tmp_path, monkeypatch):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as file:
        for name, content in {
            "package/package.json": b'{"name":"verses","version":"1.0.0"}',
            "package/verses.txt": b"verse",
        }.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    body = buffer.getvalue()
    tarball = server.serve("/verses/-/verses-1.0.0.tgz", Answer(body=body))
    dist = {"tarball": tarball, "shasum": hashlib.sha1(body).hexdigest()}
    version = {"name": "verses", "version": "1.0.0", "dist": dist}
    listing = {"name": "verses", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    server.serve("/verses", Answer(body=json.dumps(listing).encode()))
    monkeypatch.setenv("npm_config_registry", server.url)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_userconfig", "/dev/null")
    get(upstream(Npm(digest(body), "verses", "1.0.0", members=("package/verses.txt",)), files=FILES))
    assert (tmp_path / "raw/verses.txt").read_bytes() == b"verse"


@pytest.mark.skipif(not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="apt and dpkg are not installed")
def test_apt_fetches_a_package(get, tmp_path, monkeypatch):
    from .test_archives import debian

    repository = tmp_path / "repository"
    repository.mkdir()
    package = debian(repository, {"usr/share/verses/verses.txt": b"verse"})
    body = package.read_bytes()
    (repository / "Packages").write_text(
        f"Package: verses\nVersion: 1.0\nArchitecture: all\nFilename: ./{package.name}\nSize: {len(body)}\n"
        f"SHA256: {digest(body)}\n"
    )
    for folder in ("state/lists/partial", "cache/archives/partial", "etc"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").touch()
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::State "{tmp_path}/state"; Dir::State::status "{tmp_path}/status"; Dir::Cache "{tmp_path}/cache";'
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list"; Dir::Etc::sourceparts "/dev/null"; APT::Sandbox::User "root";'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    subprocess.run(["apt-get", "update", "-q"], check=True, capture_output=True)
    get(upstream(Deb(digest(body), "verses", "1.0", members=("usr/share/verses/verses.txt",)), files=FILES))
    assert (tmp_path / "raw/verses.txt").read_bytes() == b"verse"
