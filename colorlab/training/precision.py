"""Choose the precision that trains faster on this machine: bfloat16 where the hardware has it, float32 elsewhere.

Hardware without bfloat16 emulates it. On a processor with no more than AVX2, as in most laptops, TensorFlow's training
step then takes about ten times as long as in float32. On a processor with AVX-512 and bfloat16, it takes little more
than half as long as in float32. (report/results/bench: precision.csv and two_cores.txt)
"""

from dataclasses import replace
from pathlib import Path

from colorlab.base.backend import keras
from colorlab.training.recipe import Recipe

AMPERE = (8, 0)  # compute capability of the first NVIDIA GPUs with bfloat16 (A100; A10G and L4 came later)


def resolve_precision(recipe: Recipe) -> Recipe:
    """Return the recipe with the precision "auto" replaced by the one that is faster here."""
    return replace(recipe, precision=fastest()) if recipe.precision == "auto" else recipe


def fastest() -> str:
    """Return "mixed_bfloat16" or "float32". Hardware not known to have bfloat16 (a Mac, an AMD GPU) gets float32."""
    gpus = _compute_capabilities()
    has = all(capability >= AMPERE for capability in gpus) if gpus else _processor_has_bfloat16()
    return "mixed_bfloat16" if has else "float32"


def _compute_capabilities() -> list[tuple[int, ...]]:
    """The compute capabilities of the GPUs that the backend sees."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        gpus = tensorflow.config.list_physical_devices("GPU")
        details = [tensorflow.config.experimental.get_device_details(gpu) for gpu in gpus]
        return [each.get("compute_capability", (0, 0)) for each in details]
    import jax

    gpus = [device for device in jax.local_devices() if device.platform == "gpu"]
    return [_version(getattr(gpu, "compute_capability", "")) for gpu in gpus]


def _version(text):
    """A compute capability "8.9" as (8, 9). AMD's GPUs report another kind of name ("gfx90a"), which gives (0, 0)."""
    numbers = text.split(".")
    return tuple(map(int, numbers)) if all(number.isdecimal() for number in numbers) else (0, 0)


def _processor_has_bfloat16():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return False
    flags = next((line.split() for line in lines if line.startswith("flags")), [])  # of x86
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags)
