"""The errors of one way to colour, photograph by photograph, and the metrics that they add up to."""

import numpy as np
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from colorlab import color

WRITE_UP_BATCH = 100  # the write-up adds up the losses of this many images
AB_RANGE = 255.0  # Lab units between the smallest and the largest a or b that is encoded


class Errors:
    """Collect the errors of one method, an array (N,) for each kind: see `add`."""

    def __init__(self):
        self.parts = []

    def add(self, true, lightness, chroma, predicted):
        """Add a batch: true (N, 128, 128, 3) uint8; lightness (N, 128, 128, 1); chroma and predicted (N, 64, 64, 2).

        squared_chroma : squared error of chroma, summed over a photograph.
        squared_rgb, squared_ab : mean squared error of RGB (bytes) and of a and b (Lab units).
        ciede2000 : mean difference of colours, by scikit-image (Sharma et al. 2005).
        ssim : structural similarity of RGB, by scikit-image (Wang et al. 2004).
        ssim_ab : the same of a and b, which are signed: a mean hue that is opposite counts as unlike (our choice).
        colourfulness : of the answer, by `colorfulness`.
        """
        rgb = color.decode(lightness, predicted)
        lab, true_lab = color.rgb_to_lab(rgb), color.rgb_to_lab(true)
        pairs = zip(true_lab[..., 1:], lab[..., 1:], strict=True)
        self.parts.append(
            {
                "squared_chroma": np.sum((predicted - chroma) ** 2, axis=(1, 2, 3)),
                "squared_rgb": np.mean((rgb.astype("float32") - true) ** 2, axis=(1, 2, 3)),
                "squared_ab": np.mean((lab[..., 1:] - true_lab[..., 1:]) ** 2, axis=(1, 2, 3)),
                "ciede2000": np.mean(deltaE_ciede2000(true_lab, lab), axis=(1, 2)),
                "ssim": [structural_similarity(a, b, channel_axis=-1) for a, b in zip(true, rgb, strict=True)],
                "ssim_ab": [structural_similarity(a, b, channel_axis=-1, data_range=AB_RANGE) for a, b in pairs],
                "colourfulness": [colorfulness(image) for image in rgb],
            }
        )

    def each(self) -> dict[str, np.ndarray]:
        """Return the errors of all photographs so far: kind -> (N,)."""
        return {kind: np.concatenate([part[kind] for part in self.parts]) for kind in self.parts[0]}

    def means(self) -> dict[str, float]:
        """Return the metrics over all photographs so far: those of `metrics_of`."""
        found = metrics_of({kind: np.mean(values) for kind, values in self.each().items()})
        return {name: float(value) for name, value in found.items()}


def metrics_of(means: dict) -> dict:
    """Turn mean errors, of any shape, into metrics: those that metrics.evaluate describes, from psnr to the write-up's.

    PSNR and RMSE are not means over photographs. They come from the squared error of all of them together.
    """
    with np.errstate(divide="ignore"):  # a perfect copy has an infinite PSNR
        psnr = 10 * np.log10(255**2 / np.asarray(means["squared_rgb"], dtype="float64"))
    return {
        "psnr": psnr,
        "ssim": means["ssim"],
        "ssim_ab": means["ssim_ab"],
        "ciede2000": means["ciede2000"],
        "rmse_ab": np.sqrt(means["squared_ab"]),
        "colourfulness": means["colourfulness"],
        "chroma_loss_write_up": WRITE_UP_BATCH * np.asarray(means["squared_chroma"], dtype="float64"),
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
