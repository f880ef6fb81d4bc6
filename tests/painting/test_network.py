"""A network colours photographs of any size: not a pixel of detail is lost, and scenes have their probabilities."""

import numpy as np
import pytest
from PIL import Image

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.painting.network import Network, load

LEGACY = sorted((DATA / "legacy").glob("*.jpg"))


@pytest.fixture(scope="module")
def network(tiny_run):
    return load(tiny_run.folder)


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
def test_lightness_survives_at_full_resolution(network, kind, size):
    photograph = PHOTOGRAPHS[kind].resize(size)
    before = lightness(photograph)
    colored = network.colorize(photograph)
    assert colored.size == size and colored.mode == "RGB"
    assert np.abs(lightness(colored) - before)[in_gamut(colored)].max(initial=0) < 0.6  # rounding to 8 bits
    np.testing.assert_array_equal(lightness(photograph), before)  # the caller's photograph is untouched


def test_transparency_stays(network):
    photograph = Image.open(LEGACY[0]).convert("RGBA")
    photograph.putalpha(Image.linear_gradient("L").resize(photograph.size))
    colored = network.colorize(photograph)
    assert colored.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(colored)[..., 3], np.asarray(photograph)[..., 3])


def test_a_photograph_is_colored_the_same_alone_and_among_others(network):
    photographs = [Image.open(path).convert("L") for path in LEGACY[:4]]
    together = network.chroma(photographs)
    alone = np.concatenate([network.chroma([photograph]) for photograph in photographs])
    np.testing.assert_allclose(together, alone, atol=1e-5)


# ---- sizes and styles


def photographs_of(*sizes):
    random = np.random.default_rng(5)
    return [Image.fromarray(random.integers(0, 256, (h // 8, w // 8, 3), "uint8")).resize((w, h)) for w, h in sizes]


def test_a_photograph_in_its_own_style_is_colored_as_without(network):
    (photograph,) = photographs_of((160, 120))
    (usual,), (own,) = network.chroma([photograph]), network.chroma([photograph], style=photograph)
    np.testing.assert_allclose(own, usual, atol=1e-5)


def test_another_style_changes_colors_everywhere_alike(network):
    photograph, other = photographs_of((160, 120), (120, 160))
    (usual,), (lent,) = network.chroma([photograph]), network.chroma([photograph], style=other)
    assert not np.allclose(lent, usual, rtol=0, atol=1e-6)
    lightness, whole = (np.full((1, 128, 128, 1), value, "float32") for value in (0.2, -0.4))
    swapped = network.keras.predict_on_pair(lightness, whole)[0, 16:48, 16:48]
    assert np.ptp(swapped, axis=(0, 1)).max() < 1e-3  # where nothing local differs, one colour


@pytest.mark.parametrize(
    "size, seen",
    [((160, 120), (60, 80, 2)), ((128, 128), (64, 64, 2)), ((1024, 300), (76, 256, 2)), ((3, 2), (44, 64, 2))],
)
def test_the_network_sees_a_native_photograph_in_its_own_shape(network, size, seen):
    photograph = Image.new("L", size, 90)
    (chroma,) = network.chroma([photograph], native=True)
    assert chroma.shape == seen and chroma.min() >= 0 and chroma.max() <= 1
    assert network.colorize(photograph, native=True).size == size


def test_native_at_128_pixels_is_the_usual_answer(network):
    (photograph,) = photographs_of((128, 128))
    (native,), (usual,) = (network.chroma([photograph], native=native) for native in (True, False))
    np.testing.assert_allclose(native, usual, atol=1e-5)


def test_a_native_photograph_may_have_another_style(network):
    photograph, other = photographs_of((160, 120), (120, 160))
    (chroma,) = network.chroma([photograph], native=True, style=other)
    assert chroma.shape == (60, 80, 2) and np.isfinite(chroma).all()


# ---- a model in memory, and one that is read when it is needed


class Fake:
    """All that `Network` asks of a model, as far as it needs no second input."""

    name = "classifier"

    def predict_on_batch(self, lightness):
        assert lightness.shape[1:] == (128, 128, 1)
        chroma = np.full((len(lightness), 64, 64, 2), color.GREY + 0.1, "float32")
        return {"chroma": chroma, "scene": np.log([[0.2, 0.5, 0.3]] * len(lightness)).astype("float32")}


FAKE = Network(Fake(), ["abbey", "beach", "church"])


def test_any_model_will_do_and_has_the_saturation_of_its_kind():
    assert repr(FAKE) == "Network('classifier')" and FAKE.scenes == ("abbey", "beach", "church")
    photographs = photographs_of((80, 80), (40, 60))
    for chroma in FAKE.chroma(photographs):  # 1.1 is that of classifiers
        np.testing.assert_allclose(chroma, color.GREY + 0.11, atol=1e-6)
    for saturation in (0, 0.5, 3):
        (chroma, _) = FAKE.chroma(photographs, saturation)
        np.testing.assert_allclose(chroma, color.GREY + 0.1 * saturation, atol=1e-6)
    assert FAKE.colorize(photographs[1], saturation=0).convert("L").size == (40, 60)


def test_scenes_are_named_with_their_probabilities_the_most_probable_first(network):
    (photograph,) = photographs_of((160, 120))
    assert list(FAKE.scene(photograph).items()) == [
        ("beach", pytest.approx(0.5)), ("church", pytest.approx(0.3)), ("abbey", pytest.approx(0.2))]  # fmt: skip
    found = network.scene(photograph)
    assert set(found) == set(network.scenes) and len(found) == len(network.scenes)
    assert sum(found.values()) == pytest.approx(1) and min(found.values()) > 0
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_weights_are_read_when_they_are_first_needed(tmp_path):
    file = tmp_path / "my.weights.h5"
    file.write_text("no weights")
    network = load(file)
    assert network.weights == file and repr(network) == f"Network('{file}')"
    with pytest.raises(BadInput, match="my.weights.h5 is not a usable file"):
        network.colorize(Image.new("L", (10, 10)))


def test_no_weights_are_refused_at_once():
    with pytest.raises(BadInput, match="there is no nowhere"):
        load("nowhere")
