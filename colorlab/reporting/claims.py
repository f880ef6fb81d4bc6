"""Hold the numbers in prose to the records: each is that of a record, is allowed for a reason, or is listed.

    python -m colorlab.reporting.claims [PAGE...]       # `make numbers`

lists the numbers of README, docs, the weights' card and the report (or of PAGE, which may be a notebook) that no record
backs. Three files in report/ say what is known:

claims.csv (file, record, at, sentence): a sentence of a page with a field for each number that a record of
    report/results has: "PSNR is {methods/grey/psnr:.2f} dB". The page must say the sentence with the record's numbers.
    `at` is a place in the record, from which keys start. A format that ends in i adds the 95 % interval: "{…:.2fi}" is
    "21.11 (20.90 to 21.33)". {bytes:…} is the size of a file, {words:text} are words that a record in plain text has.
allowed.csv (file, pattern, reason): a regular expression for numbers that need no record: years, sizes of the
    architecture, versions. A file may be a pattern, such as docs/*.md.
report.typ: its numbers that Typst reads from facts.json are not looked at. They come from the records anyway.

Numbers in code and in the targets of links do not count, and neither do numbers that are part of a word (CIEDE2000).
Numbers that are written as words are not found.
"""

import fnmatch
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from colorlab.base.errors import BadInput
from colorlab.base.paths import REPORT, RESULTS, ROOT
from colorlab.base.reading import read_json, reading
from colorlab.base.rounding import rounded
from colorlab.reporting.records import RESTORE, read_rows, record

NUMBER = re.compile(r"(?<![\w#.,])\d+(?:[.,]\d+)*(?:e-?\d+)?")
FIELD = re.compile(r"\{([^{}]+):(,?)(?:\.(\d+)f(i?)|(text))\}")
# What is no prose, by the kind of page.
MARKDOWN = (
    r"^```.*?^```",
    r"^<!--.*?-->",
    r"`[^`\n]+`",
    r"\$\$.*?\$\$",
    r"\$[^$\n]+\$",
    r"<[^<>\n]+>",
    r"https?://\S+",
)
TYPST = (
    r"//.*?$",
    r"`[^`\n]+`",
    r"#of\([^()]*\)",
    r"\b(?:size|width|left|x|y): [\d.]+(?:pt|cm|em|%)?",
    r"^ *(?:columns|stroke|table|\.\.|set|#set|#counter|#if)\b.*?$",
)
AROUND = 45  # characters of context in the list


def held() -> list[Path]:
    """The pages whose numbers must all be backed or allowed."""
    docs = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *docs, ROOT / "data" / "weights" / "README.md", REPORT / "report.typ"]


def prose(page: Path) -> str:
    """Return the text of a page on one line: links by their text alone, code and formulas without their digits.

    page : Markdown, a notebook (its Markdown cells) or Typst.
    """
    if page.suffix == ".ipynb":
        cells = read_json(page, {"cells": list}, "restore it with `git checkout`")["cells"]
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    else:
        text = page.read_text(encoding="utf-8")
    if page.suffix == ".typ":
        text, code = text[text.find("*Abstract") :], TYPST
    else:
        text, code = re.sub(r"\]\([^()\s]*(?:\([^()]*\))?[^()\s]*\)", "]", text), MARKDOWN  # of [text](target)
    for one in code:
        text = re.sub(one, lambda found: re.sub(r"\d", "#", found[0]), text, flags=re.MULTILINE | re.DOTALL)
    links = text if page.suffix == ".typ" else re.sub(r"!?\[([^\[\]]*)\]", r"\1", text)
    return re.sub(r"\s+", " ", links)


@dataclass(frozen=True)
class Claim:
    """A line of claims.csv."""

    file: str
    record: str
    at: str
    sentence: str

    def said(self, results: Path = RESULTS) -> str:
        """The sentence with the record's numbers. Raises BadInput if the record lacks one of them."""
        path = results / self.record
        at = f"{self.at}/" if self.at else ""
        return FIELD.sub(lambda field: _written(path, at + field[1], *field.groups()[1:]), self.sentence)


def _written(path, key, comma, decimals, interval, text):
    """A field of a sentence: a number of a record, rounded, perhaps with its interval; or words that a record has."""
    if text:
        with reading(path, RESTORE):
            if key not in path.read_text(encoding="utf-8"):
                raise BadInput(f"{path} does not hold '{key}'")
        return key
    key, _, factor = key.partition("*")

    def said(value):
        value = rounded(float(value) * float(factor or 1), int(decimals))
        return f"{value:,}" if comma else f"{value}"

    if key.endswith("bytes"):
        return said(path.stat().st_size)
    if not interval:
        return said(_found(path, key))
    ends = key.replace("methods/", "intervals/") if "methods/" in key else f"{key.removesuffix('mean')}interval"
    low, high = map(said, _found(path, ends))
    return f"{said(_found(path, key))} ({low} to {high})"


def _found(path, key):
    """Follow a key such as methods/grey/psnr, -1/seconds or "command=make test/-1/minutes" into a record."""
    value = read_rows(path) if path.suffix == ".csv" else record(path)
    try:
        for part in key.split("/"):
            column, is_choice, wanted = part.partition("=")
            if is_choice and isinstance(value, list):
                value = [row for row in value if row[column] == wanted]
            else:
                value = value[int(part) if isinstance(value, list) else part]
        return value
    except (LookupError, ValueError, TypeError):
        raise BadInput(f"{path} has nothing at '{key}'") from None


def claims() -> list[Claim]:
    """The claims of report/claims.csv."""
    return [Claim(**row) for row in read_rows(REPORT / "claims.csv")]


def allowed(page: Path) -> list[str]:
    """The patterns of report/allowed.csv for a page."""
    name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
    rows = read_rows(REPORT / "allowed.csv")
    return [row["pattern"] for row in rows if fnmatch.fnmatch(name, row["file"])]


def broken(known: Iterable[Claim] | None = None, results: Path = RESULTS) -> list[str]:
    """Say which claims do not hold: a page does not say what the record says."""
    wrong, pages = [], {}
    for claim in claims() if known is None else known:
        page = ROOT / claim.file
        pages[page] = pages.get(page) or prose(page)
        try:
            said = claim.said(results)
        except BadInput as error:
            wrong.append(f"{claim.file}: {error}")
            continue
        if said not in pages[page]:
            wrong.append(f"{claim.file} does not say what {claim.record} does: {said}")
    return wrong


def unbacked(page: Path, results: Path = RESULTS) -> list[str]:
    """List the numbers of a page that no record backs and that are not allowed, each with the words around it."""
    text = prose(page)
    name = page.relative_to(ROOT).as_posix() if page.is_relative_to(ROOT) else page.name
    good = [span for pattern in allowed(page) for span in _spans(re.finditer(pattern, text))]
    for claim in claims():
        if claim.file == name:
            good += _spans(re.finditer(re.escape(claim.said(results)), text))
    left = []
    for number in NUMBER.finditer(text):
        if not any(start <= number.start() and number.end() <= end for start, end in good):
            before, after = text[max(0, number.start() - AROUND) : number.start()], text[number.end() :][:AROUND]
            left.append(f"{name}: {before}»{number[0]}«{after}")
    return left


def _spans(matches):
    return [match.span() for match in matches]


def main(pages: list[str]) -> int:
    """Print what is broken or not backed in the pages. Returns the exit status: 1 if there is something."""
    chosen = [Path(page).resolve() for page in pages] or held()
    wrong = broken(claim for claim in claims() if not pages or ROOT / claim.file in chosen)
    for page in chosen:
        wrong += unbacked(page)
    print("\n".join([*wrong, f"{len(wrong)} numbers or sentences that no record backs"]))
    return int(bool(wrong))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except BadInput as error:
        sys.exit(str(error))
