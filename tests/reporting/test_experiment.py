"""The long experiment of report/ablations.py, in small: what is on record is not trained again, and it adds up."""

import importlib.util
import json
import sys
from dataclasses import asdict, replace

import numpy as np
import pytest
from making import two_layers

from colorlab.base import paths
from colorlab.base.errors import BadInput
from colorlab.base.provenance import described
from colorlab.training.callbacks import Diverged
from colorlab.training.loop import train
from colorlab.training.recipe import Recipe


@pytest.fixture
def script(tmp_path, monkeypatch, pocket):
    """The script with two parts, two rates, two seeds, and trainings of two steps."""
    spec = importlib.util.spec_from_file_location("ablations_script", paths.REPORT / "ablations.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    recipe = Recipe(depth=2, batch_size=4, epochs=2, steps_per_epoch=1, validation_images=4, precision="float32")
    smaller = {"RECORDS": tmp_path / "records", "TRAINED": tmp_path / "runs", "RECIPE": recipe, "RATES": (1e-3, 1e-2)}
    smaller |= {"SEEDS": (0, 1), "WITHOUT": {"nothing": two_layers, "first weights": two_layers}}
    for name, value in smaller.items():
        monkeypatch.setattr(module, name, value)
    few = replace(pocket, splits={"train": (0, 8), "val": (8, 16)})
    monkeypatch.setattr(module.datasets, "load", lambda name: few)
    return module


def write(script, part, rate, seed, loss, **changes):
    """Write the record of a training that nobody did."""
    one = script.Training(part, rate, seed)
    half = {"colour_loss": loss, "scenes": 0.1}
    known = {"state": "trained", "recipe": asdict(one.recipe), "dataset": {"name": "x"}, "choose": half, "report": half}
    script.write(one.file, known | changes)


def test_only_what_is_not_on_record_is_trained(script, monkeypatch, capsys):
    data = script.datasets.load("any")
    for part in script.WITHOUT:
        for rate, seed in ((1e-3, script.CHOOSING), (1e-2, script.CHOOSING), (1e-3, 0), (1e-3, 1)):
            write(script, part, rate, seed, 20.0 + rate + seed, dataset=described(data))
    missing = script.Training("first weights", 1e-3, 1)
    missing.file.unlink()
    trained = []
    monkeypatch.setattr(script, "train", lambda *arguments: trained.append(arguments) or train(*arguments))
    script.main()
    script.main()
    assert len(trained) == 1 and "8 of 8 trainings are on record" in capsys.readouterr().out

    record = json.loads((script.RECORDS / "first-weights" / "seed_1" / "record.json").read_text())
    assert missing.file.stat().st_size < 5000
    assert record["recipe"]["seed"] == 1 and record["dataset"]["digest"] and len(record["history"]) == 2
    assert record["starts"][0]["hardware"]["cores"] and record["starts"][0]["commit"]
    summary = json.loads((script.RECORDS / "summary.json").read_text())
    assert summary["recorded"] == summary["of"] == 8 and summary["comparisons"]["first weights"]["pairs"] == 2
    assert summary["colour_loss"]["first weights"]["1"] == record["report"]["colour_loss"]

    model = two_layers(2, len(data.classes))
    model.load_weights(missing.run.folder / "last.weights.h5")
    for half, rest in (("choose", 0), ("report", 1)):
        lightness, chroma = script.color.encode(script.datasets.centre(data.split("val"))[rest::2])
        losses = np.square(model.predict_on_batch(lightness)["chroma"] - chroma).sum(axis=(1, 2, 3))
        assert record[half]["colour_loss"] == pytest.approx(losses.mean(), rel=1e-4)

    missing.file.unlink()  # the run is still there: it is measured again, not trained
    missing.make(data)
    assert missing.record["report"] == record["report"] and missing.record["history"] == record["history"]


def test_a_training_that_diverged_is_a_record_and_no_rate_to_choose(script, monkeypatch):
    def diverges(data, recipe, folder, network):
        run = script.Run(folder)
        run.folder.mkdir(parents=True)
        start = dict.fromkeys(script.KEPT, "") | {"dataset": {"name": "x", "photographs": 1, "digest": ""}}
        run.write("recipe.json", json.dumps(asdict(recipe)))
        run.write("provenance.json", json.dumps([start]))
        raise Diverged("the loss is nan: try a lower learning_rate")

    monkeypatch.setattr(script, "train", diverges)
    script.Training("nothing", 1e-2, script.CHOOSING).make(script.datasets.load("any"))
    assert script.Training("nothing", 1e-2, script.CHOOSING).record["state"] == "diverged"
    write(script, "nothing", 1e-3, script.CHOOSING, 30.0)
    assert script.best_rate("nothing") == 1e-3


def test_a_part_waits_for_all_rates_and_then_gets_the_best(script):
    write(script, "nothing", 1e-3, script.CHOOSING, 21.0)
    assert script.best_rate("nothing") is None
    assert script.summary()["recorded"] == 1 and script.summary()["of"] == 8
    write(script, "nothing", 1e-2, script.CHOOSING, 20.0)
    assert script.best_rate("nothing") == 1e-2


def test_a_summary_of_some_records_gives_no_verdict_yet(script, capsys):
    for part, lower in (("nothing", 0), ("first weights", 2)):
        for rate in script.RATES:
            write(script, part, rate, script.CHOOSING, 20.0 + rate)
        write(script, part, 1e-3, 0, 20.0 - lower)
    script.main(only_summary=True)
    assert "6 of 8 trainings are on record" in (said := capsys.readouterr().out) and "1 of 2 pairs" in said
    for part, lower in (("nothing", 0), ("first weights", 2.001)):
        write(script, part, 1e-3, 1, 20.0 - lower)
    script.main(only_summary=True)
    assert "-2.00 (-2.01 to -1.99)" in (said := capsys.readouterr().out) and "lower" in said
    write(script, "first weights", 1e-3, 1, 0.0, state="diverged")
    script.main(only_summary=True)
    assert "1 of 2 pairs; 1 diverged" in capsys.readouterr().out


def test_no_record_at_all_is_no_error(script, capsys):
    script.main(only_summary=True)
    assert "0 of 8 trainings" in capsys.readouterr().out


def test_records_that_do_not_fit_are_refused(script, monkeypatch):
    write(script, "nothing", 1e-3, script.CHOOSING, 20.0)
    with pytest.raises(BadInput, match="rate_0.001/record.json is of other photographs"):
        script.Training("nothing", 1e-3, script.CHOOSING).make(script.datasets.load("any"))
    write(script, "nothing", 1e-2, script.CHOOSING, 20.0, dataset={"name": "y"})
    with pytest.raises(BadInput, match="are of different photographs"):
        script.summary()
    monkeypatch.setattr(script, "RECIPE", replace(script.RECIPE, alpha=7.0))
    with pytest.raises(BadInput, match="another recipe .*: move it away"):
        script.summary()
    script.Training("nothing", 1e-3, script.CHOOSING).file.write_text("{")
    with pytest.raises(BadInput, match="record.json is damaged"):
        script.summary()
