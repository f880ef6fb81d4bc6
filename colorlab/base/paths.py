"""The paths of the checkout, its data, notebooks and report, and of the run folders."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
_CHECKOUT = PACKAGE.parent
# The checkout, or the working directory if the package was installed without a checkout.
ROOT = _CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else Path.cwd()

DATA = ROOT / "data"  # what ships with the project
NOTEBOOKS = ROOT / "notebooks"
REPORT = ROOT / "report"  # the source of the report
RESULTS = REPORT / "results"  # the committed records

# These two grow large. Environment variables can put them on another disk.
PACKED = Path(os.environ.get("COLORLAB_PACKED", DATA / "packed")).resolve()  # packed data sets
RUNS = Path(os.environ.get("COLORLAB_RUNS", ROOT / "runs")).resolve()  # run folders
