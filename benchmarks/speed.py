"""Speed and memory on this machine, each beside something to compare it with: `make bench`.

The training step is compared with this machine's matrix products, and with the same network in PyTorch if that is
installed (`.venv/bin/python -m pip install torch`).

Two things that are compared run alternately in one process, so that a noisy machine slows both. The medians are
printed. On another machine the ratios are similar, the seconds are not.
"""

import importlib.util
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.color
from PIL import Image
from starts import noisy_photograph

from colorlab import color
from colorlab.base import paths
from colorlab.base.backend import keras, ops
from colorlab.data import datasets
from colorlab.data.batches import Sampling, batch
from colorlab.data.packing import pack_in_memory
from colorlab.data.photographs import read_photograph
from colorlab.networks import colorizer, layers, tables
from colorlab.painting.network import load
from colorlab.painting.paint import with_chroma
from colorlab.training.compile import compiled
from colorlab.training.precision import fastest
from colorlab.training.recipe import Recipe

ROUNDS = 5
BATCH = 32
# Of a training step: two operations for each multiplication of Tables I to V (the fusion in its cheap form), and
# two gradients for each output.
GFLOP_PER_IMAGE = 3 * 2 * 2.538


def compare(title, ours, reference, items=1, unit="s"):
    """Time two functions in turn and print both, with the ratio of their medians."""
    times = {ours: [], reference: []}
    for function in times:
        function()  # warm up: compile, fill caches
    for _ in range(ROUNDS):
        for function, taken in times.items():
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    a, b = (statistics.median(taken) for taken in times.values())
    show = (lambda seconds: f"{items / seconds:9.1f}") if unit.endswith("/s") else (lambda seconds: f"{seconds:9.2f}")
    print(f"{title:58}{show(a)}{show(b)}  {unit:9} {b / a:6.2f}x as fast")


def bench_color():
    rgb = datasets.centre(datasets.load("pocket"))[:64]
    tensor = ops.convert_to_tensor(rgb)
    compare("RGB to Lab: NumPy, against keras.ops", lambda: color.rgb_to_lab(rgb),
            lambda: ops.convert_to_numpy(color.rgb_to_lab(tensor)), len(rgb), "images/s")  # fmt: skip
    compare("RGB to Lab: NumPy, against scikit-image", lambda: color.rgb_to_lab(rgb),
            lambda: skimage.color.rgb2lab(rgb), len(rgb), "images/s")  # fmt: skip


def bench_packing():
    folder = paths.DATA / "pocket"
    files = [path.read_bytes() for path in folder.rglob("*.jpg")]

    def decode():
        for data in files:
            Image.open(io.BytesIO(data)).convert("RGB").load()

    compare("packing, against decoding in one thread", lambda: pack_in_memory(folder, "pocket", 144), decode,
            len(files), "images/s")  # fmt: skip


def bench_training():
    train = datasets.load("pocket").split("train")
    lightness, targets = batch(train, 0, Sampling(BATCH, seed=0))

    def step_of(precision="auto", depth=tables.DEPTH):
        model = compiled(Recipe(depth=depth, precision=precision), scenes=100, steps=100)
        return lambda: model.train_on_batch(lightness, targets)

    half = tables.DEPTH // 2  # in full it would take minutes where bfloat16 is emulated
    compare(f"training step, depth {half}, batch {BATCH}: bfloat16, against float32",
            *(step_of(precision, half) for precision in ("mixed_bfloat16", "float32")), BATCH, "images/s")  # fmt: skip

    step = step_of()
    title = f"training step, depth {tables.DEPTH}, batch {BATCH}"
    compare(f"{title}: against Keras's batch normalization", step, with_keras_normalization(step_of), BATCH, "images/s")
    if importlib.util.find_spec("torch"):
        from torch_step import torch_step

        compare(f"{title}: against PyTorch", step, torch_step(lightness, targets), BATCH, "images/s")
    else:
        print("PyTorch is not installed: not compared with it")
    matrix = ops.cast(np.random.default_rng(0).normal(size=(2048, 2048)), fastest().removeprefix("mixed_"))
    flop = BATCH * GFLOP_PER_IMAGE
    products = round(flop / (2 * 2048**3 / 1e9))  # as many operations as a step has, within 2 %
    compare(
        "GFLOP/s of a training step, against matrix products",
        step,
        lambda: [float(ops.matmul(matrix, matrix)[0, 0]) for _ in range(products)],
        flop,
        "GFLOP/s",
    )

    def make_batch():
        return batch(train, 1, Sampling(BATCH, seed=0, shift=8, mirror=True))

    compare("making a batch in one thread, against training on it", make_batch, step, BATCH, "images/s")

    model = colorizer.colorizer()
    one = lightness[:1]
    compare(
        "inference of 32: together, against one by one",
        lambda: model.predict_on_batch(lightness),
        lambda: [model.predict_on_batch(one) for _ in range(BATCH)],
        BATCH,
        "images/s",
    )


def with_keras_normalization(make):
    """Return what `make` returns when the networks are built with Keras's own layer."""
    ours, layers.BatchNormalization = layers.BatchNormalization, keras.layers.BatchNormalization
    try:
        return make()
    finally:
        layers.BatchNormalization = ours


def bench_photograph():
    """A photograph of 24 megapixels, without the start of the program."""
    network = load("places")
    network.chroma([Image.new("L", (8, 8))])  # reads its file
    noisy = noisy_photograph()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.jpg", Path(folder) / "out.jpg"
        for mode in ("RGB", "L"):
            noisy.convert(mode).save(path, quality=95)

            def copy():
                with Image.open(path) as photograph:
                    photograph.convert("RGB").save(out, quality=95)

            def colorize():
                photograph = read_photograph(path)
                with_chroma(photograph, network.chroma([photograph])[0]).save(out, quality=95)

            kind = "colour" if mode == "RGB" else "grey"
            title = f"24 megapixels, {kind}: colorize, against decode and encode"
            compare(f"{title} ({path.stat().st_size / 1e6:.0f} MB)", colorize, copy)
        if sys.platform != "linux":
            return
        scripts = [IMPORTS, IMPORTS + COPY, IMPORTS + COLOR]
        peaks = [_peak(script.format(path=str(path), out=str(out))) for script in scripts]
        print("peak memory: TensorFlow {:.0f} MiB, and decode and encode {:.0f}, or colorize {:.0f}".format(*peaks))
        print(f"peak memory: training at depth {tables.DEPTH}, batch {BATCH}: {_peak(TRAIN):.0f} MiB")


IMPORTS = """
import numpy as np
from PIL import Image
from colorlab.base.backend import keras
from colorlab.data.photographs import read_photograph
from colorlab.painting.paint import with_chroma
"""
COPY = """
with Image.open({path!r}) as photograph:
    photograph.save({out!r}, quality=95)
"""
COLOR = """
with_chroma(read_photograph({path!r}), np.full((64, 64, 2), 0.5, "float32")).save({out!r}, quality=95)
"""
TRAIN = f"""
from colorlab.data import datasets
from colorlab.data.batches import Sampling, batch
from colorlab.training.compile import compiled
from colorlab.training.recipe import Recipe
model = compiled(Recipe(), scenes=100, steps=100)
for step in range(3):
    model.train_on_batch(*batch(datasets.load("pocket").split("train"), step, Sampling({BATCH}, seed=0)))
"""


def _peak(work):
    """The peak memory of a new process in MiB (Linux). getrusage would count its parent's memory, too."""
    script = work + "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, Keras {keras.__version__} on {keras.backend.backend()}, median of {ROUNDS} rounds")
    print(f"trained in {fastest()}, unless a line says otherwise")
    print(f"{'':58}{'ours':>9}{'other':>9}")
    bench_color()
    bench_packing()
    bench_training()
    bench_photograph()
