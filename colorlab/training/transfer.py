"""Transfer learning: train new last layers on a trained network, whose own layers stay as they are."""

from colorlab.base.errors import BadInput
from colorlab.networks import pretrained, weights
from colorlab.networks.classifier import classifier, take_trunk
from colorlab.networks.tables import DEPTH, SCENES


def on_shipped_trunk(depth=DEPTH, scenes=SCENES):
    """Return a classifier with the shipped network's layers up to the fusion. Only the layers after it are trained.

    Raises BadInput if it has another depth or number of scenes. (Runs record this function's name: do not rename it.)
    """
    trunk, names = weights.load(pretrained.find_weights(pretrained.NETWORKS["vivid"].trunk))
    theirs = trunk.get_layer("low_level_1").filters, len(names)
    if (depth, scenes) != theirs:
        wanted = f"depth {theirs[0]} and {theirs[1]} scenes"
        raise BadInput(f"the network that ships has {wanted}; the recipe and data have {depth} and {scenes}")
    model = classifier(depth, scenes)
    take_trunk(model, trunk)
    for layer in model.layers:
        layer.trainable = layer.name.startswith("colorization")
    return model
