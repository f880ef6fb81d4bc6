"""Colouring photographs of any size: not a pixel of detail is lost, and one bad file does not stop the others."""

import numpy as np
import pytest
from PIL import Image

from colorlab import BadInput, color, colorize, networks
from colorlab.datasets import DATA

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


@pytest.fixture(scope="module")
def model(tiny_run):
    return tiny_run.model()


def lightness(image):
    return color.rgb_to_lab(np.asarray(image.convert("RGB")))[..., 0]


def in_gamut(image):
    """Places that were surely not clipped."""
    rgb = np.asarray(image.convert("RGB"))
    return (rgb.min(axis=-1) > 0) & (rgb.max(axis=-1) < 255)


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype="uint8"))
PHOTOGRAPHS = {
    "grey": Image.open(LEGACY[0]).convert("L"),
    "colour": Image.open(DATA / "gallery" / "china.jpg"),
    "every colour": NOISE,
}


@pytest.mark.parametrize("size", [(640, 512), (97, 61), (3, 500), (1, 1), (1500, 700)])
@pytest.mark.parametrize("kind", PHOTOGRAPHS)
def test_lightness_survives_at_full_resolution(model, kind, size):
    photograph = PHOTOGRAPHS[kind].resize(size)
    before = lightness(photograph)
    colored = colorize.colorize(photograph, model)
    assert colored.size == size and colored.mode == "RGB"
    assert np.abs(lightness(colored) - before)[in_gamut(colored)].max(initial=0) < 0.6  # rounding to 8 bits
    np.testing.assert_array_equal(lightness(photograph), before)  # the caller's photograph is untouched


def test_strips_join_without_a_seam(monkeypatch):
    photograph = Image.open(LEGACY[0]).convert("L")
    chroma = np.random.default_rng(0).uniform(0.4, 0.6, (64, 64, 2)).astype("float32")
    whole = np.asarray(colorize.with_chroma(photograph, chroma))
    monkeypatch.setattr(colorize, "STRIP", 640 * 7)
    strips = np.asarray(colorize.with_chroma(photograph, chroma)).astype(int)
    difference = np.abs(strips - whole)
    assert difference.max() <= 4 and np.mean(difference > 1) < 1e-3  # rounding, in no particular row
    at_seams = np.isin(np.arange(len(whole)) % 7, (0, 6))
    assert difference[at_seams].mean() == pytest.approx(difference[~at_seams].mean(), rel=0.3)


def test_the_table_gives_the_colours_of_the_formula():
    """Against color.lab_to_rgb, pixel by pixel."""
    photograph = Image.open(LEGACY[0]).convert("L")
    chroma = Image.open(DATA / "gallery" / "china.jpg").resize((64, 64))
    chroma = color.chroma_of(color.rgb_to_lab(np.asarray(chroma)))
    colored = np.asarray(colorize.with_chroma(photograph, chroma)).astype(int)
    rgb = np.repeat(np.asarray(photograph)[None, ..., None], 3, axis=-1)
    expected = color.decode(color.lightness_of(color.rgb_to_lab(rgb)), chroma[None])[0]
    assert np.abs(colored - expected).mean() < 0.5 and np.abs(colored - expected).max() < 12


def test_chroma_is_enlarged_in_place(model):
    """Left half red, right half blue: the two must come out on their sides."""
    chroma = np.full((64, 64, 2), color.GREY, "float32")
    chroma[:, :32, 0] = 0.7
    chroma[:, 32:, 1] = 0.4
    lab = color.rgb_to_lab(np.asarray(colorize.with_chroma(Image.new("L", (300, 200), 120), chroma)))
    assert lab[:, :100, 1].mean() > 30 and lab[:, 200:, 2].mean() < -20
    assert abs(lab[:, 200:, 1].mean()) < 2


def test_transparency_stays(model):
    photograph = Image.open(LEGACY[0]).convert("RGBA")
    photograph.putalpha(Image.linear_gradient("L").resize(photograph.size))
    colored = colorize.colorize(photograph, model)
    assert colored.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(colored)[..., 3], np.asarray(photograph)[..., 3])


def test_a_photograph_is_coloured_the_same_alone_and_among_others(model):
    photographs = [Image.open(path).convert("L") for path in LEGACY[:4]]
    together = colorize.predict(photographs, model)
    alone = np.concatenate([colorize.predict([photograph], model) for photograph in photographs])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_files_go_through_in_batches_and_bad_ones_are_reported(model, tmp_path, monkeypatch):
    monkeypatch.setattr(colorize, "BATCH", 3)
    bad = tmp_path / "bad.jpg"
    bad.write_text("not a photograph")
    paths = [*LEGACY[:3], bad, *LEGACY[3:], tmp_path / "missing.png"]
    results = dict(colorize.colorize_files(paths, tmp_path / "out", model))
    assert list(results) == paths
    assert [path for path, result in results.items() if isinstance(result, BadInput)] == [bad, paths[-1]]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [path.name for path in LEGACY]
    for path in LEGACY:
        assert Image.open(results[path]).size == Image.open(path).size


def test_formats_names_and_orientation(model, tmp_path):
    cat = Image.open(DATA / "pocket" / "animal" / "cat.jpg").convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "The photographer"
    (tmp_path / "a").mkdir()
    cat.save(tmp_path / "photo.jpg", exif=exif)
    cat.save(tmp_path / "a" / "photo.jpg")
    cat.save(tmp_path / "photo.gif")
    clear = cat.convert("RGBA")
    clear.putalpha(128)
    clear.save(tmp_path / "clear.webp")
    paths = [tmp_path / "photo.jpg", tmp_path / "a" / "photo.jpg", tmp_path / "photo.gif", tmp_path / "clear.webp"]
    results = [result for _, result in colorize.colorize_files(paths, tmp_path / "out", model)]
    assert [path.name for path in results] == ["photo.jpg", "photo-2.jpg", "photo.png", "clear.png"]
    upright = Image.open(results[0])
    assert upright.size == (cat.height, cat.width)
    assert 0x0112 not in upright.getexif() and upright.getexif()[0x013B] == "The photographer"
    assert Image.open(results[3]).mode == "RGBA"


def test_no_photograph_is_ever_overwritten(model, tmp_path):
    """Neither those of this call nor others that happen to have the name; but results of an earlier call are."""
    photographs = {tmp_path / name: path.read_bytes() for name, path in zip(("a.jpg", "a-2.jpg"), LEGACY, strict=False)}
    for path, data in photographs.items():
        path.write_bytes(data)
    for _ in range(2):
        ((_, result),) = colorize.colorize_files([tmp_path / "a.jpg"], tmp_path, model)
        assert result == tmp_path / "a-3.jpg"
    assert {path: path.read_bytes() for path in photographs} == photographs


def test_odd_metadata_stops_nothing(model, tmp_path):
    exif = Image.Exif()
    exif[0x013B] = "The photographer"
    data = exif.tobytes().replace(b"\x02\x00\x11", b"\x0c\x00\x11")  # a tag of a type that cannot be
    Image.open(LEGACY[0]).save(tmp_path / "odd.jpg", exif=data)
    Image.open(LEGACY[0]).save(tmp_path / "garbage.jpg", exif=b"Exif\0\0garbage")
    results = colorize.colorize_files([tmp_path / "odd.jpg", tmp_path / "garbage.jpg"], tmp_path / "out", model)
    assert all(result.exists() for _, result in results)


def test_what_the_camera_wrote_is_kept_for_grey_photographs_too(model, tmp_path):
    exif = Image.Exif()
    exif[0x013B] = "The photographer"
    Image.open(LEGACY[0]).convert("L").save(tmp_path / "grey.jpg", exif=exif)
    ((_, result),) = colorize.colorize_files([tmp_path / "grey.jpg"], tmp_path / "out", model)
    assert Image.open(result).getexif()[0x013B] == "The photographer"


def test_a_folder_that_cannot_be_written_is_named(model, tmp_path):
    (tmp_path / "file").write_text("in the way")
    ((_, result),) = colorize.colorize_files(LEGACY[:1], tmp_path / "file", model)
    assert isinstance(result, BadInput) and "choose another folder" in str(result)


# ---- sizes and styles


def photographs_of(*sizes):
    random = np.random.default_rng(5)
    return [Image.fromarray(random.integers(0, 256, (h // 8, w // 8, 3), "uint8")).resize((w, h)) for w, h in sizes]


def test_a_photograph_in_its_own_style_is_coloured_as_without(model):
    (photograph,) = photographs_of((160, 120))
    (usual,), (own,) = colorize.predict([photograph], model), colorize.predict([photograph], model, style=photograph)
    np.testing.assert_allclose(own, usual, atol=1e-5)


def test_another_style_changes_colours_everywhere_alike(model):
    photograph, other = photographs_of((160, 120), (120, 160))
    (usual,), (lent,) = colorize.predict([photograph], model), colorize.predict([photograph], model, style=other)
    assert not np.allclose(lent, usual, rtol=0, atol=1e-6)
    lightness, whole = (np.full((1, 128, 128, 1), value, "float32") for value in (0.2, -0.4))
    swapped = np.asarray(networks.with_two_inputs(model)([lightness, whole]))[0, 16:48, 16:48]
    assert np.ptp(swapped, axis=(0, 1)).max() < 1e-3  # where nothing local differs, one colour


@pytest.mark.parametrize(
    "size, seen",
    [((160, 120), (60, 80, 2)), ((128, 128), (64, 64, 2)), ((1024, 300), (76, 256, 2)), ((3, 2), (44, 64, 2))],
)
def test_the_network_sees_a_native_photograph_in_its_own_shape(model, size, seen):
    photograph = Image.new("L", size, 90)
    (chroma,) = colorize.predict([photograph], model, native=True)
    assert chroma.shape == seen and chroma.min() >= 0 and chroma.max() <= 1
    assert colorize.colorize(photograph, model, native=True).size == size


def test_native_at_128_pixels_is_the_usual_answer(model):
    (photograph,) = photographs_of((128, 128))
    (native,), (usual,) = (colorize.predict([photograph], model, native=native) for native in (True, False))
    np.testing.assert_allclose(native, usual, atol=1e-5)


def test_a_native_photograph_may_have_another_style(model):
    photograph, other = photographs_of((160, 120), (120, 160))
    (chroma,) = colorize.predict([photograph], model, native=True, style=other)
    assert chroma.shape == (60, 80, 2) and np.isfinite(chroma).all()
