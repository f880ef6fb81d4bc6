"""The commands run and report. tests/course has what run does."""

import pytest
from making import USES, notebook_at, sources_of


def test_run_writes_the_parameters_into_a_notebook(colorlab, tmp_path):
    path = notebook_at(tmp_path / "x.ipynb", USES)
    result = colorlab("run", path, "--prepare-only", "-p", "steps", "7", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(tmp_path / "out" / "x.ipynb")
    assert sources_of(tmp_path / "out" / "x.ipynb")[1] == "# Parameters\nsteps = 7"


@pytest.mark.parametrize("stop, status", [(KeyboardInterrupt(), 130), (SystemExit(143), 143)])
def test_a_run_that_is_stopped_says_what_comes_next(colorlab, monkeypatch, tmp_path, stop, status):
    def stopped(*given):
        raise stop

    monkeypatch.setattr("colorlab.course.runner.run", stopped)
    result = colorlab("run", notebook_at(tmp_path / "x.ipynb", USES))
    assert result.exit_code == status
    assert result.output == "Stopped. The same command starts again; a training resumes from its checkpoint.\n"


def test_report_draws_one_figure_or_reports_own_runs(colorlab, tiny_run, tmp_path):
    assert colorlab("report", "--figure", "told", "-o", tmp_path / "told.svg").exit_code == 0
    assert (tmp_path / "told.svg").read_text().startswith("<?xml")
    result = colorlab("report", "--runs", tiny_run.folder.parent, "--name", "Ada", "-o", tmp_path / "own.pdf")
    assert result.exit_code == 0 and (tmp_path / "own.pdf").read_bytes().startswith(b"%PDF")
    both = colorlab("report", "--figure", "told", "--runs", tmp_path)
    assert both.exit_code == 1 and "only one of the two" in both.output
