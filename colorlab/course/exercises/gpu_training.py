"""The exercises of notebook 09: a step of Adadelta, bfloat16, batches from (seed, step), hours, and where to resume."""

import numpy as np

from colorlab.course.exercises.exercise import Function, Number
from colorlab.data import batches


def _by_keras(gradient, squares, steps):
    """One step of Keras's Adadelta at a learning rate of 1: [the change of the weights, new squares, new steps]."""
    from colorlab.base.backend import keras

    weights = keras.Variable(np.zeros_like(gradient))  # from 0, so that the weights are the step
    optimizer = keras.optimizers.Adadelta(1.0, rho=0.95, epsilon=1e-7)
    optimizer.build([weights])
    *_, of_gradients, of_steps = optimizer.variables
    of_gradients.assign(squares)
    of_steps.assign(steps)
    optimizer.apply([keras.ops.convert_to_tensor(gradient, weights.dtype)], [weights])
    return [np.asarray(each) for each in (weights, of_gradients, of_steps)]


def _adadelta(gradient, squares, steps, rho=0.95, sign=-1, old=False, outside=False, epsilon=1e-7, power=2):
    """The same in NumPy, where each option is a mistake."""
    new = rho * squares + (1 - rho) * gradient**2

    def root(mean):
        return np.sqrt(mean) + epsilon if outside else np.sqrt(mean + epsilon)

    change = sign * root(steps) / root(squares if old else new) * gradient
    return [change, new, rho * steps + (1 - rho) * np.abs(change) ** power]


def _draw_accumulators(random):
    squares, steps = random.uniform(0.5, 4, 7), random.uniform(1e-7, 1e-6, 7)
    squares[:2], steps[:3] = 1e-6, 0  # nearly the first step, where epsilon counts
    return random.uniform(0.5, 2, 7) * random.choice([-1, 1], 7), squares, steps


q1 = Function(
    task="""
Write one step of Adadelta. Your function gets the gradient and the two accumulators, squares and steps, three arrays of
the shape (n,). First update squares. Then compute the change of the weights at a learning rate of 1. Last update steps
with this change. Use rho = 0.95 and epsilon = 1e-7. Return three results in a list: the change, the new squares and
the new steps.
""",
    hint="The change is -np.sqrt(steps + epsilon) / np.sqrt(squares + epsilon) * gradient, with the new squares and "
    "the old steps.",
    solution="""
def my_adadelta(gradient, squares, steps):
    squares = 0.95 * squares + 0.05 * gradient**2
    change = -np.sqrt(steps + 1e-7) / np.sqrt(squares + 1e-7) * gradient
    return [change, squares, 0.95 * steps + 0.05 * change**2]
""",
    because="This is Keras's Adadelta, number by number.",
    draw=_draw_accumulators,
    expected=_by_keras,
    mistakes=[
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, sign=1),
            "The change has the wrong sign: a step goes against the gradient.",
        ),
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, old=True),
            "You divide by the root of the old squares. Update them first.",
        ),
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, outside=True),
            "You add epsilon to the root. It belongs under the root.",
        ),
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, epsilon=0),
            "You have left out epsilon. Where steps is 0, the weights would never move.",
        ),
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, rho=0.05),
            "You have exchanged rho and 1 - rho. Most of the old mean is kept.",
        ),
        (
            lambda gradient, squares, steps: _adadelta(gradient, squares, steps, power=1),
            "The second accumulator holds the mean of the squared changes. Square the change.",
        ),
    ],
    tolerance=1e-12,
)


STEP = 0.001


def _largest_that_moves():
    """Return the largest power of two that STEP changes in bfloat16."""
    from colorlab.base.backend import ops

    weights = 2.0 ** np.arange(-8, 5)
    moved = np.asarray(ops.cast(ops.cast(weights + STEP, "bfloat16"), "float32"))
    return weights[moved != weights].max()


q2 = Number(
    task="""
A weight is kept in bfloat16. A step adds 0.001 to it, and the sum is rounded to the nearest bfloat16. Which is the
largest power of two that such a step still changes?
""",
    hint="From 2^k on, the numbers of bfloat16 lie 2^(k - 7) apart. How much of that gap must a step cross to be "
    "rounded up?",
    solution="q2 = 2.0 ** np.floor(np.log2(0.001 * 2**8))",
    because="But it moves too far: 0.25 becomes 0.25195, nearly twice the step.",
    expected=_largest_that_moves,
    mistakes=[
        (1.0, "This is the weight of the text, which does not move: half of its gap is 2^-8, or 0.0039."),
        (0.5, "Half of its gap is 2^-9, or 0.00195. That is more than the step."),
        (0.125, "There the step crosses the whole gap. Rounding to the nearest needs only half of it."),
        (0.128, "There the gap would be as long as the step. Half of it is enough, and a power of two is wanted."),
        (0.256, "The gap changes at powers of two only. Take the one below."),
    ],
)


def _positions(size, step):
    return np.arange(step * size, (step + 1) * size)


def _permutation(count, seed, epoch):
    return np.random.default_rng((seed, epoch)).permutation(count)


def _draw_of_a_step(random):
    """A batch that begins in one epoch, not the first, and ends in the next."""
    return 50, 20, int(random.integers(1000)), 5 * int(random.integers(1, 20)) + 2


q3 = Function(
    task="""
Write a batch as a function of the seed and the step. Line up the orders of all epochs, one behind the other: the order
of epoch e is `np.random.default_rng((seed, e)).permutation(count)`, with e from 0. The batch of a step is made of the
size entries from position step * size on. Return them, the numbers of its photographs. A batch may begin in one epoch
and end in the next.
""",
    hint="divmod(position, count) gives the epoch of a position and the place in the order of that epoch.",
    solution="""
def my_batch(count, size, seed, step):
    chosen = []
    for position in range(step * size, (step + 1) * size):
        epoch, place = divmod(position, count)
        chosen.append(np.random.default_rng((seed, epoch)).permutation(count)[place])
    return chosen
""",
    because="Nothing in it remembers an earlier step, so a training can begin with any step.",
    draw=_draw_of_a_step,
    expected=lambda count, size, seed, step: batches.drawn(count, step, batches.Sampling(size, seed)),
    mistakes=[
        (
            lambda count, size, seed, step: _permutation(count, seed, 0)[_positions(size, step) % count],
            "You use the order of the first epoch in every epoch.",
        ),
        (
            lambda count, size, seed, step: _permutation(count, seed, step * size // count)[
                _positions(size, step) % count
            ],
            "You take the whole batch from the epoch in which it begins. Here its end is in the next one.",
        ),
        (
            lambda count, size, seed, step: _permutation(count, seed, step)[:size],
            "You draw a new order for each step. So some photographs come again before others have come once.",
        ),
        (
            lambda count, size, seed, step: _positions(size, step) % count,
            "You take the photographs in the order of the data set. Look them up in the order of the epoch.",
        ),
    ],
    tolerance=0,
)


IMAGES = 25 * 100_000  # of the write-up's training
RATE = 24  # images per second, depth 64 in bfloat16 on two cores: report/results/bench/two_cores.txt

q4 = Number(
    task="""
On two cores that compute in bfloat16, the write-up's network trains at 24 images per second
(`report/results/bench/two_cores.txt`). The write-up's training has 25 epochs of 100,000 images. How many hours does it
take on these cores?
""",
    hint="How many images are drawn in all 25 epochs? An hour has 3,600 seconds.",
    solution="q4 = 25 * 100_000 / 24 / 3600",
    because="It is more than a day. A later section has the speed of a GPU.",
    expected=lambda: IMAGES / RATE / 3600,
    mistakes=[
        (IMAGES / RATE / 3600 / 25, "This is a single epoch. There are 25."),
        (IMAGES / RATE / 60, "These are minutes."),
        (IMAGES / RATE / 86_400, "These are days."),
        (IMAGES / RATE, "These are seconds."),
        (IMAGES / 100 / RATE / 3600, "You have counted batches. The speed is in images per second."),
        (IMAGES * 100 / RATE / 3600, "The images are counted already. Do not multiply them by the size of a batch."),
    ],
)


q5 = Number(
    task="""
The steps of a training are numbered from 0, and an epoch has 40 of them. A checkpoint is written at the end of each
epoch. The power fails in the middle of step 137. With which step does the training resume?
""",
    hint="How many epochs are complete? The first step of the next one follows.",
    solution="q5 = 137 // 40 * 40",
    because="17 complete steps are lost. After SIGTERM it would be none: the checkpoint would be of 138 steps.",
    expected=lambda: 137 // 40 * 40,
    mistakes=[
        (137, "No checkpoint was written in the middle of this epoch, since the power failed without a warning."),
        (138, "It would resume there after SIGTERM: the step is finished, and a checkpoint is written."),
        (119, "Step 119 is the last one of its epoch, and the checkpoint contains it. The next one follows."),
        (121, "The steps are numbered from 0: the three complete epochs have the steps 0 to 119."),
        (160, "The epoch that was interrupted is not complete."),
        (80, "Three epochs are complete: 3 x 40 steps."),
        (0, "The checkpoint of the last complete epoch is there. Nobody has to begin again."),
    ],
    tolerance=1e-6,
)
