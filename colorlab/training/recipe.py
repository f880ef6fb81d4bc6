"""A recipe: every hyperparameter of a training run in one frozen, checked object."""

import math
from dataclasses import dataclass, fields

from colorlab.base.errors import BadInput
from colorlab.data.batches import Sampling

# The write-up's values, where it states them (section on training, and the authors' network.py):
#   depth 64, batch_size 100, epochs 25 over 100,000 images, optimizer adadelta (rho 0.95), learning_rate 1e-5
#   (1e-6 in the code), constant, alpha 5 (Iizuka et al.: 1/300), float32.
# The defaults below are ours: they train this network well in the time at hand.


def _whole(least):
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _number(above=None, least=None):
    def fits(value):
        real = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return real and (above is None or value > above) and (least is None or value >= least)

    return fits


def _one_of(*choices):
    return lambda value: value in choices


# field -> (does a value fit?, what it must be)
RULES = {
    "depth": (lambda value: _whole(2)(value) and value % 2 == 0, "an even whole number (one layer has half of it)"),
    "batch_size": (_whole(2), "a whole number, 2 or more (batch normalization needs two images to compare)"),
    "epochs": (_whole(1), "a whole number, 1 or more"),
    "steps_per_epoch": (lambda value: value is None or _whole(1)(value), "a whole number, 1 or more, or None"),
    "optimizer": (_one_of("adadelta", "adam", "adamw"), "adadelta, adam or adamw"),
    "learning_rate": (_number(above=0), "a number above 0"),
    "schedule": (_one_of("constant", "cosine"), "constant or cosine"),
    "warmup_steps": (_whole(0), "a whole number, 0 or more"),
    "loss": (_one_of("squared", "huber", "bins"), "squared, huber or bins"),
    "alpha": (_number(least=0), "a number, 0 or more"),
    "average": (lambda value: _number(least=0)(value) and value < 1, "a number from 0 to below 1"),
    "precision": (_one_of("auto", "float32", "mixed_bfloat16"), "auto, float32 or mixed_bfloat16"),
    "shift": (lambda value: _whole(0)(value) and value < 64, "a whole number of pixels from 0 to 63"),
    "mirror": (lambda value: isinstance(value, bool), "True or False"),
    "validation_images": (_whole(1), "a whole number, 1 or more"),
    "seed": (_whole(0), "a whole number, 0 or more"),
}


@dataclass(frozen=True)
class Recipe:
    """Every hyperparameter of a training run. A value that cannot work raises BadInput, which names the field."""

    depth: int = 64  # channels of the first layer; all others are multiples of it
    batch_size: int = 32  # images per step
    epochs: int = 10  # an epoch ends with a validation, a picture and a checkpoint
    steps_per_epoch: int | None = None  # None: one pass over the training photographs
    optimizer: str = "adamw"
    learning_rate: float = 1e-3  # at its highest, after the warm-up
    schedule: str = "cosine"  # from learning_rate to zero over the whole run
    warmup_steps: int = 0  # over which the learning rate rises from zero
    loss: str = "squared"  # of chroma: "squared" as in the write-up, or "huber"; "bins" for a classifier
    alpha: float = 5.0  # weight of the cross-entropy in the joint loss
    average: float = 0.0  # momentum of the moving average of the weights that is validated and saved; 0: no average
    precision: str = "auto"  # mixed_bfloat16 where the hardware has it, else float32 (precision.py)
    shift: int = 8  # augmentation: pixels by which a crop may be off the middle, each way
    mirror: bool = True  # augmentation: flip half of the photographs left to right
    validation_images: int = 256  # the most that are validated on after an epoch
    seed: int = 0  # of the initial weights, the order of the photographs, and the augmentation

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            fits, wanted = RULES[field.name]
            if not fits(value):
                raise BadInput(f"recipe: {field.name} is {value!r}; it must be {wanted}")
            if field.type is float:  # so that 5 and 5.0 are the same recipe, with the same run folder
                object.__setattr__(self, field.name, float(value))

    @property
    def sampling(self) -> Sampling:
        """How batches are drawn from the data set."""
        return Sampling(self.batch_size, self.seed, self.shift, self.mirror)

    def steps(self, photographs: int) -> tuple[int, int]:
        """Return (steps per epoch, steps in all) for this number of training photographs with colour."""
        per_epoch = self.steps_per_epoch or math.ceil(photographs / self.batch_size)
        return per_epoch, per_epoch * self.epochs


# "places" trained the weights that ship, on MiniPlaces and a GPU: 960,000 images, every photograph ten times.
# Its alpha is the best of the trials in report/results/alpha. There the loss of chroma falls as alpha rises: by 1.6 %
# from 0 to 100, which is more than another seed changes. Full trainings with alpha 10 and 100, one seed each, hardly
# differ: against 10, the loss of chroma with 100 is 0.8 % higher on MiniPlaces, and lower on the pocket photographs.
RECIPES = {
    "places": Recipe(
        batch_size=128,
        epochs=5,
        steps_per_epoch=1500,
        learning_rate=1e-3,
        warmup_steps=500,
        alpha=100.0,
        average=0.999,
        shift=12,
        validation_images=1000,
    ),
    # The last layers of the vivid network, on the layers that "places" trained: 192,000 images, every photograph twice.
    "vivid": Recipe(
        batch_size=64,
        epochs=6,
        steps_per_epoch=500,
        learning_rate=1e-3,
        warmup_steps=200,
        loss="bins",
        alpha=0.0,
        average=0.999,
        shift=12,
        validation_images=1000,
    ),
    # The original network, an eighth as wide. It has seen 192,000 images, too.
    "iizuka": Recipe(
        depth=8,
        epochs=6,
        steps_per_epoch=1000,
        warmup_steps=500,
        alpha=100.0,
        average=0.999,
        shift=12,
        validation_images=1000,
    ),
}
