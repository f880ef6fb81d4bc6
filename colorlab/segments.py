"""Colour by segments: cut the photograph into pieces by its lightness, and give each piece one colour.

The way before networks, as old photographs were tinted by hand: threshold or cluster, then fill in. Three ways to cut:

otsu : thresholds on the lightness alone, chosen so that the classes differ most (Otsu 1979; with several thresholds
    Liao, Chen, Chung 2001).
kmeans : clusters of pixels alike in lightness, texture and place (Lloyd 1982); how much each counts is our choice.
slic : superpixels, clusters of lightness and place that each hang together (Achanta et al. 2012), merged by lightness.
"""

import numpy as np
from PIL import Image, ImageColor
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_multiotsu
from skimage.segmentation import slic

from colorlab import BadInput, color
from colorlab.photographs import on_white
from colorlab.scribbles import solved_size

BINS = 100  # of the histogram of lightness
MOST_THRESHOLDED = 6  # classes: the search for the best thresholds takes some 20 times as long for each class more
MOST = {
    "otsu": MOST_THRESHOLDED,
    "kmeans": 64,
    "slic": 256,
}  # segments: more would take minutes
PLACE, TEXTURE = 20.0, 2.0  # how many units of lightness the whole photograph is across, and one unit of its texture is
NEIGHBOURHOOD = 2.0  # pixels: the standard deviation of what texture and lightness are averaged over
COMPACTNESS = 0.1  # of superpixels: what part of the range of lightness weighs as much as the distance between two


def segment(lightness: np.ndarray, segments: int, method: str = "kmeans") -> np.ndarray:
    """Cut a photograph into segments.

    Parameters
    ----------
    lightness : (H, W), L in [0, 100].
    segments : how many at most, 1 to MOST; there are fewer where the photograph has no more to tell apart.
    method : "otsu", "kmeans" or "slic".

    Returns
    -------
    labels : int (H, W), 0 to K - 1, K <= segments, from the darkest segment to the lightest by mean lightness.

    Raises BadInput for another method, or a number of segments that cannot be.
    """
    lightness = np.asarray(lightness, dtype=float)
    if method not in METHODS:
        raise BadInput(f"there is no method '{method}', only: {', '.join(METHODS)}")
    if isinstance(segments, bool) or not isinstance(segments, int | np.integer) or segments < 1:
        raise BadInput(f"{segments} segments cannot be: give a whole number, 1 or more")
    if segments > lightness.size:
        raise BadInput(f"{segments} segments are more than the {lightness.size} pixels there are: ask for fewer")
    if segments > MOST[method]:
        raise BadInput(f"{segments} segments are too many for {method}: ask for {MOST[method]} at most (256 of slic)")
    levels = len(np.unique(lightness))
    return _from_dark_to_light(METHODS[method](lightness, min(segments, levels)), lightness)


def _from_dark_to_light(labels, lightness):
    """Labels 0 to K - 1 without gaps, in the order of their mean lightness."""
    _, labels = np.unique(labels, return_inverse=True)
    labels = labels.reshape(lightness.shape)
    means = np.bincount(labels.ravel(), lightness.ravel()) / np.bincount(labels.ravel())
    return np.argsort(np.argsort(means, kind="stable"))[labels]


def _thresholded(lightness, segments):
    classes = min(segments, np.count_nonzero(np.histogram(lightness, BINS)[0]))
    if classes == 1:
        return np.zeros(lightness.shape, dtype=int)
    return np.digitize(lightness, threshold_multiotsu(lightness, classes, nbins=BINS))


def _clustered(lightness, segments):
    smooth = gaussian_filter(lightness, NEIGHBOURHOOD)
    texture = np.sqrt(gaussian_filter((lightness - smooth) ** 2, NEIGHBOURHOOD))
    rows, columns = np.indices(lightness.shape) * (PLACE / max(lightness.shape))
    features = np.stack([lightness, TEXTURE * texture, rows, columns], axis=-1).reshape(-1, 4)
    _, labels = kmeans2(features, segments, minit="++", rng=0, missing="warn")
    return labels


def _superpixels(lightness, segments):
    """Four times as many superpixels as asked for, then merged: SLIC's own number is that of a grid, 1, 4, 6, 9, …"""
    asked = min(4 * segments, lightness.size)
    labels = slic(lightness, asked, compactness=COMPACTNESS, channel_axis=None, start_label=0)
    return _merged(labels, lightness, segments)


def _merged(labels, lightness, segments):
    """Merge touching segments until so many are left, each time those that differ least (Ward 1963)."""
    sizes = np.bincount(labels.ravel()).astype(float)
    means = np.bincount(labels.ravel(), lightness.ravel()) / sizes
    beside = np.stack([labels[:, :-1].ravel(), labels[:, 1:].ravel()], axis=-1)
    below = np.stack([labels[:-1].ravel(), labels[1:].ravel()], axis=-1)
    pairs = np.unique(np.concatenate([beside, below]), axis=0)
    merged_into = np.arange(len(sizes))
    for _ in range(len(sizes) - segments):
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        one, other = pairs.T
        cost = (means[one] - means[other]) ** 2 / (1 / sizes[one] + 1 / sizes[other])
        kept, gone = pairs[np.argmin(cost)]
        means[kept] = np.average(means[[kept, gone]], weights=sizes[[kept, gone]])
        sizes[kept] += sizes[gone]
        merged_into[merged_into == gone] = kept
        pairs[pairs == gone] = kept
    return merged_into[labels]


METHODS = {"otsu": _thresholded, "kmeans": _clustered, "slic": _superpixels}


def paint(lightness: np.ndarray, labels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Give each segment its colour, and each pixel its own lightness.

    lightness : (H, W), L in [0, 100]. labels : int (H, W), 0 to K - 1. colours : (K, 2), a and b in Lab units.

    Returns rgb uint8 (H, W, 3). Raises BadInput where a label has no colour.
    """
    if labels.min() < 0 or labels.max() >= len(colours):
        raise BadInput(
            f"labels from {labels.min()} to {labels.max()} do not fit {len(colours)} colours: give one for each segment"
        )
    lab = np.concatenate([lightness[..., None], np.asarray(colours)[labels]], axis=-1, dtype="float32")
    return color.to_uint8(color.lab_to_rgb(lab))


def colours_at(labels: np.ndarray, points: dict[tuple[int, int], tuple[float, float]]) -> np.ndarray:
    """The colours of segments, told by points: (row, column) -> (a, b). Segments without a point stay grey.

    Returns (K, 2) Lab units, the mean where a segment has several points. Raises BadInput for a point that is outside.
    """
    sums, counts = np.zeros((labels.max() + 1, 2)), np.zeros((labels.max() + 1, 1))
    for (row, column), ab in points.items():
        if not (0 <= row < labels.shape[0] and 0 <= column < labels.shape[1]):
            raise BadInput(f"the point ({row}, {column}) is outside of {labels.shape}: give row and column inside")
        sums[labels[row, column]] += ab
        counts[labels[row, column]] += 1
    return sums / np.maximum(counts, 1)


def palette_of(text: str) -> np.ndarray:
    """The colours of "#RRGGBB,#RRGGBB,…", (M, 2) a and b in Lab units, from the darkest to the lightest.

    Raises BadInput for what is no colour.
    """
    colours = []
    for name in text.split(","):
        try:
            colours.append(ImageColor.getcolor(name.strip(), "RGB"))
        except ValueError:
            raise BadInput(f"'{name.strip()}' in the palette is no colour: write #RRGGBB,#RRGGBB") from None
    lab = color.rgb_to_lab(np.array(colours, dtype="uint8"))
    return lab[np.argsort(lab[:, 0], kind="stable"), 1:]


def dealt(palette: np.ndarray, segments: int) -> np.ndarray:
    """A colour of the palette (M, 2) for each of K segments, (K, 2), both in order of lightness.

    Where there are more segments than colours, neighbours in lightness share one; where fewer, some are left out.
    """
    if segments == 1:
        return palette[len(palette) // 2 :][:1]
    return palette[np.round(np.linspace(0, len(palette) - 1, segments)).astype(int)]


def tint(photograph: Image.Image, segments: int, palette: np.ndarray, method: str = "kmeans") -> Image.Image:
    """Colour a photograph of any size and mode by segments, with a palette (M, 2) from dark to light.

    Cut at 0.25 megapixel at most; every pixel keeps its own lightness. Returns mode RGB, or RGBA with the transparency
    it had. Raises BadInput as `segment` does.
    """
    small = on_white(photograph.resize(solved_size(photograph.size), reducing_gap=3.0))
    labels = segment(color.rgb_to_lab(np.asarray(small))[..., 0], segments, method)
    colours = dealt(palette, labels.max() + 1)
    enlarged = np.asarray(Image.fromarray(labels.astype("int32")).resize(photograph.size, Image.Resampling.NEAREST))
    rgb = np.array(photograph.convert("RGB"))
    for top in range(0, len(rgb), 256):  # floating point takes twelve times the memory: not for all rows at once
        strip = slice(top, top + 256)
        rgb[strip] = paint(color.rgb_to_lab(rgb[strip])[..., 0], enlarged[strip], colours)
    tinted = Image.fromarray(rgb)
    if photograph.mode == "RGBA":
        tinted.putalpha(photograph.getchannel("A"))
    return tinted
