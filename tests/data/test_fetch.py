"""Fetching, against a server on this machine that drops, refuses, ignores and changes its mind as servers do."""

import hashlib
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.cli.main import main
from colorlab.data import fetch
from colorlab.data.packing import pack

POCKET = DATA / "pocket"
PAGE = b"<html>please log in</html>"


@pytest.fixture
def web(server, tmp_path):
    """The server with pocket.zip and tool.tar.gz."""
    for name, folder, form in (("pocket.zip", POCKET, "zip"), ("tool.tar.gz", POCKET / "tool", "gztar")):
        archive = shutil.make_archive(tmp_path / "web" / name.split(".")[0], form, folder)
        server.files[f"/sets/{name}"] = Path(archive).read_bytes()
    return server


def left_over(folder):
    """Names of the files below a folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def received(web, file):
    return file.read_bytes() == web.files[f"/sets/{file.name}"]


def test_an_archive_becomes_a_data_set_and_is_not_downloaded_twice(web, tmp_path, capsys):
    header = fetch.fetch(f"{web.address}/pocket.zip")
    digest = hashlib.sha256(web.files["/sets/pocket.zip"]).hexdigest()
    assert digest in capsys.readouterr().out
    assert header["digest"] == pack([POCKET], tmp_path / "direct")["digest"]
    assert (tmp_path / "packed" / "pocket" / "images.npy").is_file()
    again = fetch.fetch(f"{web.address}/pocket.zip", tmp_path / "elsewhere", digest.upper())
    assert again["digest"] == header["digest"] and again["name"] == "elsewhere"
    assert len(web.requests) == 1
    assert left_over(tmp_path / "downloads") == ["pocket.zip"]


VERSIONS = ['"strong"', "Sat, 01 Oct 2016 00:00:00 GMT", 'W/"weak"', None]


@pytest.mark.parametrize("version", VERSIONS)
def test_after_a_dropped_connection_it_resumes(web, version):
    web.version, web.drop_after = version, [fetch.CHUNK + 100, 2 * fetch.CHUNK]
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    resumed_at = [int(span[6:-1]) for _, span, _ in web.requests[1:]]
    assert 0 < resumed_at[0] < resumed_at[1]
    named = version if version and not version.startswith("W/") else None
    assert [condition for _, _, condition in web.requests] == [None, named, named]


def test_the_next_call_resumes_where_the_last_one_failed(web, tmp_path):
    web.drop_after = [2 * fetch.CHUNK] + (fetch.ATTEMPTS - 1) * [0]
    with pytest.raises(BadInput, match="no connection .* the download resumes"):
        fetch.download(f"{web.address}/pocket.zip")
    assert left_over(tmp_path / "downloads") == ["pocket.zip.part", "pocket.zip.part-version"]
    web.requests.clear()
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    assert web.requests == [("/sets/pocket.zip", f"bytes={2 * fetch.CHUNK}-", web.version)]
    assert left_over(tmp_path / "downloads") == ["pocket.zip"]


@pytest.mark.parametrize("note", [b"a\nb", b"\xff\x00", b" "])
def test_a_damaged_note_of_the_version_starts_over(web, note):
    web.drop_after = [fetch.CHUNK] + [0] * fetch.ATTEMPTS
    with pytest.raises(BadInput, match="the download resumes"):
        fetch.download(f"{web.address}/pocket.zip")
    (version,) = fetch.DOWNLOADS.rglob("*-version")
    version.write_bytes(note)
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    assert web.requests[-1][1:] == (None, None)


def test_it_does_not_give_up_while_bytes_arrive(web):
    web.drop_after = 2 * fetch.ATTEMPTS * [fetch.CHUNK]
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    assert len(web.requests) == 2 * fetch.ATTEMPTS + 1


def test_a_file_that_changed_meanwhile_starts_over(web):
    web.drop_after = [2 * fetch.CHUNK] + (fetch.ATTEMPTS - 1) * [0]
    with pytest.raises(BadInput):
        fetch.download(f"{web.address}/pocket.zip")
    web.files["/sets/pocket.zip"], web.version = web.files["/sets/pocket.zip"][::-1], '"two"'
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))


def test_a_server_that_ignores_ranges_starts_over(web):
    web.knows_ranges, web.drop_after = False, [2 * fetch.CHUNK]
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    assert [span is not None for _, span, _ in web.requests] == [False, True]


@pytest.mark.parametrize("extra", [b"", b"more than there is"])
def test_a_part_that_is_complete_or_longer(web, tmp_path, extra):
    file = fetch.download(f"{web.address}/pocket.zip")
    file.rename(file.with_name("pocket.zip.part"))
    with file.with_name("pocket.zip.part").open("ab") as part:
        part.write(extra)
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))
    spans = [span for _, span, _ in web.requests[1:]]
    assert spans == ([f"bytes={len(web.files['/sets/pocket.zip'])}-"] if not extra else [spans[0], None])


def test_files_of_the_same_name_do_not_meet(web):
    web.files["/others/pocket.zip"] = b"another"
    ours, other = (fetch.download(web.address.replace("sets", place) + "/pocket.zip") for place in ("sets", "others"))
    assert received(web, ours) and other.read_bytes() == b"another"


def test_not_there(web, tmp_path):
    with pytest.raises(BadInput, match="nothing.zip: the server answers 404"):
        fetch.fetch(f"{web.address}/nothing.zip")
    assert left_over(tmp_path) == left_over(tmp_path / "web")


def test_no_network(tmp_path, web):
    with pytest.raises(BadInput, match="http://127.0.0.1:9/x.zip: no connection .ConnectionError."):
        fetch.fetch("http://127.0.0.1:9/x.zip")


def test_the_wrong_checksum(web, tmp_path):
    found = hashlib.sha256(web.files["/sets/tool.tar.gz"]).hexdigest()
    with pytest.raises(BadInput, match=f"expected {'0' * 64} but got {found}"):
        fetch.fetch(f"{web.address}/tool.tar.gz", sha256="0" * 64)
    assert left_over(tmp_path) == left_over(tmp_path / "web")
    assert fetch.fetch(f"{web.address}/tool.tar.gz", sha256=found)["classes"] == ["tool"]


def test_a_page_instead_of_an_archive_is_not_kept(web, tmp_path):
    web.files["/sets/page.zip"] = PAGE
    with pytest.raises(BadInput, match="is not an archive of photographs and was deleted"):
        fetch.fetch(f"{web.address}/page.zip")
    assert left_over(tmp_path / "downloads") == []


def test_a_disk_that_is_full(web, tmp_path, monkeypatch):
    def full(url, part):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "_receive", full)
        with pytest.raises(BadInput, match="cannot be written .No space left on device"):
            fetch.download(f"{web.address}/pocket.zip")
    assert received(web, fetch.download(f"{web.address}/pocket.zip"))


def test_miniplaces_comes_with_its_labels(web, tmp_path, monkeypatch):
    photo = (POCKET / "animal" / "cat.jpg").read_bytes()
    for name in ("train/a/abbey/1.jpg", "train/y/yard/1.jpg", "val/1.jpg", "test/1.jpg"):
        file = tmp_path / "official" / "images" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(photo)
    archive = shutil.make_archive(tmp_path / "web" / "data", "gztar", tmp_path / "official")
    web.files["/sets/data.tar.gz"] = Path(archive).read_bytes()
    web.files["/labels/val.txt"], web.files["/labels/categories.txt"] = b"val/1.jpg 99\n", b"/y/yard 99\n/a/abbey 0\n"
    monkeypatch.setattr(fetch, "MINIPLACES", f"{web.address}/data.tar.gz")
    monkeypatch.setattr(fetch, "MINIPLACES_LABELS", web.address.replace("sets", "labels/"))
    header = fetch.fetch()
    assert header["name"] == "miniplaces"
    assert header["counts"] == {"train": {"abbey": 1, "yard": 1}, "val": {"abbey": 0, "yard": 1}}
    assert [name for name, _ in header["skipped"]] == ["test/1.jpg"]


def test_a_local_file(web, tmp_path):
    archive = tmp_path / "web" / "pocket.zip"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert fetch.fetch(str(archive), sha256=digest)["name"] == "pocket"
    with pytest.raises(BadInput, match=f"has the SHA-256 {digest}, wanted {'0' * 64}"):
        fetch.fetch(str(archive), tmp_path / "other", sha256="0" * 64)
    with pytest.raises(BadInput, match="does not exist"):
        fetch.fetch(str(tmp_path / "nothing.zip"))
    assert web.requests == []


@pytest.mark.parametrize("sha256", ["abc", "sha256:" + "0" * 57, "g" * 64, "0" * 65])
def test_what_is_no_checksum(web, sha256):
    with pytest.raises(BadInput, match="64 hexadecimal digits"):
        fetch.fetch(f"{web.address}/tool.tar.gz", sha256=sha256)
    assert web.requests == []


def test_an_output_that_may_not_be_replaced_is_refused_before_the_download(web, tmp_path):
    (tmp_path / "web" / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="is not a packed data set"):
        fetch.fetch(f"{web.address}/tool.tar.gz", tmp_path / "web")
    assert web.requests == []


def test_the_command(web, tmp_path):
    result = CliRunner().invoke(main, ["data", "fetch", f"{web.address}/tool.tar.gz", "-o", str(tmp_path / "tools")])
    assert result.exit_code == 0, result.output
    assert "tools: 26 photographs of 128x128 pixels" in result.stdout
    result = CliRunner().invoke(main, ["data", "fetch", f"{web.address}/nothing.zip"])
    assert result.exit_code == 1 and result.stderr.startswith("Error: ") and "404" in result.stderr
