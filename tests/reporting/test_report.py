"""The report: the same records give the same bytes, and what is missing is named and left out."""

import platform
import re
import shutil
import sys

import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.reporting import report
from colorlab.reporting.report import FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_the_same_twice(name, tmp_path):
    for copy in ("a.svg", "b.svg"):
        report.draw(name, tmp_path / copy)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_no_semicolon_is_lost_in_the_words():
    """Typst takes one that follows a call for its end."""
    assert re.findall(r"#of\([^()]*\);", (paths.REPORT / "report.typ").read_text()) == []


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_figure_is_written_in_the_format_of_its_name_the_same_twice(kind, tmp_path):
    for copy in ("a", "b"):
        report.draw("told", tmp_path / f"{copy}.{kind}")
    first = (tmp_path / f"a.{kind}").read_bytes()
    assert first == (tmp_path / f"b.{kind}").read_bytes()
    assert first.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])


def test_the_same_records_give_the_same_bytes(tmp_path):
    for copy in ("a.pdf", "b.pdf"):
        assert report.build(tmp_path / copy) == []
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="other machines round curves otherwise"
)
def test_the_committed_report_is_what_the_committed_records_give(tmp_path):
    report.build(tmp_path / "report.pdf")
    committed = paths.REPORT / "report.pdf"
    assert (tmp_path / "report.pdf").read_bytes() == committed.read_bytes(), "run `make report` and look at it"


def test_a_missing_record_is_named_and_the_rest_is_built(results, tmp_path):
    shutil.rmtree(results / "alpha")
    (results / "places" / "metrics.json").write_text("{}")
    missing = report.build(tmp_path / "report.pdf", results)
    assert "there is no alpha/summary.csv" in missing
    assert any("training: a record is malformed" in one for one in missing)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_without_any_record_there_still_is_a_report(tmp_path):
    (tmp_path / "empty").mkdir()
    assert len(report.build(tmp_path / "report.pdf", tmp_path / "empty")) > 5
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_learner_reports_own_runs(tiny_run, tmp_path):
    shutil.copytree(tiny_run.folder, tmp_path / "runs" / "mine")
    shutil.copytree(tiny_run.folder, tmp_path / "runs" / "damaged")
    (tmp_path / "runs" / "damaged" / "provenance.json").write_text("{")
    picture = shutil.copytree(tiny_run.folder, tmp_path / "runs" / "pictured") / "pictures" / "epoch_0002.png"
    picture.write_bytes(picture.read_bytes()[:-900])
    missing = report.build_own(tmp_path / "own.pdf", tmp_path / "runs", "Ada Lovelace")
    assert len(missing) == 2 and missing[0].startswith("damaged/provenance.json is damaged")
    assert missing[1].startswith("pictured/pictures/epoch_0002.png is cut short")
    pdf = (tmp_path / "own.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and b"Ada Lovelace" in pdf  # the author, in the file's own data


def test_runs_that_are_not_there_or_have_not_begun(tmp_path):
    with pytest.raises(BadInput, match="there is no folder"):
        report.build_own(tmp_path / "own.pdf", tmp_path / "runs", "Ada")
    (tmp_path / "runs").mkdir()
    assert report.build_own(tmp_path / "own.pdf", tmp_path / "runs", "Ada") == []


def test_a_malformed_record_of_a_figure_is_refused(results, tmp_path):
    (results / "13_five_ways" / "metrics.json").write_text('{"miniplaces": []}')
    with pytest.raises(BadInput, match="told: a record is malformed"):
        report.draw("told", tmp_path / "told.png", results)
    assert not (tmp_path / "told.png").exists()


def test_what_cannot_be_drawn_or_written_is_refused(tmp_path):
    with pytest.raises(BadInput, match="there is no figure 'x', only: architecture"):
        report.draw("x", tmp_path / "x.png")
    with pytest.raises(BadInput, match="no format for a figure"):
        report.draw("told", tmp_path / "told.docx")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        report.build(tmp_path / "file" / "report.pdf")
    with pytest.raises(BadInput, match="cannot be written"):
        report.draw("told", tmp_path / "file" / "told.png")
    with pytest.raises(BadInput, match="the report is a PDF: let the name .*x.txt end in .pdf"):
        report.build(tmp_path / "x.txt")
