"""Read the published numbers: errors on photographs that chose nothing, with intervals and paired differences.

The record is report/results/errors/, which report/errors.py writes.
"""

from pathlib import Path

from colorlab.base.rounding import rounded
from colorlab.evaluation.metrics import COLUMNS
from colorlab.reporting.records import record
from colorlab.training.runs import Run

TABLE = ("chroma_loss_write_up", "below_grey", "psnr", "ssim", "ssim_ab", "ciede2000", "colourfulness")
SCENES = 10  # of the best, and of the worst


def published(results: Path) -> dict:
    """Return the record of the published numbers: data set -> methods, intervals, differences, scenes."""
    return record(results / "errors" / "metrics.json")


def metrics_table(results: Path, dataset: str = "miniplaces") -> list[list[str]]:
    """Return methods with their metrics: a heading, then a line for each. A cell has the value and its interval."""
    known = published(results)[dataset]
    lines = [["method", *(COLUMNS[column][0] for column in TABLE)]]
    for name, values in known["methods"].items():
        cells = [with_interval(values[key], known["intervals"][name][key], COLUMNS[key][1]) for key in TABLE]
        lines.append([name, *cells])
    return lines


def with_interval(value: float, interval, decimals: int) -> str:
    """A value, and on a line of its own its 95 % interval, if it has a width."""
    if not interval or rounded(interval[0], decimals) == rounded(interval[1], decimals):
        return f"{rounded(value, decimals)}"
    return f"{rounded(value, decimals)}\n{rounded(interval[0], decimals)} to {rounded(interval[1], decimals)}"


def pocket_table(results: Path) -> list[list[str]]:
    """Return the metrics on the photographs of pocket that no choice has seen, as `metrics_table` does."""
    return metrics_table(results, "pocket")


PAIRS = (("grey", "mean colour"), ("places x1", "places x1.2"))  # others: of all networks, and of those beside places


def differences_table(results: Path) -> list[list[str]]:
    """Return by how much the CIEDE2000 of each network is lower than another's, and how many photographs gain."""
    known = published(results)["miniplaces"]
    lines = [["method", "than", "CIEDE2000 lower by", "95 % interval", "gain", "lose", "SSIM ab higher by"]]
    for one, other in compared(known):
        lower, higher = (known["against"][one][other][kind] for kind in ("ciede2000", "ssim_ab"))
        low, high = (f"{rounded(value, 2)}" for value in lower["interval"])
        numbers = [f"{rounded(lower['mean'], 2)}", f"{low} to {high}", str(lower["gain"]), str(lower["lose"])]
        lines.append([one, other, *numbers, f"{rounded(higher['mean'], 3)}"])
    return lines


def compared(known: dict) -> list[tuple[str, str]]:
    """The pairs of methods that the report compares: each network with both baselines, and with places."""
    networks = list(known["against"])
    pairs = [(one, other) for one in networks for other in PAIRS[0]]
    return pairs + [(one, other) for one in networks if not one.startswith("places") for other in PAIRS[1]]


def scenes_table(results: Path) -> list[list[str]]:
    """Return the scenes in which the default look gains most over grey, and those in which it gains least."""
    known = published(results)
    scenes = known["miniplaces"]["gain over grey by scene"][known["default"]]
    lines = [["best", "gain", "photographs", "worst", "gain", "photographs"]]
    count = known["miniplaces"]["photographs"] // len(record(results / "places" / "scenes.json")["names"])
    worst = list(scenes["worst"].items())[::-1]
    for best, least in zip(scenes["best"].items(), worst, strict=True):
        cells = []
        for name, scene in (best, least):
            cells += [name.replace("_", " "), f"{rounded(scene['gain'], 1)}", f"{scene['gaining']} of {count}"]
        lines.append(cells)
    return lines


def choices_table(results: Path) -> list[list[str]]:
    """Return the temperatures and shares that were tried for vivid, each at the largest factor that is good."""
    known = record(results / "choices.json")
    lines = [["temperature, share taken back", "factor", "CIEDE2000", "below grey", "PSNR dB", "colourfulness"]]
    for pair, factor in known["saturation of each pair"].items():
        m = known["choose"][f"{pair} x{factor or 1:g}"]
        below = f"{rounded(m['below_grey'], 2)} ± {rounded(m['standard_error'], 2)}"
        numbers = [
            f"{rounded(m['ciede2000'], 2)}",
            below,
            f"{rounded(m['psnr'], 2)}",
            f"{rounded(m['colourfulness'], 1)}",
        ]
        lines.append([pair, f"{factor:g}" if factor else "none is good", *numbers])
    return lines


def choices(results: Path) -> dict:
    """Return what was chosen on the other half of the photographs."""
    known = record(results / "choices.json")
    return {
        "default": known["default"],
        "factors": ", ".join(f"{look} x{factor:g}" for look, factor in known["saturation"].items()),
        "pair": known["pair"],
        "pair_factor": f"{known['saturation of each pair'][known['pair']]:g}",
    }


def headline(results: Path) -> dict:
    """Return the published numbers that the text names, and those of the training behind them."""
    known, run = published(results), Run(results / "places")
    here = known["miniplaces"]
    methods, default = here["methods"], known["default"]
    places = methods["places x1"]
    recipe, start = run.recipe, run.provenance[0]
    numbers = {
        "loss": f"{rounded(places['chroma_loss_write_up']):,}",
        "below": f"{rounded(places['below_grey'])}",
        "ciede2000": f"{rounded(places['ciede2000'], 2)}",
        "grey": f"{rounded(methods['grey']['ciede2000'], 2)}",
        "top1": f"{rounded(places['top1'], 1)}",
        "top5": f"{rounded(places['top5'], 1)}",
        "top1_interval": _range(here["intervals"]["places x1"]["top1"], 1),
        "colourful": f"{rounded(100 * places['colourfulness'] / methods['truth']['colourfulness'])}",
        "photographs": f"{here['photographs']:,}",
        "pocket": f"{known['pocket']['photographs']}",
        "default": default,
        "default_ciede2000": f"{rounded(methods[default]['ciede2000'], 2)}",
        "default_lower": f"{rounded(here['against'][default]['grey']['ciede2000']['mean'], 2)}",
        "default_interval": _range(here["against"][default]["grey"]["ciede2000"]["interval"], 2),
        "default_gain": str(here["against"][default]["grey"]["ciede2000"]["gain"]),
        "default_lose": str(here["against"][default]["grey"]["ciede2000"]["lose"]),
    }
    return numbers | {
        "images": f"{recipe['epochs'] * recipe['steps_per_epoch'] * recipe['batch_size']:,}",
        "batch": str(recipe["batch_size"]),
        "alpha": f"{recipe['alpha']:g}",
        "minutes": f"{rounded(run.history[-1]['seconds'] / 60)}",
        "hardware": start["hardware"]["accelerators"][0],
        "epoch": f"{recipe['steps_per_epoch']:,} steps of {recipe['batch_size']}",
        "scenes": str(len(record(results / "places" / "scenes.json")["names"])),
    }


def _range(interval, decimals):
    return f"{rounded(interval[0], decimals)} to {rounded(interval[1], decimals)}"
