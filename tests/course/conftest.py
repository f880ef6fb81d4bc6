"""What the tests of the course share."""

import pytest
from making import USES, notebook_at

from colorlab.course import notebook, parameters


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A course of its own: one notebook and one profile."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "smoke.yaml").write_text("steps: 1\nquick: true\nelsewhere: 7\n")
    for module in (notebook, parameters):
        monkeypatch.setattr(module, "NOTEBOOKS", tmp_path)
    return notebook_at(tmp_path / "09_training.ipynb", USES, "open('ran', 'w').close()").parent
