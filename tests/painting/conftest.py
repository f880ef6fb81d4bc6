"""A folder of photographs for the tests of painting."""

import pytest
from PIL import Image

from colorlab.base.paths import DATA


@pytest.fixture
def album(tmp_path):
    """a.jpg, notes.txt, one/b.JPG, one/two/c.png, and a result of another call in colorized/."""
    folder, photograph = tmp_path / "album", next((DATA / "legacy").glob("*.jpg"))
    for name in ("a.jpg", "one/b.JPG", "one/two/c.png", "colorized/a.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.open(photograph).resize((40, 30)).save(folder / name)
    (folder / "notes.txt").write_text("no photograph")
    return folder
