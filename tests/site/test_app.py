"""What a visitor does with the app, in a real browser."""

import numpy as np
import pytest
from browsing import SCREENSHOTS, SITE, coloured, opened, shown
from PIL import Image

from colorlab.base.paths import DATA
from colorlab.networks.pretrained import DEFAULT, NETWORKS

BRIDGE = DATA / "gallery" / "cincinnati_bridge.jpg"
BOATS = DATA / "legacy" / "nagasaki_boats_1865.jpg"
AXE = (SITE / "node_modules" / "axe-core" / "axe.min.js").read_text


@pytest.fixture(autouse=True)
def no_script_failed(page):
    page.failures.clear()
    yield
    assert page.failures == []


def changed(page, before):
    """Wait until the picture is another one than before."""
    for _ in range(100):
        if not np.array_equal(shown(page), before):
            return shown(page)
        page.wait_for_timeout(100)
    raise AssertionError("the picture stays the same")


def becomes(page, wanted):
    """Wait until the picture is this one."""
    for _ in range(100):
        if np.array_equal(shown(page), wanted):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the picture is another one")


def complaint(page):
    page.locator("#error").wait_for()
    return page.locator("#error-text").inner_text()


def move(page, slider, value):
    page.locator(slider).fill(str(value))


def violations(page):
    page.evaluate(AXE())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


def test_every_screen_fits_and_is_accessible(page):
    page.locator("#examples button").nth(6).wait_for()
    page.locator("#loading").wait_for(state="hidden")
    check_screen(page, "start")
    opened(page, BOATS)
    check_screen(page, "work")
    page.locator("#brush").click()
    check_screen(page, "brush")


def check_screen(page, name):
    """Look at what is shown in narrow and wide windows, light and dark. Screenshots are kept."""
    for width, height in ((360, 740), (768, 1024), (1600, 950), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if width in (360, 1280):
                assert violations(page) == [], (name, width, scheme)


def test_a_photograph_that_ships_is_one_click_away(page, host):
    page.goto(host.address)
    page.locator("#examples button").first.click()
    coloured(page, "Felice Beato")
    before, after = shown(page, "before"), shown(page)
    assert before.shape == after.shape == (512, 640, 4)
    assert np.ptp(before[..., :3].astype(int), axis=-1).max() == 0  # grey
    assert np.ptp(after[..., :3].astype(int), axis=-1).mean() > 5


def test_the_divider_shows_more_or_less_of_the_colours(page):
    opened(page, BOATS)
    assert page.locator("#divider").input_value() == "50"
    box = page.locator("#picture").bounding_box()
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    assert 18 <= float(page.locator("#divider").input_value()) <= 22
    clip = "getComputedStyle(document.querySelector('#work .layer-after')).clipPath"
    assert page.evaluate(clip).endswith(f"{page.locator('#divider').input_value()}%)")


def test_the_look_and_its_strength_change_the_picture_at_once(page):
    opened(page, BOATS)
    vivid = shown(page)
    assert float(page.locator("#saturation").input_value()) == NETWORKS[DEFAULT].saturation
    page.get_by_label("Usual").check()
    changed(page, vivid)
    assert float(page.locator("#saturation").input_value()) == NETWORKS["places"].saturation
    page.get_by_label("Vivid").check()
    for value in (3, 2, 1, 0):  # faster than it is painted: the last one counts
        move(page, "#saturation", value)
    page.locator("#saturation-value", has_text="0.0").wait_for()
    for _ in range(100):
        if np.ptp(shown(page)[..., :3].astype(int), axis=-1).max() <= 1:
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError("a strength of 0 is not grey")
    move(page, "#saturation", 1.1)


def test_a_stroke_colours_its_surroundings_and_can_be_undone(page):
    opened(page, BOATS)
    before = shown(page)
    page.locator("#brush").click()
    page.get_by_label("brick").check()
    page.locator("#strokes").scroll_into_view_if_needed()
    box = page.locator("#strokes").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.2 * box["height"], steps=4)
    page.mouse.up()
    after = changed(page, before).astype(int)
    redder = (after[..., 0] - after[..., 2]) - (before[..., 0].astype(int) - before[..., 2])
    assert redder[80:130, 200:380].mean() > 20  # the sky around the stroke
    assert abs(redder[-60:].mean()) < 5  # the river far below
    page.locator("#undo").click()
    becomes(page, before)
    assert page.locator("#undo").is_disabled()
    page.locator("#brush").click()
    assert page.locator("#strokes").is_hidden()


def test_the_keyboard_is_enough(page, host):
    page.goto(host.address)
    page.locator("#examples button").nth(6).wait_for()
    reach(page, "[...document.querySelectorAll('#examples button')].indexOf(document.activeElement) === 0")
    page.keyboard.press("Enter")
    coloured(page, "Felice Beato")
    assert page.evaluate("document.activeElement.id") == "title"
    reach(page, "document.activeElement.id === 'divider'")
    page.keyboard.press("ArrowRight")
    assert page.locator("#divider").input_value() == "51"
    before = shown(page)
    reach(page, "document.activeElement.id === 'brush'")
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    reach(page, "document.activeElement.id === 'strokes'", "Shift+Tab")
    for key in ("ArrowUp", "Space", "ArrowRight", "ArrowRight", "Space"):
        page.keyboard.press(key)
    changed(page, before)
    reach(page, "document.activeElement.id === 'undo'")
    page.keyboard.press("Enter")
    becomes(page, before)


def reach(page, condition, key="Tab"):
    """Press Tab until the focus is there."""
    for _ in range(40):
        page.keyboard.press(key)
        if page.evaluate(condition):
            return
    raise AssertionError(f"Tab never leads to where {condition}")


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_a_photograph_can_be_pasted_and_dropped(page, way):
    event = "new ClipboardEvent('paste', {clipboardData: data})"
    if way == "drop":
        event = "new DragEvent('drop', {dataTransfer: data, cancelable: true})"
    page.evaluate(f"""async () => {{
        const data = new DataTransfer();
        const blob = await (await fetch('/data/gallery/flower.jpg')).blob();
        data.items.add(new File([blob], 'by {way}.jpg', {{type: 'image/jpeg'}}));
        dispatchEvent({event}); }}""")
    coloured(page, f"by {way}.jpg")


def test_a_photograph_is_shown_and_saved_upright(page, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.open(BRIDGE).save(tmp_path / "upright.jpg", exif=exif)
    width, height = Image.open(BRIDGE).size
    opened(page, tmp_path / "upright.jpg")
    assert page.locator("#size").inner_text() == f"{height} × {width} pixels"
    with page.expect_download() as saved:
        page.locator("#save").click()
    found = Image.open(saved.value.path())
    assert (found.format, found.size) == ("JPEG", (height, width))


def test_transparency_is_kept(page, tmp_path):
    image = Image.open(BRIDGE).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 100, 100))
    image.save(tmp_path / "hole.png")
    opened(page, tmp_path / "hole.png")
    with page.expect_download() as saved:
        page.locator("#save").click()
    alpha = np.asarray(Image.open(saved.value.path()).getchannel("A"))
    assert (alpha[:100, :100] == 0).all() and (alpha[100:] == 255).all()


def test_what_is_no_picture_is_refused_in_a_sentence(page, tmp_path):
    opened(page, BOATS)
    (tmp_path / "letter.jpg").write_text("Dear museum,")
    page.locator("#file").set_input_files(tmp_path / "letter.jpg")
    assert complaint(page) == (
        "“letter.jpg” is not a picture that this browser can read. Choose a JPEG, PNG or WebP file."
    )
    assert page.locator("#title").inner_text() == BOATS.name  # the photograph before is still there
    page.locator("#error-close").click()
    assert page.locator("#error").is_hidden()
    assert page.locator("#status").is_hidden()


def test_a_file_that_is_cut_short_is_refused_in_a_sentence(page, tmp_path):
    (tmp_path / "cut.png").write_bytes(png_of(BOATS, tmp_path)[:9000])
    page.locator("#file").set_input_files(tmp_path / "cut.png")
    assert "cut.png” could not be read to its end" in complaint(page)


def png_of(photograph, folder):
    Image.open(photograph).save(folder / "whole.png")
    return (folder / "whole.png").read_bytes()


def test_a_picture_that_is_too_large_is_refused_in_a_sentence(page, tmp_path):
    Image.new("1", (8000, 7000)).save(tmp_path / "map.png")
    page.locator("#file").set_input_files(tmp_path / "map.png")
    assert complaint(page) == (
        "“map.png” has 56 megapixels, and 50 are possible here. Make it smaller and choose it again."
    )


def test_24_megapixels_are_saved_in_full_size(page, tmp_path):
    ramp = Image.linear_gradient("L").resize((6000, 4000))
    ramp.save(tmp_path / "large.jpg")
    opened(page, tmp_path / "large.jpg", timeout=120_000)
    with page.expect_download(timeout=120_000) as saved:
        page.locator("#save").click()
    assert saved.value.suggested_filename == "large-coloured.jpg"
    found = Image.open(saved.value.path())
    assert found.size == (6000, 4000)
    small, shown_small = (Image.fromarray(np.asarray(one)[..., :3]).resize((60, 40)) for one in (found, shown(page)))
    assert np.abs(np.asarray(small, dtype=int) - np.asarray(shown_small)).max() < 8
