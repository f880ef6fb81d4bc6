"""Speed and memory on this machine, each beside something to hold it against: `make bench`.

The training step is compared with the same network in PyTorch too, where that is installed beside the course
(`.venv/bin/python -m pip install torch`), and with what this machine's matrix products reach.

What is compared runs alternately in one process, so that a noisy machine slows both; the median of the pairs counts.
Ratios travel from machine to machine, seconds do not.
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

from colorlab import color, datasets, networks
from colorlab.backend import keras, ops
from colorlab.colorize import predict, with_chroma
from colorlab.packing import pack_in_memory
from colorlab.photographs import read_photograph
from colorlab.precision import fastest
from colorlab.recipe import Recipe
from colorlab.training import compiled

ROUNDS = 5
BATCH = 32
NORMALIZED = 7232  # population statistics, which Keras counts among the parameters of a model
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


def bench_colour():
    rgb = datasets.centre(datasets.load("pocket"))[:64]
    tensor = ops.convert_to_tensor(rgb)
    compare("RGB to Lab: NumPy, against keras.ops", lambda: color.rgb_to_lab(rgb),
            lambda: ops.convert_to_numpy(color.rgb_to_lab(tensor)), len(rgb), "images/s")  # fmt: skip
    compare("RGB to Lab: NumPy, against scikit-image", lambda: color.rgb_to_lab(rgb),
            lambda: skimage.color.rgb2lab(rgb), len(rgb), "images/s")  # fmt: skip


def bench_packing():
    folder = datasets.DATA / "pocket"
    files = [path.read_bytes() for path in folder.rglob("*.jpg")]

    def decode():
        for data in files:
            Image.open(io.BytesIO(data)).convert("RGB").load()

    compare("packing, against decoding in one thread", lambda: pack_in_memory(folder, "pocket", 144), decode,
            len(files), "images/s")  # fmt: skip


def bench_training():
    train = datasets.load("pocket").split("train")
    lightness, targets = datasets.batch(train, 0, BATCH, seed=0)

    def step_of(precision="auto", depth=networks.DEPTH):
        model = compiled(Recipe(depth=depth, precision=precision), scenes=100, steps=100)
        return lambda: model.train_on_batch(lightness, targets)

    half = networks.DEPTH // 2  # in full it would take minutes where bfloat16 is emulated
    compare(f"training step, depth {half}, batch {BATCH}: bfloat16, against float32",
            *(step_of(precision, half) for precision in ("mixed_bfloat16", "float32")), BATCH, "images/s")  # fmt: skip

    step = step_of()
    title = f"training step, depth {networks.DEPTH}, batch {BATCH}"
    compare(f"{title}: against Keras's batch normalization", step, with_keras_normalization(step_of), BATCH, "images/s")
    if importlib.util.find_spec("torch"):
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
        return datasets.batch(train, 1, BATCH, seed=0, shift=8, mirror=True)

    compare("making a batch in one thread, against training on it", make_batch, step, BATCH, "images/s")

    model = networks.colorizer()
    one = lightness[:1]
    compare(
        "inference of 32: together, against one by one",
        lambda: model.predict_on_batch(lightness),
        lambda: [model.predict_on_batch(one) for _ in range(BATCH)],
        BATCH,
        "images/s",
    )


def with_keras_normalization(make):
    """What `make` returns when the networks are built with Keras's own layer."""
    ours, networks.BatchNormalization = networks.BatchNormalization, keras.layers.BatchNormalization
    try:
        return make()
    finally:
        networks.BatchNormalization = ours


def torch_step(lightness, targets):
    """A training step of the same network at depth 64 in PyTorch: eager, channels last, bfloat16 if ours is."""
    import torch
    from torch import nn

    def convolution(i, o, stride=1):
        return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1), nn.BatchNorm2d(o), nn.ReLU())

    def dense(i, o):
        return nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())

    class Colorizer(nn.Module):
        def __init__(self):
            super().__init__()
            self.low = nn.Sequential(
                convolution(1, 64, 2), convolution(64, 128), convolution(128, 128, 2), convolution(128, 256)
            )
            self.mid = nn.Sequential(convolution(256, 256), convolution(256, 128))
            self.features = nn.Sequential(
                convolution(256, 256, 2),
                convolution(256, 256),
                convolution(256, 256, 2),
                convolution(256, 256),
                nn.Flatten(),
                dense(16384, 512),
                dense(512, 256),
            )
            self.last = dense(256, 128)
            self.scene = nn.Sequential(dense(256, 256), nn.Linear(256, 100))
            self.everywhere, self.here = nn.Linear(128, 256), nn.Conv2d(128, 256, 1, bias=False)
            self.fused = nn.Sequential(
                nn.BatchNorm2d(256),
                nn.ReLU(),
                convolution(256, 128),
                convolution(128, 64),
                nn.Upsample(scale_factor=2),
                convolution(64, 32),
                nn.Conv2d(32, 2, 3, 1, 1),
            )

        def forward(self, x):
            low = self.low(x)
            y_global = self.features(low)
            fused = self.here(self.mid(low)) + self.everywhere(self.last(y_global))[:, :, None, None]
            return torch.sigmoid(self.fused(fused).float()), self.scene(y_global).float()

    model = Colorizer().to(memory_format=torch.channels_last)
    assert sum(p.numel() for p in model.parameters()) == networks.colorizer(64).count_params() - NORMALIZED
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    x = torch.tensor(lightness).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    chroma, scene = torch.tensor(targets["chroma"]).permute(0, 3, 1, 2), torch.tensor(targets["scene"]).long()

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=fastest() == "mixed_bfloat16"):
            predicted, logits = model(x)
        loss = ((predicted - chroma) ** 2).sum((1, 2, 3)).mean() + 5 * nn.functional.cross_entropy(logits, scene)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def bench_photograph(width=6000, height=4000):
    """A 24-megapixel photograph with a camera's noise, so that its JPEG is as large as a real one."""
    model = networks.colorizer()
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
        print(f"peak memory: training at depth {networks.DEPTH}, batch {BATCH}: {_peak(TRAIN):.0f} MiB")


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
TRAIN = f"""
from colorlab import datasets
from colorlab.recipe import Recipe
from colorlab.training import compiled
model = compiled(Recipe(), scenes=100, steps=100)
for step in range(3):
    model.train_on_batch(*datasets.batch(datasets.load("pocket").split("train"), step, {BATCH}, seed=0))
"""


def _peak(work):
    """The most memory a new process held at once, MiB (Linux). getrusage would count its parent's memory too."""
    script = work + "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return int(done.stdout) / 2**10


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, Keras {keras.__version__} on {keras.backend.backend()}, median of {ROUNDS} rounds")
    print(f"trained in {fastest()}, but where it says otherwise")
    print(f"{'':58}{'ours':>9}{'other':>9}")
    bench_colour()
    bench_packing()
    bench_training()
    bench_photograph()
