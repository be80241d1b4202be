import io
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from promptgan.data.archives import BrokenArchive, MissingMember, MissingProgram, UnsafeArchive, extract


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: dict[str, bytes | str]) -> Path:
    """A gzipped tar; a member given as text is a symbolic link to it."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def debian(folder: Path, members: dict[str, bytes]) -> Path:
    root = folder / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        "Package: verses\nVersion: 1.0\nArchitecture: all\nMaintainer: none <none@example.org>\nDescription: verses\n"
    )
    for name, content in members.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    package = folder / "verses_1.0_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", root, package], check=True, capture_output=True)
    return package


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("make", [zipped, tarred])
def test_only_named_members_come_out_flat_and_unchanged(make, tmp_path, out):
    package = make(
        tmp_path / "p", {"p/data/a.json": b"A", "p/data/b.json": b"B", "p/c.json": b"C", "p/data/x/d.json": b"D"}
    )
    files = extract(package, ("p/data/*.json",), out)
    assert {file.relative_to(out).as_posix(): file.read_bytes() for file in files} == {"a.json": b"A", "b.json": b"B"}
    assert sorted(out.iterdir()) == files


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_a_debian_package_is_read_without_being_installed(tmp_path, out):
    package = debian(tmp_path, {"usr/share/verses/one": b"1", "usr/share/verses/two": b"2"})
    assert [file.name for file in extract(package, ("usr/share/verses/one",), out)] == ["one"]


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_a_damaged_debian_package_is_refused(tmp_path, out):
    package = debian(tmp_path, {"usr/share/verses/one": b"1" * 9999})
    package.write_bytes(package.read_bytes()[:400])
    with pytest.raises(BrokenArchive):
        extract(package, ("usr/share/verses/one",), out)


def test_a_debian_package_without_dpkg_says_so(tmp_path, out, monkeypatch):
    monkeypatch.setenv("PATH", "")
    (tmp_path / "p.deb").write_bytes(b"!<arch>\n")
    with pytest.raises(MissingProgram, match="dpkg-deb"):
        extract(tmp_path / "p.deb", ("a",), out)


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize(
    "name", ["../evil.json", "p/../../evil.json", "/etc/evil.json", "..\\evil.json", "C:/evil.json"]
)
def test_a_name_that_leads_outside_refuses_the_archive(make, name, tmp_path, out):
    package = make(tmp_path / "p", {"p/a.json": b"A", name: b"E"})
    with pytest.raises(UnsafeArchive, match="outside"):
        extract(package, ("p/a.json",), out)
    assert not list(tmp_path.rglob("evil.json"))


def test_a_link_in_the_place_of_a_wanted_file_is_refused(tmp_path, out):
    package = tarred(tmp_path / "p", {"p/a.json": "/etc/passwd"})
    with pytest.raises(UnsafeArchive, match="regular file"):
        extract(package, ("p/a.json",), out)


def test_a_link_in_a_zip_is_refused(tmp_path, out):
    link = zipfile.ZipInfo("a.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "p", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnsafeArchive, match="regular file"):
        extract(tmp_path / "p", ("a.json",), out)


def test_links_among_members_that_nobody_wants_are_no_matter(tmp_path, out):
    package = tarred(tmp_path / "p", {"p/a.json": b"A", "p/link": "a.json"})
    assert extract(package, ("p/a.json",), out)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_bomb_is_stopped_by_the_bytes_that_come_out(make, tmp_path, out):
    package = make(tmp_path / "p", {"a.json": bytes(3_000_000)})
    assert package.stat().st_size < 10_000
    with pytest.raises(UnsafeArchive, match="caps"):
        extract(package, ("a.json",), out, max_member_bytes=1_000_000)


def test_many_small_members_are_stopped_by_the_total(tmp_path, out):
    package = zipped(tmp_path / "p", {f"{i}.json": bytes(1000) for i in range(10)})
    with pytest.raises(UnsafeArchive, match="caps"):
        extract(package, ("*.json",), out, max_total_bytes=5000)


def test_a_zip_whose_header_understates_a_member_is_not_believed(tmp_path, out):
    package = zipped(tmp_path / "p", {"a.json": bytes(3_000_000)})
    content = package.read_bytes().replace((3_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    package.write_bytes(content)
    with pytest.raises((BrokenArchive, UnsafeArchive)):
        extract(package, ("a.json",), out, max_member_bytes=1_000_000)


def test_two_members_of_one_name_are_refused(tmp_path, out):
    package = zipped(tmp_path / "p", {"x/a.json": b"1", "y/a.json": b"2"})
    with pytest.raises(UnsafeArchive, match=r"two members are called 'a\.json'"):
        extract(package, ("*/a.json",), out)


def test_a_missing_member_is_named(tmp_path, out):
    with pytest.raises(MissingMember, match=r"b\.json"):
        extract(zipped(tmp_path / "p", {"a.json": b"A"}), ("a.json", "b.json"), out)


def test_a_missing_member_is_shown_with_the_package_and_the_nearest_members(tmp_path, out):
    members = {f"package/src/part{i}.js": b"" for i in range(300)}
    package = zipped(tmp_path / "p", {**members, "package/data/jokes.json": b"", "package/joke.json": b""})
    with pytest.raises(MissingMember) as caught:
        extract(package, ("package/jokes.json",), out, title="npm jokes@1.0")
    first, *others = caught.value.problem.splitlines()
    assert first == "npm jokes@1.0: no member matches 'package/jokes.json'; the nearest of its 302 member(s):"
    assert others[:2] == ["  'package/data/jokes.json'", "  'package/joke.json'"]
    assert len(others) == 5


@pytest.mark.parametrize(
    ("members", "words"), [({"a.json": b"A"}, r"p: .*; its 1 member\(s\):\n  'a\.json'$"), ({}, "it holds no file$")]
)
def test_a_small_archive_without_the_member_is_listed_whole(members, words, tmp_path, out):
    with pytest.raises(MissingMember) as caught:
        extract(zipped(tmp_path / "p", members), ("*.txt",), out)
    assert re.search(words, caught.value.problem)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nonsense", b"hello", b"\x1f\x8b\x08nonsense"])
def test_what_is_no_archive_is_refused(content, tmp_path, out):
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(BrokenArchive):
        extract(tmp_path / "p", ("a.json",), out)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_a_truncated_archive_is_refused(make, tmp_path, out):
    package = make(tmp_path / "p", {"a.json": bytes(range(256)) * 400})
    package.write_bytes(package.read_bytes()[: package.stat().st_size // 2])
    with pytest.raises(BrokenArchive):
        extract(package, ("a.json",), out)


@pytest.mark.parametrize("make", [zipped, tarred])
def test_members_of_an_archive_within_an_archive_come_out_beside_those_of_the_outer_one(make, tmp_path, out):
    inner = make(tmp_path / "inner", {"d/a.json": b"A", "d/b.txt": b"B"}).read_bytes()
    package = make(tmp_path / "p", {"p/inner.gz": inner, "p/c.json": b"C"})
    files = extract(package, ("p/*.gz!/d/*.json", "p/c.json"), out)
    assert {file.name: file.read_bytes() for file in files} == {"a.json": b"A", "c.json": b"C"}
    assert sorted(out.iterdir()) == files


@pytest.mark.parametrize(
    ("members", "pattern", "error"),
    [
        ({"../a.json": b"E"}, "i!/a.json", UnsafeArchive),
        ({"a.json": bytes(3_000_000)}, "i!/a.json", UnsafeArchive),
        ({"c.json": b"2"}, "i!/*.json", UnsafeArchive),
        ({"a.json": b"A"}, "i!/b.json", MissingMember),
    ],
)
def test_an_archive_within_an_archive_is_held_to_the_same_rules(members, pattern, error, tmp_path, out):
    package = tarred(tmp_path / "p", {"i": zipped(tmp_path / "i", members).read_bytes(), "c.json": b"1"})
    with pytest.raises(error, match="p!/i"):
        extract(package, ("c.json", pattern), out, max_member_bytes=1_000_000)
