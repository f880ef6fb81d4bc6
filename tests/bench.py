"""Speed and memory on this machine, each beside something to hold it against: `make bench`.

What is compared runs alternately in one process, so that a noisy machine slows both; the median of the pairs counts.
Ratios travel from machine to machine, seconds do not.
"""

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

from colorlab import color, datasets, networks
from colorlab.backend import keras, ops
from colorlab.colorize import predict, with_chroma
from colorlab.photographs import read_photograph
from colorlab.recipe import Recipe
from colorlab.training import compiled

ROUNDS = 5


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


def bench_colour():
    rgb = datasets.centre(datasets.load("pocket"))[:64]
    tensor = ops.convert_to_tensor(rgb)
    compare("RGB to Lab: NumPy, against keras.ops", lambda: color.rgb_to_lab(rgb),
            lambda: ops.convert_to_numpy(color.rgb_to_lab(tensor)), len(rgb), "images/s")  # fmt: skip
    compare("RGB to Lab: NumPy, against scikit-image", lambda: color.rgb_to_lab(rgb),
            lambda: skimage.color.rgb2lab(rgb), len(rgb), "images/s")  # fmt: skip


def bench_training(depth=networks.DEPTH, size=16):
    train = datasets.load("pocket").split("train")
    lightness, targets = datasets.batch(train, 0, size, seed=0)
    models = {
        precision: compiled(Recipe(depth=depth, precision=precision), scenes=100, steps=100)
        for precision in ("mixed_bfloat16", "float32")
    }
    steps = [lambda model=model: model.train_on_batch(lightness, targets) for model in models.values()]
    compare(f"training step, depth {depth}: bfloat16, against float32", *steps, size, "images/s")

    def make_batch():
        return datasets.batch(train, 1, size, seed=0, shift=8, mirror=True)

    compare("making a batch in one thread, against training on it", make_batch, steps[0], size, "images/s")

    model = models["float32"]
    one = lightness[:1]
    compare("inference of 16: together, against one by one", lambda: model.predict_on_batch(lightness),
            lambda: [model.predict_on_batch(one) for _ in range(size)], size, "images/s")  # fmt: skip


def bench_photograph(width=6000, height=4000):
    """A 24-megapixel photograph with a camera's noise, so that its JPEG is as large as a real one."""
    model = networks.colorizer(depth=32, scenes=7)
    small = Image.open(datasets.DATA / "gallery" / "china.jpg").resize((width, height))
    noise = np.random.default_rng(0).normal(0, 6, (height, width, 1))
    noisy = np.clip(np.asarray(small) + noise, 0, 255).astype("uint8")
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.jpg", Path(folder) / "out.jpg"
        for mode in ("RGB", "L"):
            Image.fromarray(noisy).convert(mode).save(path, quality=95)

            def copy():
                with Image.open(path) as photograph:
                    photograph.convert("RGB").save(out, quality=95)

            def colorize():
                photograph = read_photograph(path)
                with_chroma(photograph, predict([photograph], model)[0]).save(out, quality=95)

            kind = "colour" if mode == "RGB" else "grey"
            title = f"24 megapixels, {kind}: colorize, against decode and encode"
            compare(f"{title} ({path.stat().st_size / 1e6:.0f} MB)", colorize, copy)
        if sys.platform != "linux":
            return
        scripts = [IMPORTS, IMPORTS + COPY, IMPORTS + COLOR]
        peaks = [_peak(script.format(path=str(path), out=str(out))) for script in scripts]
        print("peak memory: TensorFlow {:.0f} MiB, and decode and encode {:.0f}, or colorize {:.0f}".format(*peaks))


IMPORTS = """
import numpy as np
from PIL import Image
from colorlab.colorize import read_photograph, with_chroma
"""
COPY = """
with Image.open({path!r}) as photograph:
    photograph.save({out!r}, quality=95)
"""
COLOR = """
with_chroma(read_photograph({path!r}), np.full((64, 64, 2), 0.5, "float32")).save({out!r}, quality=95)
"""


def _peak(work):
    """The most memory a new process held at once, MiB (Linux). getrusage would count its parent's memory too."""
    script = work + "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, Keras {keras.__version__} on {keras.backend.backend()}, median of {ROUNDS} rounds")
    print(f"{'':58}{'ours':>9}{'other':>9}")
    bench_colour()
    bench_training()
    bench_photograph()
