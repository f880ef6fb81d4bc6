"""Measure how good colours are: the usual metrics over a data set, always beside two baselines that know nothing.

One predicts grey everywhere, the other the mean colour of the training photographs. They are hard to beat, because
colour is ambiguous and a squared error punishes a wrong bold guess more than a timid one. So a number means something
only beside theirs.
"""

import json
from pathlib import Path

import numpy as np

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.progress import Progress
from colorlab.base.rounding import rounded
from colorlab.data import datasets
from colorlab.evaluation import intervals
from colorlab.evaluation.errors import WRITE_UP_BATCH, Errors
from colorlab.evaluation.errors import colorfulness as colorfulness  # where notebooks and tests look for it

BATCH = 32
COLUMNS = {  # metric -> (heading, decimals), in the order of the table
    "psnr": ("PSNR dB", 2),
    "ssim": ("SSIM", 3),
    "ssim_ab": ("SSIM ab", 3),
    "ciede2000": ("CIEDE2000", 2),
    "rmse_ab": ("RMSE ab", 2),
    "colourfulness": ("colourfulness", 1),
    "chroma_loss_write_up": ("chroma loss x100", 0),
    "below_grey": ("below grey %", 1),
    "top1": ("top-1 %", 1),
    "top5": ("top-5 %", 1),
}


def evaluate(
    dataset: datasets.Dataset, model, scenes=None, mean_from: datasets.Dataset | None = None, saturations=()
) -> dict:
    """Measure a colorizer on photographs, beside predicting grey and predicting the mean colour.

    dataset : the photographs; the middle 128x128 of each is used. Those without colour count too, because leaving
        them grey is part of the task.
    model : a colorizer. scenes : the names of the scenes that it was trained on. If they are not the data set's, its
        scene accuracy means nothing and is None.
    mean_from : the data set whose mean colour (of photographs with colour) the second baseline predicts. By default
        it is that of the measured photographs, which flatters the baseline a little.
    saturations : factors that make the predicted colours stronger. Each is measured as a method, "model x1.2".

    Returns {"dataset", "digest", "photographs", "colourless", "methods": {"model" | "grey" | "mean colour" |
    "truth": {metric: value}}, "intervals": {the same methods: {metric: [low, high]}}, "model_against": {"grey" | "mean
    colour": by how much the model's CIEDE2000 is lower, as intervals.paired returns it}}. Intervals are of 95 %, by the
    bootstrap over photographs (intervals.py). Metrics:

    psnr : dB over RGB, from the squared error over all images together. (Nearly grey images, for which doing nothing
        is best, would dominate a mean of per-image values.)
    ssim, ciede2000 : means over images, by scikit-image (Wang et al. 2004; Sharma et al. 2005).
    ssim_ab : the structural similarity of a and b alone. Grey has the right lightness, and so a high ssim of RGB.
    rmse_ab : root mean squared error of a and b at full resolution, in Lab units.
    colourfulness : Hasler and Suesstrunk 2003, mean over images. The row "truth" shows what it should be.
    chroma_loss_write_up : squared error of scaled chroma at 64x64, summed over 100 images: the write-up's unit.
    below_grey : by how many percent that loss is lower than the loss of predicting grey.
    top1, top5 : percent of scenes recognised. "grey" guesses; "mean colour" always names the commonest scenes of the
        data set whose mean it predicts.

    Raises BadInput if there is no photograph, or none with colour, or if the network's answers are not finite.
    """
    if not len(dataset):
        raise BadInput(f"data set {dataset.name} has no photographs to measure on")
    if dataset.colorless.all():
        raise BadInput(f"data set {dataset.name} has no photograph with colour: there is nothing to compare with")
    rgb, labels = datasets.centre(dataset), dataset.labels
    reference = mean_from or dataset
    mean = datasets.mean_color(reference)
    known = scenes is None or tuple(scenes) == dataset.classes
    stronger = {f"model x{factor:g}": factor for factor in saturations}
    errors = {name: Errors() for name in ("model", *stronger, "grey", "mean colour", "truth")}
    ranks = []
    with Progress(total=len(dataset), unit="photo", desc="evaluating") as progress:
        for start in range(0, len(dataset), BATCH):
            chosen = slice(start, start + BATCH)
            true = np.asarray(rgb[chosen])
            lightness, chroma = color.encode(true)
            predicted = {name: np.asarray(value) for name, value in model.predict_on_batch(lightness).items()}
            if not all(np.isfinite(value).all() for value in predicted.values()):
                raise BadInput("the network's answers are not finite numbers: its weights are damaged, give others")
            errors["model"].add(true, lightness, chroma, predicted["chroma"])
            for name, factor in stronger.items():
                errors[name].add(true, lightness, chroma, color.saturated(predicted["chroma"], factor))
            errors["grey"].add(true, lightness, chroma, np.full_like(chroma, color.GREY))
            errors["mean colour"].add(true, lightness, chroma, np.broadcast_to(mean, chroma.shape))
            errors["truth"].add(true, lightness, chroma, chroma)
            if known:
                ranks.extend(rank_of_truth(predicted["scene"], labels[chosen]))
            progress.update(len(true))

    each = {name: one.each() for name, one in errors.items()}
    colored_labels = reference.labels[~reference.colorless]
    commonest = np.bincount(colored_labels, minlength=len(dataset.classes)).astype(float)
    commonest_ranks = rank_of_truth(np.tile(commonest, (len(dataset), 1)), labels)
    for top in (1, 5):
        each["mean colour"][f"top{top}"] = 100.0 * (commonest_ranks < top)
        if known:
            each["model"][f"top{top}"] = 100.0 * (np.array(ranks) < top)
    methods, spans = intervals.measured(each)
    for top in (1, 5):
        methods["model"].setdefault(f"top{top}", None)
        methods["grey"][f"top{top}"] = 100 * min(1.0, top / len(dataset.classes))
    error = {name: one["ciede2000"] for name, one in each.items()}
    return {
        "dataset": dataset.name,
        "digest": dataset.digest,
        "photographs": len(dataset),
        "colourless": int(dataset.colorless.sum()),
        "methods": methods,
        "intervals": spans,
        "model_against": {name: intervals.paired(error["model"], error[name]) for name in ("grey", "mean colour")},
    }


def rank_of_truth(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Count the other scenes with a logit (N, scenes) at least as high as that of the true scene (N,): 0 is right."""
    true = np.take_along_axis(logits, np.asarray(labels)[:, None].astype(int), axis=1)
    return np.sum(logits >= true, axis=1) - 1  # ties count, so a network that finds all equally likely is not right


def table(result: dict) -> str:
    """Format the metrics as a plain-text table, with a line for each method. It is 95 characters wide at most.

    Below it, where the result has intervals, stands half of the width of each: what "±" means. SSIM of RGB is left
    out beside that of a and b, which says more.
    """
    known = set().union(*result["methods"].values())
    shown = {key: COLUMNS[key] for key in COLUMNS if key in known and not (key == "ssim" and "ssim_ab" in known)}
    headings = [("", *heading.split(" ", 1))[-2:] for heading, _ in shown.values()]  # in two lines
    widths = [max(6, *map(len, heading)) for heading in headings]
    lines = [
        f"{'':12}" + "  ".join(part.rjust(width) for part, width in zip(line, widths, strict=True))
        for line in zip(*headings, strict=True)
    ]
    spans = result.get("intervals", {})
    for name, measured in result["methods"].items():
        found = {name: measured}
        if name in spans and name != "truth":
            found["±"] = {key: (span[1] - span[0]) / 2 for key, span in spans[name].items() if span}
        for said, values in found.items():
            cells = [_cell(values.get(key), decimals, said == "±") for key, (_, decimals) in shown.items()]
            lines.append(f"{said:12}" + "  ".join(c.rjust(w) for c, w in zip(cells, widths, strict=True)))
    counted = f"{result['photographs']} photographs of {result.get('dataset') or result['name']}"
    lines.append(counted + (f", {result['colourless']} of them without colour" if "colourless" in result else ""))
    if spans:
        lines.append("±: half of the 95 % interval that the choice of photographs leaves (bootstrap)")
    lines += [_compared(name, one) for name, one in result.get("model_against", {}).items()]
    return "\n".join(lines)


def _compared(name, one):
    """A paired difference as a sentence: {"mean": how much lower, "interval": [low, high], "gain", "lose"}."""
    numbers, word = (one["mean"], *one["interval"]), "lower"
    if one["mean"] < 0:
        numbers, word = (-numbers[0], -numbers[2], -numbers[1]), "higher"
    mean, low, high = (rounded(number, 2) for number in numbers)
    counted = f"{one['gain']} photographs gain, {one['lose']} lose"
    return f"CIEDE2000 is {mean} ({low} to {high}) {word} than with {name}: {counted}"


def markdown(result: dict, methods) -> str:
    """Format the metrics of colour of some methods, by their names in the result, as a Markdown table."""
    columns = ("chroma_loss_write_up", "below_grey", "psnr", "ciede2000", "colourfulness")
    lines = ["| | " + " | ".join(COLUMNS[key][0] for key in columns) + " |", "|---|" + "---:|" * len(columns)]
    for name in methods:
        cells = [_cell(result["methods"][name][key], COLUMNS[key][1]) for key in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value, decimals, plus_minus=False):
    if value is None:
        return "" if plus_minus else "-"
    return f"{'±' if plus_minus else ''}{rounded(value, decimals)}"


def write(result: dict, path: Path) -> None:
    """Write the result of an evaluation as JSON. Raises BadInput if the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror or error}): choose another file with -o") from None


def contributions(logs: dict, alpha: float) -> dict:
    """Return what each part adds to the joint loss, per image and in the write-up's unit.

    logs : a row of the history, with `chroma_loss` and `scene_loss`, and perhaps the same with the prefix val_.

    Returns {"chroma": …, "scene": alpha x …, "chroma_write_up": …, "scene_write_up": …} with the same prefixes.
    """
    parts = {}
    for prefix in ("", "val_"):
        if f"{prefix}chroma_loss" in logs:
            chroma, scene = logs[f"{prefix}chroma_loss"], alpha * logs[f"{prefix}scene_loss"]
            parts |= {f"{prefix}chroma": chroma, f"{prefix}scene": scene}
            parts |= {
                f"{prefix}chroma_write_up": chroma * WRITE_UP_BATCH,
                f"{prefix}scene_write_up": scene * WRITE_UP_BATCH,
            }
    return parts
