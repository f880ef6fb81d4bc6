"""Measure how good colours are: the usual metrics over a data set, always beside two baselines that know nothing.

One predicts grey everywhere, the other the mean colour of the training photographs. They are hard to beat, because
colour is ambiguous and a squared error punishes a wrong bold guess more than a timid one. So a number means something
only beside theirs.
"""

import json
from pathlib import Path

import numpy as np
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.base.files import replacing
from colorlab.base.progress import Progress
from colorlab.data import datasets

BATCH = 32
WRITE_UP_BATCH = 100  # the write-up adds up the losses of this many images
COLUMNS = {  # metric -> (heading, decimals), in the order of the table
    "psnr": ("PSNR dB", 2),
    "ssim": ("SSIM", 3),
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
    "truth": {metric: value}}}. Metrics:

    psnr : dB over RGB, from the squared error over all images together. (Nearly grey images, for which doing nothing
        is best, would dominate a mean of per-image values.)
    ssim, ciede2000 : means over images, by scikit-image (Wang et al. 2004; Sharma et al. 2005).
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
    sums = {name: Sums() for name in ("model", *stronger, "grey", "mean colour", "truth")}
    ranks = []
    with Progress(total=len(dataset), unit="photo", desc="evaluating") as progress:
        for start in range(0, len(dataset), BATCH):
            chosen = slice(start, start + BATCH)
            true = np.asarray(rgb[chosen])
            lightness, chroma = color.encode(true)
            predicted = {name: np.asarray(value) for name, value in model.predict_on_batch(lightness).items()}
            if not all(np.isfinite(value).all() for value in predicted.values()):
                raise BadInput("the network's answers are not finite numbers: its weights are damaged, give others")
            sums["model"].add(true, lightness, chroma, predicted["chroma"])
            for name, factor in stronger.items():
                sums[name].add(true, lightness, chroma, color.saturated(predicted["chroma"], factor))
            sums["grey"].add(true, lightness, chroma, np.full_like(chroma, color.GREY))
            sums["mean colour"].add(true, lightness, chroma, np.broadcast_to(mean, chroma.shape))
            sums["truth"].add(true, lightness, chroma, chroma)
            if known:
                ranks.extend(rank_of_truth(predicted["scene"], labels[chosen]))
            progress.update(len(true))

    methods = {name: total.means() for name, total in sums.items()}
    of_grey = methods["grey"]["chroma_loss_write_up"]
    for measured in methods.values():
        measured["below_grey"] = 100 * (1 - measured["chroma_loss_write_up"] / of_grey)
    colored_labels = reference.labels[~reference.colorless]
    commonest = np.bincount(colored_labels, minlength=len(dataset.classes)).astype(float)
    commonest_ranks = rank_of_truth(np.tile(commonest, (len(dataset), 1)), labels)
    for top in (1, 5):
        methods["model"][f"top{top}"] = 100 * float(np.mean(np.array(ranks) < top)) if known else None
        methods["grey"][f"top{top}"] = 100 * min(1.0, top / len(dataset.classes))
        methods["mean colour"][f"top{top}"] = 100 * float(np.mean(commonest_ranks < top))
    return {
        "dataset": dataset.name,
        "digest": dataset.digest,
        "photographs": len(dataset),
        "colourless": int(dataset.colorless.sum()),
        "methods": methods,
    }


class Sums:
    """Collect the errors of one method over the photographs. Pooled metrics can only be computed at the end."""

    def __init__(self):
        self.squared_rgb, self.squared_ab, self.squared_chroma = [], [], []
        self.ssim, self.ciede2000, self.colorfulness = [], [], []

    def add(self, true, lightness, chroma, predicted):
        """Add a batch: true (N, 128, 128, 3) uint8; lightness (N, 128, 128, 1); chroma and predicted (N, 64, 64, 2)."""
        rgb = color.decode(lightness, predicted)
        lab, true_lab = color.rgb_to_lab(rgb), color.rgb_to_lab(true)
        self.squared_chroma += list(np.sum((predicted - chroma) ** 2, axis=(1, 2, 3)))
        self.squared_rgb += list(np.mean((rgb.astype("float32") - true) ** 2, axis=(1, 2, 3)))
        self.squared_ab += list(np.mean((lab[..., 1:] - true_lab[..., 1:]) ** 2, axis=(1, 2, 3)))
        self.ciede2000 += list(np.mean(deltaE_ciede2000(true_lab, lab), axis=(1, 2)))
        self.ssim += [structural_similarity(a, b, channel_axis=-1) for a, b in zip(true, rgb, strict=True)]
        self.colorfulness += [colorfulness(image) for image in rgb]

    def means(self) -> dict:
        """Return the metrics over all photographs so far: those of `evaluate` from psnr to chroma_loss_write_up."""
        with np.errstate(divide="ignore"):  # a perfect copy has an infinite PSNR
            psnr = 10 * np.log10(255**2 / np.mean(self.squared_rgb))
        return {
            "psnr": float(psnr),
            "ssim": float(np.mean(self.ssim)),
            "ciede2000": float(np.mean(self.ciede2000)),
            "rmse_ab": float(np.sqrt(np.mean(self.squared_ab))),
            "colourfulness": float(np.mean(self.colorfulness)),
            "chroma_loss_write_up": float(np.mean(self.squared_chroma)) * WRITE_UP_BATCH,
        }


def colorfulness(rgb: np.ndarray) -> float:
    """Return how colourful people find an image (H, W, 3) uint8: 0 not, 15 slightly, 33 moderately, 109 extremely.

    Hasler and Suesstrunk 2003, "Measuring colorfulness in natural images".
    """
    red, green, blue = np.moveaxis(rgb.astype("float32"), -1, 0)
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    offset = np.hypot(red_green.mean(), yellow_blue.mean())
    return float(spread + 0.3 * offset)


def rank_of_truth(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Count the other scenes with a logit (N, scenes) at least as high as that of the true scene (N,): 0 is right."""
    true = np.take_along_axis(logits, np.asarray(labels)[:, None].astype(int), axis=1)
    return np.sum(logits >= true, axis=1) - 1  # ties count, so a network that finds all equally likely is not right


def table(result: dict) -> str:
    """Format the metrics as a plain-text table, with a line for each method. It is 95 characters wide at most."""
    headings = [("", *heading.split(" ", 1))[-2:] for heading, _ in COLUMNS.values()]  # in two lines
    widths = [max(6, *map(len, heading)) for heading in headings]
    lines = [
        f"{'':12}" + "  ".join(part.rjust(width) for part, width in zip(line, widths, strict=True))
        for line in zip(*headings, strict=True)
    ]
    for name, measured in result["methods"].items():
        cells = [_cell(measured.get(key), decimals) for key, (_, decimals) in COLUMNS.items()]
        lines.append(f"{name:12}" + "  ".join(c.rjust(w) for c, w in zip(cells, widths, strict=True)))
    counted = f"{result['photographs']} photographs of {result['dataset']}"
    return "\n".join([*lines, f"{counted}, {result['colourless']} of them without colour"])


def markdown(result: dict, methods) -> str:
    """Format the metrics of colour of some methods, by their names in the result, as a Markdown table."""
    columns = ("chroma_loss_write_up", "below_grey", "psnr", "ciede2000", "colourfulness")
    lines = ["| | " + " | ".join(COLUMNS[key][0] for key in columns) + " |", "|---|" + "---:|" * len(columns)]
    for name in methods:
        cells = [_cell(result["methods"][name][key], COLUMNS[key][1]) for key in columns]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value, decimals):
    return "-" if value is None else f"{value:.{decimals}f}"


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
