"""Metrics: held against their definitions, and always beside colorizers that know nothing."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.paths import ROOT
from colorlab.data import batches, datasets
from colorlab.evaluation import metrics
from colorlab.networks.pretrained import NETWORKS, SHIPPED, SUMS


class Oracle:
    """A 'network' that knows the answer, or is off by `error` everywhere."""

    def __init__(self, dataset, error=0.0):
        lightness, targets = batches.encoded(datasets.centre(dataset), dataset.labels)
        answers = zip(targets["chroma"] + error, targets["scene"], strict=True)
        self.answers = {image.tobytes(): answer for image, answer in zip(lightness, answers, strict=True)}
        self.scenes = len(dataset.classes)

    def predict_on_batch(self, lightness):
        chroma, scene = zip(*(self.answers[image.tobytes()] for image in lightness), strict=True)
        return {"chroma": np.stack(chroma), "scene": np.eye(self.scenes)[list(scene)]}


@pytest.fixture(scope="module")
def val(pocket):
    return pocket.split("val")


def test_an_oracle_is_right(val):
    result = metrics.evaluate(val, Oracle(val))
    model = dict(result["methods"]["model"])
    assert model.pop("top1") == model.pop("top5") == 100
    assert model == result["methods"]["truth"]
    assert model["chroma_loss_write_up"] == 0 and model["ciede2000"] < 1.5


def test_the_chroma_loss_is_in_the_write_ups_unit(val):
    model = metrics.evaluate(val, Oracle(val, error=0.01))["methods"]["model"]
    assert model["chroma_loss_write_up"] == pytest.approx(100 * 64 * 64 * 2 * 0.01**2, rel=1e-3)


def test_metrics_by_hand_for_predicting_grey(val):
    rgb = datasets.centre(val)
    lightness, chroma = color.encode(rgb)
    grey = color.decode(lightness, np.full_like(chroma, color.GREY))
    measured = metrics.evaluate(val, Oracle(val))["methods"]["grey"]
    assert measured["psnr"] == pytest.approx(peak_signal_noise_ratio(rgb, grey), abs=1e-3)
    ssim = np.mean([structural_similarity(a, b, channel_axis=-1) for a, b in zip(rgb, grey, strict=True)])
    assert measured["ssim"] == pytest.approx(ssim, abs=1e-6)
    assert measured["ciede2000"] == pytest.approx(deltaE_ciede2000(rgb2lab(rgb), rgb2lab(grey)).mean(), abs=1e-2)
    assert measured["rmse_ab"] == pytest.approx(np.sqrt(np.mean(rgb2lab(rgb)[..., 1:] ** 2)), abs=0.3)
    per_image = np.sum((chroma - color.GREY) ** 2, axis=(1, 2, 3))
    assert measured["chroma_loss_write_up"] == pytest.approx(100 * per_image.mean())
    assert measured["colourfulness"] < 0.5


def test_mean_color_beats_grey_on_the_photographs_it_is_the_mean_of(val):
    methods = metrics.evaluate(val, Oracle(val))["methods"]
    assert methods["mean colour"]["chroma_loss_write_up"] < methods["grey"]["chroma_loss_write_up"]


def test_colorless_photographs_are_counted_and_measured(val):
    """To leave grey what is grey is part of the task: colouring it must cost."""
    mixed = replace(val, images=np.where(np.arange(23)[:, None, None, None] < 5, 90, val.images).astype("uint8"),
                    colorless=np.arange(23) < 5)  # fmt: skip
    result = metrics.evaluate(mixed, Oracle(mixed, error=0.1))
    assert (result["photographs"], result["colourless"]) == (23, 5)
    colored = replace(mixed, images=mixed.images[5:], labels=mixed.labels[5:], colorless=mixed.colorless[5:])
    of_colored = metrics.evaluate(colored, Oracle(colored))["methods"]["grey"]["chroma_loss_write_up"]
    assert result["methods"]["grey"]["chroma_loss_write_up"] == pytest.approx(of_colored * 18 / 23, rel=1e-3)
    assert result["methods"]["model"]["chroma_loss_write_up"] == pytest.approx(100 * 64 * 64 * 2 * 0.1**2, rel=1e-3)


def test_an_empty_split_is_refused(val):
    empty = replace(val, images=val.images[:0], labels=val.labels[:0], colorless=val.colorless[:0])
    with pytest.raises(BadInput, match="no photographs to measure on"):
        metrics.evaluate(empty, Oracle(val))


def test_photographs_without_any_color_are_refused(val):
    with pytest.raises(BadInput, match="no photograph with colour"):
        metrics.evaluate(replace(val, colorless=np.ones(23, bool)), Oracle(val))


def test_scenes_of_another_data_set_are_not_scored(val):
    model = metrics.evaluate(val, Oracle(val), scenes=("abbey", "zoo"))["methods"]["model"]
    assert model["top1"] is None and model["top5"] is None


def test_a_network_with_fewer_scenes_than_the_data_set_is_measured_on_its_colors(val):
    class Smaller(Oracle):
        scenes = 3

        def predict_on_batch(self, lightness):
            return {**super().predict_on_batch(lightness), "scene": np.zeros((len(lightness), 3))}

    model = metrics.evaluate(val, Smaller(val), scenes=("a", "b", "c"))["methods"]["model"]
    assert model["top1"] is None and model["chroma_loss_write_up"] == 0


def test_a_spoilt_network_is_refused(val):
    with pytest.raises(BadInput, match="not finite numbers"):
        metrics.evaluate(val, Oracle(val, error=np.nan))


def test_scenes_beside_guessing_and_beside_the_commonest(pocket, val):
    methods = metrics.evaluate(val, Oracle(val), mean_from=pocket.split("train"))["methods"]
    commonest = np.bincount(pocket.split("train").labels).argmax()
    assert methods["mean colour"]["top1"] == pytest.approx(100 * np.mean(val.labels == commonest))
    assert methods["grey"]["top1"] == pytest.approx(100 / 7)


def test_knowing_nothing_is_not_being_right():
    assert (metrics.rank_of_truth(np.zeros((2, 7)), np.array([0, 3])) == 6).all()


def test_rank_of_truth():
    logits = np.array([[0.1, 0.9, 0.5], [0.1, 0.9, 0.5], [0.1, 0.9, 0.5]])
    np.testing.assert_array_equal(metrics.rank_of_truth(logits, np.array([0, 1, 2])), [2, 0, 1])


def test_colorfulness_by_hand():
    """Half pure red, half pure green (Hasler and Suesstrunk's formula worked out on paper)."""
    image = np.zeros((2, 4, 3), "uint8")
    image[:, :2, 0] = image[:, 2:, 1] = 200
    # red - green is +-200: spread 200, mean 0; (red + green)/2 - blue is 100 everywhere: spread 0, mean 100
    assert metrics.colorfulness(image) == pytest.approx(200 + 0.3 * 100)
    assert metrics.colorfulness(np.full((4, 4, 3), 128, "uint8")) == 0


@pytest.mark.parametrize(("mean", "said"), [(0.5, "0.50 (0.20 to 0.90) lower"), (-0.5, "0.50 (0.10 to 0.80) higher")])
def test_a_difference_is_a_sentence_in_either_direction(mean, said):
    """The interval turns around with the sign."""
    compared = {"mean": mean, "interval": [0.2, 0.9] if mean > 0 else [-0.8, -0.1], "gain": 3, "lose": 4}
    result = {
        "methods": {"grey": {"psnr": 20.0}},
        "photographs": 7,
        "name": "mine",
        "model_against": {"grey": compared},
    }
    assert metrics.table(result).splitlines()[-2:] == [
        "7 photographs of mine",
        f"CIEDE2000 is {said} than with grey: 3 photographs gain, 4 lose",
    ]


def test_the_table_and_the_file(val, tmp_path):
    result = metrics.evaluate(val, Oracle(val))
    lines = metrics.table(result).splitlines()
    assert [line.split()[0] for line in lines[1:9]] == ["dB", "model", "±", "grey", "±", "mean", "±", "truth"]
    assert "23 photographs of pocket/val" in lines[9]
    assert lines[-1].startswith("CIEDE2000 is ") and "lower than with mean colour: " in lines[-1]
    low, high = result["intervals"]["grey"]["psnr"]
    assert f"±{(high - low) / 2:.2f}" in lines[5]
    assert max(map(len, lines)) <= 96  # or it wraps in a notebook
    metrics.write(result, tmp_path / "new" / "result.json")
    assert json.loads((tmp_path / "new" / "result.json").read_text()) == result
    with pytest.raises(BadInput, match="cannot be written"):
        metrics.write(result, tmp_path / "new" / "result.json" / "impossible.json")


def test_without_intervals_the_table_shows_the_metrics_alone(val):
    """As in records that are older than the intervals."""
    result = metrics.evaluate(val, Oracle(val))
    for method in result["methods"].values():
        method.pop("ssim_ab")
    older = {key: value for key, value in result.items() if key not in ("intervals", "model_against")}
    lines = metrics.table(older).splitlines()
    assert len(lines) == 7 and "±" not in "".join(lines) and lines[1].split()[1] == "SSIM"


def test_every_metric_has_an_interval_around_it(val):
    result = metrics.evaluate(val, Oracle(val, error=0.02))
    for name, measured in result["methods"].items():
        for metric, (low, high) in result["intervals"][name].items():
            assert low - 1e-9 <= measured[metric] <= high + 1e-9, (name, metric)
    against = result["model_against"]["grey"]
    assert against["gain"] + against["lose"] <= 23 and against["gain"] > against["lose"]
    error = {name: result["methods"][name]["ciede2000"] for name in ("grey", "model")}
    assert against["mean"] == pytest.approx(error["grey"] - error["model"])


def test_structure_of_a_and_b_is_what_grey_lacks(val):
    methods = metrics.evaluate(val, Oracle(val))["methods"]
    assert methods["grey"]["ssim"] > 0.8 > 0.5 > methods["grey"]["ssim_ab"]
    assert methods["truth"]["ssim_ab"] > 0.95


def test_contributions_add_up_to_the_joint_loss_that_training_reports(tiny_run):
    row, alpha = tiny_run.history[-1], tiny_run.recipe["alpha"]
    parts = metrics.contributions(row, alpha)
    assert parts["chroma"] + parts["scene"] == pytest.approx(row["loss"], rel=1e-3)
    assert parts["val_chroma"] + parts["val_scene"] == pytest.approx(row["val_loss"], rel=1e-3)
    assert parts["chroma_write_up"] == pytest.approx(100 * row["chroma_loss"])


RECORD = ROOT / "report" / "results" / "places" / "metrics.json"


def test_the_readme_says_how_large_the_networks_are():
    readme = (ROOT / "README.md").read_text()
    lines = dict(re.findall(r"^\| `(\w+)`.*? \| ([\d.]+) MB \|", readme, re.MULTILINE))
    assert set(lines) == set(NETWORKS)
    for name, network in NETWORKS.items():
        size = sum(NETWORKS[part].onnx.stat().st_size for part in {name, network.trunk} - {None}) / 1e6
        assert lines[name] == f"{size:.1f}", name


def test_the_record_is_of_the_weights_that_ship_and_keeps_what_is_promised():
    record = json.loads(RECORD.read_text())
    assert record["sha256"] in (SHIPPED / SUMS).read_text()
    assert record["photographs"] == 2000
    assert record["methods"]["model"]["below_grey"] >= 18
    assert record["rms_against_training_precision"] < 0.5  # Lab units
