"""The app gives the pictures of the command line."""

import numpy as np
import pytest
from browsing import apart, opened, pixels, shown
from click.testing import CliRunner
from PIL import Image, ImageDraw

from colorlab import color
from colorlab.base.paths import DATA
from colorlab.cli.main import main
from colorlab.data.photographs import on_white, read_photograph
from colorlab.networks.pretrained import NETWORKS
from colorlab.painting.network import load
from colorlab.painting.scribbles import scribble

LEVELS = 2  # of 255 in a channel
ALL = sorted(file.relative_to(DATA).as_posix() for file in DATA.glob("*/**/*.jpg"))
LARGER = [name for name in ALL if name.startswith(("legacy/", "gallery/"))]
BRIDGE = DATA / "gallery" / "cincinnati_bridge.jpg"

SMALL = """async address => {
    const {smallCopy} = await import('/app/worker/pixels.js');
    return smallCopy(await createImageBitmap(await (await fetch(address)).blob()), 128, 128);
}"""
PAINT = "async how => (await (await import('/app/page/engine.js')).ask('paint', how)).pixels"


@pytest.fixture(scope="module")
def networks():
    return {name: load(name) for name in ("vivid", "places")}


def test_the_network_sees_the_same_bytes_of_every_photograph_that_ships(page):
    assert len(ALL) > 200
    for name in ALL:
        small = on_white(Image.open(DATA / name).resize((128, 128), reducing_gap=3.0))
        assert apart(pixels(page, SMALL, f"/data/{name}"), small) == 0, name


@pytest.mark.parametrize("width, height", [(2000, 1500), (1501, 2003), (900, 90), (40, 3000), (7, 5)])
def test_the_network_sees_the_same_at_any_size(page, site, width, height):
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype="uint8")
    Image.fromarray(noise).save(site / "made" / "noise.png", compress_level=1)
    small = Image.fromarray(noise).resize((128, 128), reducing_gap=3.0)
    assert apart(pixels(page, SMALL, f"/made/noise.png?{width}"), small) <= 1  # blocks that the edge cuts


@pytest.mark.parametrize("name", LARGER)
def test_both_looks_paint_the_same_pictures(page, networks, name):
    photograph = read_photograph(DATA / name)
    opened(page, DATA / name)
    for look in ("vivid", "places"):
        how = {"look": look, "saturation": NETWORKS[look].saturation, "strokes": []}
        assert apart(pixels(page, PAINT, how), networks[look].colorize(photograph.copy())) <= LEVELS, look


def test_the_command_line_saves_what_the_app_saves(page, tmp_path):
    photograph = tmp_path / "bridge.png"  # without a loss
    Image.open(BRIDGE).save(photograph)
    assert CliRunner().invoke(main, ["colorize", str(photograph), "-o", str(tmp_path / "cli")]).exit_code == 0
    opened(page, photograph)
    with page.expect_download() as saved:
        page.locator("#save").click()
    assert saved.value.suggested_filename == "bridge-coloured.png"
    found = Image.open(saved.value.path())
    assert found.format == "PNG"
    assert apart(found.convert("RGB"), Image.open(tmp_path / "cli" / "bridge.png")) <= LEVELS
    assert apart(shown(page), found) == 0


def test_a_mood_is_lent_as_by_the_command_line(page):
    style = DATA / "gallery" / "china.jpg"
    opened(page, BRIDGE)
    page.locator("#style-file").set_input_files(style)
    page.locator("#style-remove").wait_for()
    wanted = load().colorize(read_photograph(BRIDGE), style=read_photograph(style))
    assert apart(shown(page), wanted) <= LEVELS
    page.locator("#style-remove").click()
    page.locator("#style-remove").wait_for(state="hidden")
    assert apart(shown(page), load().colorize(read_photograph(BRIDGE))) <= LEVELS


def test_scenes_have_the_probabilities_of_the_package(page):
    opened(page, BRIDGE)
    known = list(load().scene(read_photograph(BRIDGE)).items())[:5]
    lines = [f"{name.replace('_', ' ')}{100 * probability:.0f} %" for name, probability in known]
    assert page.locator("#scenes li").all_text_contents() == lines


def test_strokes_spread_as_those_of_the_command_line(page):
    """The copy on which they spread is smaller, so edges are softer. On the whole the colours are the same."""
    canyon = DATA / "legacy" / "black_canyon_1871.jpg"
    photograph = read_photograph(canyon)
    layer = Image.new("RGBA", photograph.size)
    ImageDraw.Draw(layer).line((192, 281, 288, 328), "#a8604f", 9)
    wanted = color.rgb_to_lab(np.asarray(scribble(photograph, layer, load())))
    line = [[192 / 640, 281 / 469], [288 / 640, 328 / 469]]
    stroke = {"color": "#a8604f", "width": 9 / 640, "points": line}
    opened(page, canyon)
    how = {"look": "vivid", "saturation": NETWORKS["vivid"].saturation, "strokes": [stroke]}
    found, plain = (color.rgb_to_lab(pixels(page, PAINT, given)[..., :3]) for given in (how, how | {"strokes": []}))
    difference = [np.hypot(*np.moveaxis(one - wanted, -1, 0)[1:]).mean() for one in (found, plain)]
    assert difference[0] < difference[1] / 3, difference  # the strokes change much, and both change it alike


def test_colors_are_converted_as_by_the_package(page):
    rgb = np.random.default_rng(0).integers(0, 256, (500, 3), dtype="uint8")
    script = """async colors => { const {labOfBytes, rgbOfLab} = await import('/app/worker/color.js');
        return colors.map((rgb) => [labOfBytes(...rgb), rgbOfLab(...labOfBytes(...rgb))]); }"""
    found = np.array(page.evaluate(script, rgb.tolist()))
    assert np.abs(found[:, 0] - color.rgb_to_lab(rgb)).max() < 0.001
    assert np.abs(found[:, 1] - rgb / 255).max() < 0.001
