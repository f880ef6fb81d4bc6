"""Files as archives and strangers have them are read as people see them, and their results open everywhere."""

import re
import warnings

import numpy as np
import pytest
from PIL import Image
from variants import PAGE, SIZE, VARIANTS, grey, line, without_name

from colorlab import color
from colorlab.base.paths import DATA, ROOT
from colorlab.data.photographs import on_white, read_photograph
from colorlab.painting import files
from colorlab.painting.network import load

FORMATS = (ROOT / "docs" / "formats.md").read_text()


@pytest.fixture(scope="module")
def network():
    return load("iizuka")


@pytest.fixture(scope="module")
def photo():
    return Image.open(DATA / "gallery" / "cincinnati_bridge.jpg").convert("RGB").resize(SIZE)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.what)
def test_it_is_coloured_and_its_result_opens(variant, photo, network, tmp_path):
    path = tmp_path / f"photo{variant.suffix}"
    variant.make(path, photo)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        seen = read_photograph(path)
        ((_, result),) = files.colorize_files([path], tmp_path / "out", network)
    said = [str(one.message) for one in said if one.category is UserWarning]
    assert all(str(path) in one and "\n" not in one for one in said)
    assert any(re.search(variant.warning, one) for one in said) if variant.warning else not said
    assert line(variant, without_name(said, path)) in FORMATS, "python tests/variants.py > docs/formats.md"
    assert (seen.mode, seen.size) == (variant.mode, SIZE)
    away = np.abs(grey(seen.convert("RGB")).astype(int) - grey(photo))
    assert np.median(away) <= variant.apart and away.mean() <= 4 * variant.apart
    with Image.open(result) as opened:
        assert opened.format == files.WRITTEN[(variant.result or variant.suffix)]
        assert (opened.mode, opened.size) == ("RGBA" if variant.mode == "RGBA" else "RGB", SIZE)
        known, found = (color.rgb_to_lab(np.asarray(on_white(one)))[..., 0] for one in (seen, opened))
        apart = np.abs(found - known)  # of lightness: some colours are clipped to sRGB, and JPEG and WebP lose some
        assert np.quantile(apart, 0.99) < 2 and apart.max() < 4


def test_the_page_of_formats_has_no_other_line():
    assert FORMATS.startswith(PAGE) and FORMATS.count("\n| ") == len(VARIANTS) + 1
