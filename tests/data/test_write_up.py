"""The write-up's pictures, taken out of PDFs that are made here: none of the published ones ships."""

from hashlib import sha256

import numpy as np
import pytest
import typst
from click.testing import CliRunner
from PIL import Image

from colorlab.base.errors import BadInput
from colorlab.cli.main import main
from colorlab.data import write_up

NAMES = list(write_up.PICTURES)
LOSSY = "forbidden_city"


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    """A folder with a picture of each name, three PNG and one JPEG, and one of another size."""
    folder, random = tmp_path_factory.mktemp("figures"), np.random.default_rng(0)
    for name in [*NAMES, "changed"]:
        pixels = random.integers(0, 256, (128, 128, 3), "uint8")
        Image.fromarray(pixels).save(folder / name, "JPEG" if name == LOSSY else "PNG")
    Image.fromarray(random.integers(0, 256, (40, 90, 3), "uint8")).save(folder / "curve", "PNG")
    return folder


@pytest.fixture
def expected(figures, monkeypatch):
    """Name -> pixels of the pictures, which are the published ones for this test."""
    pixels = {name: np.asarray(Image.open(figures / name)) for name in NAMES}
    digests = {name: None if name == LOSSY else sha256(pixels[name].tobytes()).hexdigest() for name in NAMES}
    monkeypatch.setattr(write_up, "PICTURES", digests)
    return pixels


@pytest.fixture
def pdf_of(figures, tmp_path):
    """A function that makes a PDF of some figures, two on a page."""

    def pdf_of(*names):
        kinds = [f'image("{name}", format: "{"jpg" if name == LOSSY else "png"}")' for name in names]
        source = "#set page(height: 270pt)\n" + "\n".join(f"#{kind}" for kind in kinds)
        (figures / "source.typ").write_text(source)
        file = tmp_path / "x.pdf"
        file.write_bytes(typst.compile(figures / "source.typ", root=figures, ignore_system_fonts=True, timestamp=0))
        return file

    return pdf_of


def assert_same_pixels(found, expected):
    assert set(found) == set(expected)
    for name, picture in found.items():
        np.testing.assert_array_equal(np.asarray(picture), expected[name], err_msg=name)


def refusal_of(file):
    with pytest.raises(BadInput) as refused:
        write_up.pictures_in(file)
    message = str(refused.value)
    assert message.startswith(f"{file}: ") and "\n" not in message
    return message


def test_the_pictures_are_taken_out_pixel_for_pixel(pdf_of, expected):
    """The JPEG, too: pypdf compresses it once more, which changes it."""
    assert_same_pixels(write_up.pictures_in(pdf_of("curve", *NAMES[::-1])), expected)


OTHERS = {"one is missing": NAMES[1:], "the JPEG is missing": NAMES[:3], "one has changed": ["changed", *NAMES[1:]]}
OTHERS |= {"one more": [*NAMES, "changed"], "no pictures": []}


@pytest.mark.parametrize("why", OTHERS)
def test_another_pdf_is_refused(pdf_of, expected, why):
    assert "is not the write-up as published: wanted its 4 pictures of 128x128" in refusal_of(pdf_of(*OTHERS[why]))


@pytest.mark.parametrize("content", [b"", b"<html>please log in</html>", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_is_refused(tmp_path, content):
    (tmp_path / "page.pdf").write_bytes(content)
    assert "is no PDF that can be read" in refusal_of(tmp_path / "page.pdf")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "No such file" in refusal_of(tmp_path / "nothing.pdf")


def test_a_damaged_pdf_is_refused_or_gives_the_pictures(pdf_of, expected):
    """Parts of it, some bytes of its structure changed, and a filter, a size and a colour space that are none."""
    file, random = pdf_of(*NAMES), np.random.default_rng(0)
    whole = file.read_bytes()
    damaged = [whole[:length] for length in random.integers(1, len(whole) - 1000, 10)]
    for _ in range(30):
        content = bytearray(whole)
        for at in random.integers(len(whole) - 2500, len(whole), 3):  # the catalogue and the table at the end
            content[at] ^= int(random.integers(1, 256))
        damaged.append(bytes(content))
    damaged += [whole.replace(word, word[:-1] + b"x") for word in (b"/FlateDecode", b"/Height", b"/ColorSpace")]
    refused = 0
    for content in damaged:
        file.write_bytes(content)
        try:
            assert set(write_up.pictures_in(file)) == set(NAMES)
        except BadInput:
            refused += bool(refusal_of(file))
    assert refused > 13


@pytest.fixture
def published(server, pdf_of, expected, tmp_path, monkeypatch):
    """The PDF at its address, on this machine, and the folder of its pictures."""
    content = pdf_of("curve", *NAMES).read_bytes()
    server.files["/sets/write-up.pdf"] = content
    monkeypatch.setattr(write_up, "ADDRESS", f"{server.address}/write-up.pdf")
    monkeypatch.setattr(write_up, "SHA256", sha256(content).hexdigest())
    monkeypatch.setattr(write_up, "PACKED", tmp_path / "packed")
    return tmp_path / "packed" / "write-up"


def test_there_are_four_pictures_or_none(published, expected):
    assert write_up.pictures() == {}
    assert write_up.fetch_pictures() == published
    assert sorted(file.name for file in published.iterdir()) == sorted(f"{name}.png" for name in NAMES)
    assert_same_pixels(write_up.pictures(), expected)
    (published / f"{NAMES[2]}.png").unlink()
    assert write_up.pictures() == {}


def test_fetched_again_they_are_whole_and_nothing_else_has_changed(published, expected, server):
    write_up.fetch_pictures()
    (published / "mine.txt").write_text("mine")
    (published / f"{NAMES[0]}.png").write_bytes(b"damaged")
    write_up.fetch_pictures()
    assert_same_pixels(write_up.pictures(), expected)
    assert (published / "mine.txt").read_text() == "mine"
    assert len(server.requests) == 1


def test_another_file_at_the_address_is_refused_and_nothing_is_written(published, server, tmp_path):
    server.files["/sets/write-up.pdf"] += b"\n"
    with pytest.raises(BadInput, match="write-up.pdf: SHA256 hash"):
        write_up.fetch_pictures()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "x.pdf"]


def test_a_folder_that_cannot_be_written_is_refused(published):
    published.parent.mkdir()
    published.write_text("a file")
    with pytest.raises(BadInput, match="write-up cannot be written .File exists"):
        write_up.fetch_pictures()


def test_the_command_fetches_the_pictures(published, expected):
    result = CliRunner().invoke(main, ["data", "fetch", "write-up"])
    assert result.exit_code == 0 and f"{published} has the four pictures" in result.stdout, result.output
    assert_same_pixels(write_up.pictures(), expected)


@pytest.mark.parametrize("option", [["-o", "x"], ["--sha256", "0" * 64]])
def test_the_command_takes_no_options_for_the_write_up(published, server, option):
    result = CliRunner().invoke(main, ["data", "fetch", "write-up", *option])
    assert result.exit_code == 1 and server.requests == [] and not published.exists()
    assert result.stderr == "Error: write-up: has a folder and a SHA-256 of its own; leave out -o and --sha256\n"
