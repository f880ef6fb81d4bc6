"""ONNX Runtime answers as Keras does, in every form, for every network that ships, and no call changes an answer."""

import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import DATA
from colorlab.cli.main import main
from colorlab.data import datasets, packing
from colorlab.networks import export, pretrained, weights
from colorlab.networks.pretrained import NETWORKS
from colorlab.painting.network import Network, load
from colorlab.painting.onnx import OnnxColorizer

APART = 0.001  # Lab units; Keras computes in float32 as well


@pytest.fixture(scope="module")
def pairs():
    """Name -> (a Keras model, ONNX Runtime) of the networks that ship."""
    return {name: (load(name).keras, load(name).model) for name in NETWORKS}


@pytest.fixture(scope="module")
def lightness(pocket):
    """Of all photographs that ship."""
    files = [file for folder in ("gallery", "legacy") for file in sorted((DATA / folder).glob("*.jpg"))]
    squares = [packing.decode(file.read_bytes(), color.IMAGE_SIZE) for file in files]
    return color.encode(np.concatenate([datasets.centre(pocket), squares]))[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_it_answers_as_keras_does_for_every_photograph_that_ships(name, pairs, lightness):
    keras_model, onnx = pairs[name]
    for start in range(0, len(lightness), 64):
        batch = lightness[start : start + 64]
        known, found = keras_model.predict_on_batch(batch), onnx.predict_on_batch(batch)
        assert 255 * np.abs(known["chroma"] - found["chroma"]).max() < APART
        assert np.abs(known["scene"] - found["scene"]).max() < 1e-3


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(128, 128), (96, 176), (224, 40)])
def test_with_two_inputs_it_answers_as_keras_does(name, size, pairs, lightness):
    local = np.resize(lightness[0], (2, *size, 1)).astype("float32")
    known, found = (model.predict_on_pair(local, lightness[5:7]) for model in pairs[name])
    assert found.shape == known.shape == (2, size[0] // 2, size[1] // 2, 2)
    assert 255 * np.abs(known - found).max() < APART


@pytest.mark.parametrize("engine", ["keras", "onnx"])
@pytest.mark.parametrize("name", NETWORKS)
def test_no_call_changes_what_the_network_answers(name, engine, pairs):
    network = Network(pairs[name][engine == "onnx"])
    photographs = [
        Image.open(DATA / "gallery" / f"{photograph}.jpg").convert("RGB") for photograph in ("china", "coffee")
    ]
    before = network.chroma(photographs)
    for how in ({"native": True}, {"style": photographs[1]}, {"native": True, "style": photographs[1]}):
        first, again = (network.chroma(photographs[:1], **how)[0] for _ in range(2))
        np.testing.assert_allclose(again, first, atol=1e-6)
    network.colorize(photographs[0], saturation=2)
    np.testing.assert_allclose(network.chroma(photographs), before, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_that_ships_is_that_of_the_weights_that_ship(name, tmp_path):
    network = NETWORKS[name]
    model, scenes = weights.load(network.file)
    trunk = NETWORKS[network.trunk].onnx if network.trunk else None
    known = {"file": trunk.name, "sha256": pretrained.sha256_of(trunk)} if trunk else None
    export.export(model, tmp_path / "again.onnx", scenes, known)
    assert (tmp_path / "again.onnx").read_bytes() == network.onnx.read_bytes()


def test_a_kernel_of_small_multiples_is_stored_in_bytes_without_a_loss():
    kernel = np.array([[-127, 3], [64, 0]]) * 2.0**-9
    assert export.step_of(kernel) == 2.0**-9
    assert export.step_of(kernel + 2.0**-12) is None  # 127 steps of 2**-12 are too few
    assert export.step_of(np.zeros(3)) == 1


# ---- one's own networks


def test_a_run_is_exported_and_colours(tiny_run, tmp_path):
    target = tmp_path / "own.onnx"
    done = CliRunner().invoke(main, ["export", str(tiny_run.folder), "-o", str(target)])
    assert done.exit_code == 0 and "Lab units" in done.output
    photograph = Image.open(DATA / "gallery" / "china.jpg")
    (known,), (found,) = (load(where).chroma([photograph]) for where in (tiny_run.folder, target))
    np.testing.assert_allclose(found, known, atol=1e-3)
    assert load(target).scenes == load(tiny_run.folder).scenes


def test_what_cannot_be_exported_is_said(tiny_run, tmp_path):
    for arguments, said in (
        (["export", str(tiny_run.folder), "-o", "own.txt"], "own.txt: let the name of an ONNX file end in .onnx"),
        (["export", str(NETWORKS["iizuka"].onnx), "-o", "own.onnx"], "is an ONNX file already"),
        (["export", str(tmp_path), "-o", "own.onnx"], "holds no best.weights.h5"),
        (["export", "iizuka", "-o", str(NETWORKS["iizuka"].onnx)], "is there already"),
        (["export", "iizuka", "-o", str(tmp_path / "no" / "own.onnx")], "there is no folder"),
    ):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code == 1 and said in done.output


# ---- files that are no network


def test_damaged_files_are_said(tmp_path):
    small = NETWORKS["iizuka"].onnx
    (tmp_path / "cut.onnx").write_bytes(small.read_bytes()[:-1000])
    (tmp_path / "text.onnx").write_text("no network")
    (tmp_path / "empty.onnx").write_bytes(b"")
    for name in ("cut", "text", "empty"):
        with pytest.raises(BadInput, match=rf"{name}\.onnx is (not a usable ONNX file|no network of colorlab)"):
            OnnxColorizer(tmp_path / f"{name}.onnx")
    shutil.copy(small.parent / pretrained.SUMS, tmp_path)
    (tmp_path / small.name).write_bytes(small.read_bytes() + b"\0")
    with pytest.raises(BadInput, match="is damaged"):
        OnnxColorizer(tmp_path / small.name)


def test_a_head_needs_the_trunk_that_it_was_exported_with(tmp_path):
    shutil.copy(NETWORKS["vivid"].onnx, tmp_path)
    with pytest.raises(BadInput, match=r"needs the places\.onnx"):
        OnnxColorizer(tmp_path / "vivid.onnx")
    shutil.copy(NETWORKS["iizuka"].onnx, tmp_path / "places.onnx")
    with pytest.raises(BadInput, match=r"needs the places\.onnx"):
        OnnxColorizer(tmp_path / "vivid.onnx")


def test_a_device_that_is_not_there_is_said():
    with pytest.raises(BadInput, match="device coreml: the ONNX Runtime that is installed cannot use it"):
        load("iizuka", device="coreml").model.name  # noqa: B018
