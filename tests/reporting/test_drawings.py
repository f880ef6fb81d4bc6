"""Drawings: each shows its records, and nothing else changes it."""

import json

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from colorlab.base import paths
from colorlab.networks.tables import TABLES
from colorlab.reporting import drawings, records, report
from colorlab.reporting.architecture import architecture

pytestmark = pytest.mark.usefixtures("style")


def test_the_architecture_has_a_block_for_each_layer_with_its_size_and_its_number_of_maps():
    axis = drawings.architecture(paths.RESULTS).axes[0]
    outputs = [row.output for rows in TABLES.values() for row in rows]
    said = ["\n".join(map(str, output[1:])) if len(output) == 3 else str(output[0]) for output in outputs]
    names = [network.replace("_", " ") for network in TABLES]
    assert sorted(text.get_text() for text in axis.texts if text.get_text()) == sorted(said + names)
    assert sum(isinstance(patch, Rectangle) for patch in axis.patches) == len(outputs)


def test_what_a_notebook_is_about_is_lit_in_the_architecture():
    axis = architecture(lit=["global_features", "chroma"]).axes[0]
    lit = [patch for patch in axis.patches if isinstance(patch, Rectangle) and patch.get_alpha() > 0.5]
    assert len(lit) == len(TABLES["global_features"])
    ends = {text.get_text(): text.get_fontweight() for text in axis.texts if "→" in text.get_text()}
    assert ends == {"lightness →": "normal", "→ chroma": "bold", "→ scene": "normal"}


def test_a_figure_changes_with_its_record_alone(results, tmp_path):
    file = results / "13_five_ways" / "metrics.json"
    record = json.loads(file.read_text())
    record["miniplaces"]["methods"]["segments 8"]["ciede2000"] += 1
    file.write_text(json.dumps(record))
    for name in ("told", "training"):
        report.draw(name, tmp_path / f"{name}_before.svg")
        report.draw(name, tmp_path / f"{name}_after.svg", results)
    assert (tmp_path / "told_before.svg").read_bytes() != (tmp_path / "told_after.svg").read_bytes()
    assert (tmp_path / "training_before.svg").read_bytes() == (tmp_path / "training_after.svg").read_bytes()


def test_the_sweep_shows_every_training_and_the_means():
    rows = [row for row in records.read_rows(paths.RESULTS / "alpha" / "summary.csv") if row["loss"] == "squared"]
    axis = drawings.alpha_sweep(paths.RESULTS).axes[0]
    dots = np.concatenate([line.get_ydata() for line in axis.lines if line.get_linestyle() == "None"])
    assert sorted(dots) == sorted(float(row["chroma_loss_write_up"]) for row in rows)
    shown = {line.get_label(): line.get_ydata() for line in axis.lines if line.get_linestyle() == "-"}
    assert len(shown) == len({(row["depth"], row["images"]) for row in rows})
    mine = [row for row in rows if (row["depth"], row["images"]) == ("16", "9600")]
    losses = {}
    for row in mine:
        losses.setdefault(float(row["alpha"]), []).append(float(row["chroma_loss_write_up"]))
    means = [np.mean(losses[alpha]) for alpha in sorted(losses)]
    np.testing.assert_allclose(shown["depth 16, 9,600 images"], means)


def test_trainings_that_diverged_are_counted_and_not_drawn():
    found = records.trained_without(paths.RESULTS)
    runs = found["scene loss"]
    found["scene loss"] = [runs[0], None, None]
    axis = drawings.without_parts(found, mean_color=2372.0, chance=0.01).axes[0]
    assert [text.get_text() for text in axis.texts] == ["not trained", "2 of 3 diverged"]
    row = list(found).index("scene loss")
    dots = [line for line in axis.lines if line.get_marker() == "o" and line.get_ydata()[0] == row]
    assert [list(line.get_xdata()) for line in dots] == [[100 * runs[0].history[-1]["val_chroma_loss"]]]


def test_own_runs_are_drawn_over_the_photographs_seen():
    run = records.Run(paths.RESULTS / "09_pocket_cpu")
    (line,) = drawings.own_runs({"mine": run}).axes[0].lines
    assert line.get_label() == "mine"
    assert list(line.get_xdata()) == [row["step"] * run.recipe["batch_size"] for row in run.history]
    assert list(line.get_ydata()) == [100 * row["val_chroma_loss"] for row in run.history]
