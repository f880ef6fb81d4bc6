"""How long each command takes from its start to its end, and how much memory it needs: `make bench`.

    python benchmarks/starts.py                   # this checkout
    python benchmarks/starts.py ../an-older-one   # beside another checkout, in turn

Each command runs as a process of its own, with the packages of this environment. What is compared runs alternately, so
that a noisy machine slows both. The medians are printed: seconds on the clock, seconds of the processor, peak memory.
Then photographs are coloured by ONNX Runtime, by Keras (the same network, from its weights file), and only decoded
and encoded again by Pillow.
"""

import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 3
CHECKOUT = Path(__file__).parents[1]
# A checkout from before the package had folders has its command line in colorlab/cli.py.
MAIN = "try:\n    from colorlab.cli.main import main\nexcept ImportError:\n    from colorlab.cli import main\nmain()"
PHOTO = "data/legacy/alpine_landscape_1870.jpg"
SEVEN = sorted(str(file.relative_to(CHECKOUT)) for file in (CHECKOUT / "data" / "legacy").glob("*.jpg"))
TWELVE = sorted(str(file.relative_to(CHECKOUT)) for file in (CHECKOUT / "data" / "gallery").glob("*.jpg"))
COMMANDS = {
    "colorlab --help": ["--help"],
    "colorlab colorize --help": ["colorize", "--help"],
    "colorlab colorize, no such file": ["colorize", "missing.jpg", "-o", "{out}"],
    "colorlab train, no such recipe": ["train", "nothing"],
    "colorlab evaluate, no such data set": ["evaluate", "nothing"],
    "colorlab report, no such figure": ["report", "--figure", "nothing"],
    "colorlab run, no such parameter": ["run", "01", "-p", "nothing", "1"],
    "colorlab run 01 --prepare-only": ["run", "01", "--prepare-only", "-o", "{out}"],
    "colorlab data info pocket": ["data", "info", "pocket"],
    "colorlab segment": ["segment", PHOTO, "-o", "{out}/a.jpg", "--palette", "#203060,#e0c080"],
    "colorlab scribble": ["scribble", PHOTO, "{out}/strokes.png", "-o", "{out}/b.jpg"],
    "colorlab report --figure told": ["report", "--figure", "told", "-o", "{out}/told.png"],
    "colorlab scribble --hints": ["scribble", PHOTO, "{out}/strokes.png", "--hints", "-o", "{out}/c.jpg"],
    "colorlab colorize, one photograph": ["colorize", PHOTO, "-o", "{out}"],
    "colorlab colorize, seven photographs": ["colorize", *SEVEN, "-o", "{out}"],
}
KERAS = "data/weights/places.weights.h5"
COPY = """
import sys
from pathlib import Path
from PIL import Image
for name in sys.argv[1:-1]:
    Image.open(name).convert("RGB").save(Path(sys.argv[-1]) / Path(name).name, quality=95)
"""


def measured(program: str, arguments: list[str], checkout: Path) -> tuple[float, float, float]:
    """Run Python once in a checkout: (seconds, seconds of the processor, peak memory in MiB)."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=checkout, env=environment, **quiet)
    _, _, used = os.wait4(process.pid, 0)
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, peak


def main(checkouts: list[Path]):
    work = {"import colorlab.color": ("import colorlab.color", [])}
    work |= {name: (MAIN, arguments) for name, arguments in COMMANDS.items()}
    names = ["this checkout", "the other"][: len(checkouts)]
    print(" " * 38 + "".join(f"{name:>34}" for name in names))
    print(" " * 38 + f"{'seconds':>12}{'processor':>11}{'MiB':>11}" * len(checkouts))
    for name, (program, arguments) in work.items():
        found = {checkout: [] for checkout in checkouts}
        for _ in range(ROUNDS):
            for checkout in checkouts:
                with tempfile.TemporaryDirectory() as out:  # a new one: what is done already would be skipped
                    _draw_strokes(Path(out) / "strokes.png")
                    found[checkout].append(measured(program, [part.format(out=out) for part in arguments], checkout))
        _print(name, found)


def engines():
    """Colour one photograph, nineteen, and one of 24 megapixels: by ONNX Runtime, by Keras, and not at all."""
    print("\n" + " " * 38 + "".join(f"{name:>34}" for name in ("ONNX Runtime", "Keras", "decode and encode")))
    with tempfile.TemporaryDirectory() as folder:
        large = {mode: Path(folder) / f"{mode}.jpg" for mode in ("RGB", "L")}
        maker = multiprocessing.Process(target=_save_noisy, args=(large,))
        maker.start()  # a process of its own: what this one has once needed would count for all that it starts
        maker.join()
        work = {
            "one photograph": [PHOTO],
            "nineteen photographs": [*SEVEN, *TWELVE],
            "24 megapixels, colour": [str(large["RGB"])],
            "24 megapixels, grey": [str(large["L"])],
        }
        for name, photographs in work.items():
            colorize = ["colorize", *photographs, "-o", "{out}"]
            ways = {
                "ONNX Runtime": (MAIN, [*colorize, "--look", "places"]),
                "Keras": (MAIN, [*colorize, "--weights", KERAS]),
                "decode and encode": (COPY, [*photographs, "{out}"]),
            }
            found = {way: [] for way in ways}
            for _ in range(ROUNDS):
                for way, (program, arguments) in ways.items():
                    with tempfile.TemporaryDirectory() as out:
                        found[way].append(measured(program, [part.format(out=out) for part in arguments], CHECKOUT))
            _print(name, found)


def noisy_photograph(width=6000, height=4000):
    """A photograph of 24 megapixels with a camera's noise, so that its JPEG is as large as a real one."""
    import numpy as np
    from PIL import Image

    small = Image.open(CHECKOUT / "data" / "gallery" / "china.jpg").resize((width, height))
    noise = np.random.default_rng(0).normal(0, 6, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(small) + noise, 0, 255).astype("uint8"))


def _save_noisy(paths):
    for mode, path in paths.items():
        noisy_photograph().convert(mode).save(path, quality=95)


def _print(name, found):
    medians = [map(statistics.median, zip(*taken, strict=True)) for taken in found.values()]
    cells = (f"{clock:12.2f}{processor:11.2f}{peak:11.0f}" for clock, processor, peak in medians)
    print(f"{name:38}" + "".join(cells), flush=True)


def _draw_strokes(path):
    """A layer for `scribble`, of the photograph's size, with one stroke."""
    from PIL import Image

    with Image.open(CHECKOUT / PHOTO) as photograph:
        layer = Image.new("RGBA", photograph.size)
    layer.paste("#a05028", (20, 20, 200, 30))
    layer.save(path)


if __name__ == "__main__":
    main([CHECKOUT, *(Path(other).resolve() for other in sys.argv[1:2])])
    engines()
