"""The published numbers: they are of the networks that ship, and come from the errors of each photograph."""

import numpy as np
import pytest

from colorlab.base import paths
from colorlab.evaluation import intervals
from colorlab.networks.pretrained import DEFAULT, NETWORKS, sha256_of
from colorlab.reporting.records import read_arrays, record

ERRORS = paths.RESULTS / "errors"


@pytest.fixture(scope="module")
def known():
    return record(ERRORS / "metrics.json")


def each(name):
    """Method -> kind -> (N,), from the arrays of a data set."""
    found = {}
    for key, values in read_arrays(ERRORS / f"{name}.npz").items():
        if key != "scene":
            method, kind = key.split("/")
            found.setdefault(method, {})[kind] = values.astype("float64")
    return found


def test_they_are_of_the_networks_that_ship(known):
    assert known["files"] == {look: sha256_of(network.onnx) for look, network in NETWORKS.items()}
    assert known["default"] == f"{DEFAULT} x{NETWORKS[DEFAULT].saturation:g}"
    used = {f"{look} x{factor:g}" for look, network in NETWORKS.items() for factor in (1, network.saturation)}
    assert set(known["miniplaces"]["methods"]) == used | {"grey", "mean colour", "truth"}


@pytest.mark.parametrize(("name", "photographs"), [("miniplaces", 1000), ("pocket", 23)])
def test_they_are_those_of_the_arrays(known, name, photographs):
    errors = each(name)
    assert {len(values) for kinds in errors.values() for values in kinds.values()} == {photographs}
    values, spans = intervals.measured(errors)
    for method in values:
        assert known[name]["methods"][method] == pytest.approx(values[method])
        for metric, span in spans[method].items():
            assert known[name]["intervals"][method][metric] == pytest.approx(span, abs=1e-6), (method, metric)
    default = known["default"]
    pair = intervals.paired(errors[default]["ciede2000"], errors["grey"]["ciede2000"])
    assert known[name]["against"][default]["grey"]["ciede2000"]["mean"] == pytest.approx(pair["mean"])
    assert known[name]["against"][default]["grey"]["ciede2000"]["gain"] == pair["gain"]


def test_every_scene_has_as_many_photographs():
    scenes = np.bincount(read_arrays(ERRORS / "miniplaces.npz")["scene"])
    assert len(scenes) == 100 and set(scenes) == {10}


def test_the_scenes_come_by_their_gain(known):
    scenes = known["miniplaces"]["gain over grey by scene"][known["default"]]
    gains = [one["gain"] for half in ("best", "worst") for one in scenes[half].values()]
    assert len(gains) == 20 and gains == sorted(gains, reverse=True) and gains[0] > 0 > gains[-1]
