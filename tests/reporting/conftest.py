"""What several test files share: records that may be damaged, and the look that figures are drawn in."""

import shutil

import matplotlib.pyplot as plt
import pytest

from colorlab.base import paths
from colorlab.evaluation import figures


@pytest.fixture
def results(tmp_path):
    """A copy of the committed records."""
    return shutil.copytree(paths.RESULTS, tmp_path / "results")


@pytest.fixture
def style():
    """The look of the course, as `report.draw` and the notebooks set it; figures are closed at the end."""
    with plt.style.context(figures.STYLE):
        yield
    plt.close("all")
