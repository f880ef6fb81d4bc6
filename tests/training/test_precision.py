"""The precision "auto" is bfloat16 where the hardware has it, and float32 elsewhere, where it would be emulated."""

from pathlib import Path

import pytest
from making import two_layers

from colorlab.training import loop, precision
from colorlab.training.compile import compiled
from colorlab.training.loop import train
from colorlab.training.precision import fastest, resolve_precision
from colorlab.training.recipe import Recipe
from colorlab.training.runs import folder_for

SMALL = Recipe(depth=2, batch_size=2, epochs=1, steps_per_epoch=1)
WITH_AVX2 = "model name\t: AMD EPYC\nflags\t\t: fpu avx avx2 fma\n"
WITH_BFLOAT16 = "model name\t: AMD EPYC\nflags\t\t: fpu avx2 avx512f avx512_bf16\n"
ON_ARM = "Features\t: fp asimd bf16\n"  # which TensorFlow may not use


@pytest.mark.parametrize(
    ("gpus", "cpuinfo", "expected"),
    [
        ([], WITH_AVX2, "float32"),
        ([], WITH_BFLOAT16, "mixed_bfloat16"),
        ([], WITH_BFLOAT16.replace("avx512_bf16", "amx_bf16"), "mixed_bfloat16"),
        ([], ON_ARM, "float32"),
        ([], None, "float32"),  # not Linux
        ([(8, 0)], WITH_AVX2, "mixed_bfloat16"),  # A100
        ([(7, 5)], WITH_BFLOAT16, "float32"),  # T4
        ([(8, 9), (7, 5)], WITH_AVX2, "float32"),
        ([(0, 0)], WITH_AVX2, "float32"),  # of AMD
    ],
)
def test_it_is_bfloat16_where_the_hardware_has_it(monkeypatch, gpus, cpuinfo, expected):
    def read_text(path):
        if cpuinfo is None:
            raise FileNotFoundError(path)
        return cpuinfo

    monkeypatch.setattr(precision, "_compute_capabilities", lambda: gpus)
    monkeypatch.setattr(Path, "read_text", read_text)
    assert fastest() == expected


@pytest.mark.parametrize(("said", "read"), [("8.9", (8, 9)), ("12.0", (12, 0)), ("gfx90a", (0, 0)), ("", (0, 0))])
def test_what_a_gpu_says_of_itself_is_read(said, read):
    assert precision._version(said) == read


def test_what_is_said_stays_and_auto_is_replaced():
    assert Recipe().precision == "auto"
    assert resolve_precision(Recipe(seed=3)) == Recipe(seed=3, precision=fastest())
    for precise in ("float32", "mixed_bfloat16"):
        assert resolve_precision(Recipe(precision=precise)).precision == precise


def test_auto_has_the_same_run_folder_on_any_hardware(pocket, monkeypatch):
    """A run that moves to another machine is found there."""
    folders = set()
    for each in ("float32", "mixed_bfloat16"):
        monkeypatch.setattr(precision, "fastest", lambda each=each: each)
        folders.add(folder_for("x", Recipe(), pocket))
    assert len(folders) == 1


def test_a_run_says_which_it_was(pocket, tmp_path, monkeypatch):
    for each in ("float32", "mixed_bfloat16"):
        monkeypatch.setattr(precision, "fastest", lambda each=each: each)
        run = train(pocket, SMALL, tmp_path / each, network=two_layers)
        assert run.recipe["precision"] == each
        assert compiled(Recipe(depth=2), scenes=3, steps=1).get_layer("low_level_1").dtype_policy.name == each


def test_a_run_resumes_in_the_precision_it_began_in_and_says_so(pocket, tmp_path, monkeypatch):
    monkeypatch.setattr(precision, "fastest", lambda: "mixed_bfloat16")
    run = train(pocket, SMALL, tmp_path / "run", network=two_layers)
    monkeypatch.setattr(loop, "fastest", lambda: "float32")
    with pytest.warns(UserWarning, match="began in mixed_bfloat16 on other hardware and resumes in it"):
        again = train(pocket, SMALL, tmp_path / "run", network=two_layers)
    assert again.recipe == run.recipe and len(again.provenance) == 1
