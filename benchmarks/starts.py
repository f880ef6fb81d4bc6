"""How long each command takes to start, and how much memory it needs: `make bench`.

    python benchmarks/starts.py                   # this checkout
    python benchmarks/starts.py ../an-older-one   # beside another checkout, in turn

Each command runs as a process of its own, with the packages of this environment. What is compared runs alternately, so
that a noisy machine slows both. The medians are printed: seconds on the clock, seconds of the processor, peak memory.
"""

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
