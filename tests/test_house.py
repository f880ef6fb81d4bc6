"""The house: what a file of the package may be. Which folder may import which is import-linter's to check."""

import ast

from colorlab.base.paths import PACKAGE

FILES = sorted(PACKAGE.rglob("*.py"))


def test_a_file_fits_in_one_reading():
    assert len(FILES) > 60
    assert {file.name: count for file in FILES if (count := len(file.read_text().splitlines())) > 250} == {}


def test_every_file_says_what_it_is_for():
    assert [file for file in FILES if not ast.get_docstring(ast.parse(file.read_text()))] == []


def test_the_folders_import_nothing_by_themselves():
    faces = [file for file in FILES if file.name == "__init__.py" and file.parent != PACKAGE]
    assert len(faces) == 9
    assert [file for file in faces if len(ast.parse(file.read_text()).body) != 1] == []
