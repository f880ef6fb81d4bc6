"""Claims: each number in prose is that of a record or is allowed, and what is neither is found."""

import json

import pytest

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.reporting import claims, records
from colorlab.reporting.claims import Claim


@pytest.fixture
def record(tmp_path):
    """A folder of records with one in JSON, one in CSV and one in plain text."""
    known = {
        "methods": {"grey x1.2": {"psnr": 21.113, "loss": 2621.5}},
        "intervals": {"grey x1.2": {"psnr": [20.9, 21.329]}},
        "gain": {"mean": 0.5, "interval": [0.25, 0.75]},
    }
    (tmp_path / "metrics.json").write_text(json.dumps(known))
    (tmp_path / "times.csv").write_text("command,minutes\ntest,9.1\ntest,19.2\ncourse,20\n")
    (tmp_path / "bench.txt").write_text("one photograph 214 MiB\n")
    return tmp_path


# ---- the pages of the project


def test_every_page_says_what_the_records_say():
    assert claims.broken() == []


@pytest.mark.parametrize("page", claims.held(), ids=lambda page: page.relative_to(paths.ROOT).as_posix())
def test_every_number_is_backed_or_allowed(page):
    assert claims.unbacked(page) == []


def test_what_is_allowed_has_a_reason_and_a_page_that_needs_it():
    rows = records.read_rows(paths.REPORT / "allowed.csv")
    assert all(len(row["reason"]) > 10 for row in rows)
    pages = {page: claims.prose(page) for page in claims.held()}
    for row in rows:
        found = [page for page, text in pages.items() if row["pattern"] in claims.allowed(page) and _matches(row, text)]
        assert found, f"no page has {row['pattern']}"


def _matches(row, text):
    return claims.re.search(row["pattern"], text)


# ---- what a claim says


@pytest.mark.parametrize(
    ("file", "at", "sentence", "said"),
    [
        ("metrics.json", "", "{methods/grey x1.2/psnr:.2f} dB", "21.11 dB"),
        ("metrics.json", "methods", "{grey x1.2/loss:,.0f}", "2,622"),
        ("metrics.json", "", "{methods/grey x1.2/psnr:.1fi}", "21.1 (20.9 to 21.3)"),
        ("metrics.json", "", "by {gain/mean:.2fi}", "by 0.50 (0.25 to 0.75)"),
        ("metrics.json", "methods", "{grey x1.2/psnr*100:.0f} and {grey x1.2/psnr:.0f}", "2111 and 21"),
        ("times.csv", "", "{-1/minutes:.0f} and {command=test/-1/minutes:.1f}", "20 and 19.2"),
        ("bench.txt", "", "{214:text} MiB", "214 MiB"),
        ("bench.txt", "", "{bytes:.0f} bytes", "23 bytes"),
    ],
)
def test_a_claim_has_the_numbers_of_its_record(record, file, at, sentence, said):
    assert Claim("README.md", file, at, sentence).said(record) == said


@pytest.mark.parametrize(
    ("file", "sentence", "message"),
    [
        ("metrics.json", "{methods/grey/psnr:.2f}", "metrics.json has nothing at 'methods/grey/psnr'"),
        ("times.csv", "{command=soak/-1/minutes:.0f}", "times.csv has nothing at"),
        ("bench.txt", "{302:text}", "bench.txt does not hold '302'"),
        ("none.json", "{psnr:.0f}", "there is no .*none.json"),
    ],
)
def test_what_the_record_lacks_is_named(record, file, sentence, message):
    with pytest.raises(BadInput, match=message):
        Claim("README.md", file, "", sentence).said(record)


def test_a_page_that_says_something_else_is_found(record):
    wrong = [
        Claim("README.md", "metrics.json", "methods", "of {grey x1.2/psnr:.2f} dB"),
        Claim("README.md", "no", "", "{a:.0f}"),
    ]
    first, second = claims.broken(wrong, record)
    assert first == "README.md does not say what metrics.json does: of 21.11 dB"
    assert second.startswith("README.md: there is no ")


# ---- what counts as a number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 12.9 dB, 1,000 of them at 1e-3.", ["12.9", "1,000", "1e-3"]),
        ("CIEDE2000, x1.2, H200 and float32 are words", []),
        ("`--trials 30` and $x^2$ and [text 7](target_8.md) <br 9>", ["7"]),
        ("```sh\nevaluate --saturation 1.4\n```\nof 5", ["5"]),
        ("| grey | 0.0 |", ["0.0"]),
    ],
)
@pytest.mark.parametrize("kind", ["md", "ipynb"])
def test_numbers_are_those_of_prose(tmp_path, text, found, kind):
    page = tmp_path / f"page.{kind}"
    cells = [{"cell_type": "code", "source": ["x = 99"]}, {"cell_type": "markdown", "source": text.splitlines(True)}]
    page.write_text(text if kind == "md" else json.dumps({"cells": cells}))
    assert [line.split("»")[1].split("«")[0] for line in claims.unbacked(page)] == found


def test_of_typst_only_what_is_no_code_counts(tmp_path):
    page = tmp_path / "page.typ"
    page.write_text(
        '#set text(size: 9pt)\n*Abstract.* Of #of(head, "photographs") it has 7. // 8\n'
        "#drawn(width: 82%)[a is 1 %]\n  columns: (1fr, 2fr),\n"
    )
    assert [line.split("»")[1].split("«")[0] for line in claims.unbacked(page)] == ["7", "1"]


def test_the_command_lists_what_is_left_and_says_so_by_its_status(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("no number")
    assert claims.main([str(page)]) == 0
    page.write_text("a number: 42")
    assert claims.main([str(page)]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "page.md: a number: »42«",
        "1 numbers or sentences that no record backs",
    ]
