"""Networks that several test files save and read."""

import numpy as np
import pytest

from colorlab.networks import classifier, colorizer, weights


@pytest.fixture
def model():
    return colorizer.colorizer(depth=4, scenes=3)


@pytest.fixture(scope="session")
def headed(tmp_path_factory):
    """A classifier on a colorizer's networks, and where it lies: whole in one file, and beside the colorizer's."""
    folder, trunk, model = tmp_path_factory.mktemp("headed"), colorizer.colorizer(4, 3), classifier.classifier(4, 3)
    weights.save(trunk, folder / "trunk.weights.h5", "abc")
    classifier.take_trunk(model, trunk)
    model.rarity = np.linspace(0.2, 6, 261)
    weights.save(model, folder / "whole.weights.h5", "abc")
    weights.save(model, folder / "head.weights.h5", "abc", folder / "trunk.weights.h5")
    return model, folder
