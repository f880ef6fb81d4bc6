"""The exercises of notebook 05: the fusion without the tiled array, its cost, and what the border does to it."""

import tracemalloc

import numpy as np

from colorlab.course.exercises import answers
from colorlab.course.exercises.exercise import Choice, Function, Number
from colorlab.networks import by_hand
from colorlab.networks.tables import TABLES


class WithoutTiling(Function):
    """A fusion that must not build the array in which the global features are copied to every place."""

    def problem(self, answer):
        return super().problem(answer) or self._tiles(answer)

    def _tiles(self, answer):
        """Say so if the function needs as much memory as the tiled array of 256 global features and 8 maps."""
        y_global, y_mid = np.ones((1, 256)), np.ones((1, 32, 32, 8))
        tiled = 32 * 32 * (256 + 8) * y_mid.itemsize
        with _Watched() as memory:
            answers.call(answer, (y_global, y_mid, np.ones((264, 4)), np.ones(4)))
        if memory.most < tiled / 2:
            return None
        return (
            "The numbers are right, but your function copies the global features to every place. Multiply them first."
        )


class _Watched:
    """Watches how many bytes Python and NumPy hold, at most, above those held at the beginning."""

    def __enter__(self):
        self.ours = not tracemalloc.is_tracing()
        if self.ours:
            tracemalloc.start()
        tracemalloc.reset_peak()
        self.before = tracemalloc.get_traced_memory()[0]
        return self

    def __exit__(self, *error):
        self.most = tracemalloc.get_traced_memory()[1] - self.before
        if self.ours:
            tracemalloc.stop()


def _fused(y_global, y_mid, kernel, bias):
    """The equation, literally."""
    tiled = np.broadcast_to(y_global[:, None, None], (*y_mid.shape[:3], y_global.shape[1]))
    return np.concatenate([tiled, y_mid], axis=-1) @ kernel + bias


def _exchanged(y_global, y_mid, kernel, bias):
    split = y_mid.shape[-1]
    return _fused(y_global, y_mid, np.concatenate([kernel[split:], kernel[:split]]), bias)


q1 = WithoutTiling(
    task="""
Write the fusion without the tiled array. Your function gets the global features of the shape (N, G), the mid-level
features of the shape (N, H, W, M), the kernel of the shape (G + M, units) and the bias of the shape (units,). Return
the fused maps before $\\sigma$, of the shape (N, H, W, units). Do not copy the global features to every place.
""",
    hint="The first G rows of the kernel belong to the global features. Multiply these first: the result has the shape "
    "(N, units), and [:, None, None, :] gives it the two axes that it lacks.",
    solution="""
def my_fusion(y_global, y_mid, kernel, bias):
    split = y_global.shape[1]
    everywhere = y_global @ kernel[:split] + bias
    return y_mid @ kernel[split:] + everywhere[:, None, None, :]
""",
    draw=lambda random: tuple(random.normal(size=shape) for shape in [(3, 5), (3, 4, 6, 7), (12, 4), (4,)]),
    expected=_fused,
    mistakes=[
        (
            _exchanged,
            "You have exchanged the halves of the kernel. Its first G rows belong to the global features.",
        ),
        (
            lambda y_global, y_mid, kernel, bias: _fused(y_global, y_mid, kernel, 0),
            "You have left out the bias.",
        ),
        (
            lambda y_global, y_mid, kernel, bias: _fused(y_global, y_mid, kernel, 2 * bias),
            "You have added the bias twice, once with each part.",
        ),
        (
            lambda y_global, y_mid, kernel, bias: _fused(0 * y_global, y_mid, kernel, bias),
            "The global features are missing.",
        ),
        (
            lambda y_global, y_mid, kernel, bias: _fused(y_global[[0, 0, 0]], y_mid, kernel, bias),
            "You use the global features of the first photograph for all of them.",
        ),
        (
            lambda y_global, y_mid, kernel, bias: np.maximum(_fused(y_global, y_mid, kernel, bias), 0),
            "This is after ReLU. Return what comes before σ.",
        ),
    ],
)


def _cheap(global_features):
    height, width, units = TABLES["fusion"][0].output
    return (global_features * units + height * width * 128 * units) / 1e6


LITERAL = "This is the literal form, which multiplies the global features at every place."

q2 = Number(
    task="""
Suppose that there were 512 global features in place of 128. The fusion still has 128 mid-level features, 256 outputs
and 32 x 32 places. How many million multiplications does its cheap form need for one photograph? Give at least four
digits.
""",
    hint="The global features are multiplied once for each photograph, the mid-level ones once for each place.",
    solution="q2 = (512 * 256 + 32 * 32 * 128 * 256) / 1e6",
    because="It is 0.3 % more than with 128. The literal form would need 168 million.",
    expected=lambda: _cheap(512),
    mistakes=[
        (32 * 32 * 640 * 256 / 1e6, LITERAL),
        (168, LITERAL),  # the same, rounded
        (
            512 * 256 * 1024 / 1e6,
            "You have multiplied the global features at every place and left out the mid-level ones.",
        ),
        (_cheap(128), "This is with 128 global features."),
        (_cheap(0), "You have left out the global features."),
        (_cheap(512) * 1e6, "This is the number itself. Give it in millions."),
    ],
    tolerance=0.001,
)


q3 = Choice(
    task="""
Suppose that the global features were the same for every photograph. Which part of the equation could do their work?

- "A": the matrix for the mid-level features, $W_m$.
- "B": the bias $b$.
- "C": none, since they belong to another network.
""",
    hint="What does $W_g\\,g$ add at each place, and does it depend on anything then?",
    solution='q3 = "B"',
    because="The global part is then a constant vector that is added everywhere, and so is the bias.",
    right="B",
    wrong={
        "A": "This matrix multiplies what differs from place to place. The global part is the same everywhere and is "
        "added.",
        "C": "Whatever network they come from, they only add a vector at each place. Which part of the equation adds "
        "one?",
    },
)


def _kinds_of_places():
    """Count the different answers of a convolution to maps that are 1 everywhere, with zeros beyond the border."""
    kernel = np.random.default_rng().random((1, 1, 3, 3))
    return len(np.unique(by_hand.convolution(np.ones((1, 6, 6, 1)), kernel).round(8)))


q4 = Number(
    task="""
The authors' program tiles the global features and goes straight into a 3x3 convolution with zeros beyond the border.
What the global features add is the same vector at all inner places. At the border some of the nine copies are
missing. How many different vectors are there in all, the inner one included?
""",
    hint="Which places of the kernel fall on zeros along the upper edge? Along the left one? In a corner?",
    solution="q4 = 9",
    because="There are four edges, four corners and the inner places. So the tiling can be saved here, too.",
    expected=_kinds_of_places,
    mistakes=[
        (1, "The border is different: there some of the nine copies are zeros."),
        (2, "The places of the border differ from each other: other parts of the kernel fall on zeros."),
        (
            3,
            "Along each of the four edges, another row or column of the kernel falls on zeros. The corners differ, "
            "too.",
        ),
        (5, "The corners lose a row and a column of the kernel at once. Count each of them."),
        (8, "These are the edges and the corners. Count the inner places, too."),
    ],
    tolerance=0,
)
