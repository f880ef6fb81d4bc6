"""Colour by segments: cut the photograph into segments by its lightness, and give each segment one colour.

This is how it was done before networks, much as old photographs were tinted by hand. There are three ways to cut:

otsu : thresholds on the lightness alone, which separate the classes best (Otsu 1979; for several thresholds Liao, Chen,
    Chung 2001).
kmeans : clusters of pixels with similar lightness, texture and place (Lloyd 1982). The weight of each is our choice.
slic : superpixels, connected clusters of similar lightness and place (Achanta et al. 2012), merged by their lightness.
"""

import numpy as np
from PIL import Image, ImageColor
from scipy import ndimage
from scipy.cluster.vq import kmeans2
from scipy.ndimage import gaussian_filter

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data.photographs import on_white
from colorlab.painting.paint import solved_size

BINS = 100  # of the histogram of lightness
MOST_THRESHOLDED = 6  # classes: with each more, the search for the best thresholds takes about 20 times as long
MOST = {"otsu": MOST_THRESHOLDED, "kmeans": 64, "slic": 256}  # segments of a method: more would take minutes
PLACE, TEXTURE = 20.0, 2.0  # the photograph's longer side, and one unit of its texture, in units of lightness
NEIGHBOURHOOD = 2.0  # pixels: the standard deviation of the Gaussian that texture and lightness are averaged with
COMPACTNESS = 0.1  # of superpixels: the part of the range of lightness that weighs as much as the distance between two


def segment(lightness: np.ndarray, segments: int, method: str = "kmeans") -> np.ndarray:
    """Cut a photograph into segments.

    Parameters
    ----------
    lightness : (H, W), L in [0, 100].
    segments : how many at most, 1 to MOST. There are fewer if the photograph has fewer different levels of lightness.
    method : "otsu", "kmeans" or "slic".

    Returns
    -------
    labels : int (H, W), 0 to K - 1 with K <= segments, in the order of the segments' mean lightness, darkest first.

    Raises BadInput for another method, or an impossible number of segments.
    """
    lightness = np.asarray(lightness, dtype=float)
    if method not in METHODS:
        raise BadInput(f"there is no method '{method}', only: {', '.join(METHODS)}")
    if isinstance(segments, bool) or not isinstance(segments, int | np.integer) or segments < 1:
        raise BadInput(f"{segments} segments are not possible: give a whole number, 1 or more")
    if segments > lightness.size:
        raise BadInput(f"{segments} segments are more than the {lightness.size} pixels there are: ask for fewer")
    if segments > MOST[method]:
        raise BadInput(f"{segments} segments are too many for {method}: ask for {MOST[method]} at most (256 of slic)")
    levels = len(np.unique(lightness))
    return _from_dark_to_light(METHODS[method](lightness, min(segments, levels)), lightness)


def _from_dark_to_light(labels, lightness):
    """Number the labels 0 to K - 1 without gaps, in the order of their mean lightness."""
    _, labels = np.unique(labels, return_inverse=True)
    labels = labels.reshape(lightness.shape)
    means = ndimage.mean(lightness, labels, np.arange(labels.max() + 1))
    return np.argsort(np.argsort(means, kind="stable"))[labels]


def _thresholded(lightness, segments):
    classes = min(segments, np.count_nonzero(np.histogram(lightness, BINS)[0]))
    if classes == 1:
        return np.zeros(lightness.shape, dtype=int)
    from skimage.filters import threshold_multiotsu  # of the extra "course"

    return np.digitize(lightness, threshold_multiotsu(lightness, classes, nbins=BINS))


def _clustered(lightness, segments):
    smooth = gaussian_filter(lightness, NEIGHBOURHOOD)
    texture = np.sqrt(gaussian_filter((lightness - smooth) ** 2, NEIGHBOURHOOD))
    rows, columns = np.indices(lightness.shape) * (PLACE / max(lightness.shape))
    features = np.stack([lightness, TEXTURE * texture, rows, columns], axis=-1).reshape(-1, 4)
    _, labels = kmeans2(features, segments, minit="++", rng=0, missing="warn")
    return labels


def _superpixels(lightness, segments):
    """Make four times as many superpixels as asked for, and merge them. SLIC alone makes a grid's: 1, 4, 6, 9, …"""
    from skimage.segmentation import slic  # of the extra "course"

    asked = min(4 * segments, lightness.size)
    labels = slic(lightness, asked, compactness=COMPACTNESS, channel_axis=None, start_label=0)
    return _merged(labels, lightness, segments)


def _merged(labels, lightness, segments):
    """Merge touching segments, each time the two that differ least, until `segments` are left (Ward 1963)."""
    sizes = np.bincount(labels.ravel()).astype(float)
    means = ndimage.mean(lightness, labels, np.arange(len(sizes)))
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


def paint(lightness: np.ndarray, labels: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """Give each segment its colour. Each pixel keeps its own lightness.

    lightness : (H, W), L in [0, 100]. labels : int (H, W), 0 to K - 1. colors : (K, 2), a and b in Lab units.

    Returns rgb uint8 (H, W, 3). Raises BadInput if a label has no colour.
    """
    if labels.min() < 0 or labels.max() >= len(colors):
        raise BadInput(
            f"labels from {labels.min()} to {labels.max()} do not fit {len(colors)} colours: give one for each segment"
        )
    lab = np.concatenate([lightness[..., None], np.asarray(colors)[labels]], axis=-1, dtype="float32")
    return color.to_uint8(color.lab_to_rgb(lab))


def palette_of(text: str) -> np.ndarray:
    """Read a palette "#RRGGBB,#RRGGBB,…": (M, 2) a and b in Lab units, from the darkest to the lightest colour.

    Raises BadInput if a name is not a colour.
    """
    colors = []
    for name in text.split(","):
        try:
            colors.append(ImageColor.getcolor(name.strip(), "RGB"))
        except ValueError:
            raise BadInput(f"'{name.strip()}' in the palette is no colour: write #RRGGBB,#RRGGBB") from None
    lab = color.rgb_to_lab(np.array(colors, dtype="uint8"))
    return lab[np.argsort(lab[:, 0], kind="stable"), 1:]


def dealt(palette: np.ndarray, segments: int) -> np.ndarray:
    """Choose a colour of the palette (M, 2) for each of K segments: (K, 2). Both are in the order of lightness.

    With more segments than colours, segments of similar lightness share one. With fewer, some colours are left out.
    """
    if segments == 1:
        return palette[len(palette) // 2 :][:1]
    return palette[np.round(np.linspace(0, len(palette) - 1, segments)).astype(int)]


def tint(photograph: Image.Image, segments: int, palette: np.ndarray, method: str = "kmeans") -> Image.Image:
    """Colour a photograph of any size and mode by segments, with a palette (M, 2) from dark to light.

    Segments are computed at 0.25 megapixel at most. Every pixel keeps its own lightness. Returns an image of mode RGB,
    or RGBA with the photograph's own transparency. Raises BadInput as `segment` does.
    """
    small = on_white(photograph.resize(solved_size(photograph.size), reducing_gap=3.0))
    labels = segment(color.rgb_to_lab(np.asarray(small))[..., 0], segments, method)
    colors = dealt(palette, labels.max() + 1)
    enlarged = np.asarray(Image.fromarray(labels.astype("int32")).resize(photograph.size, Image.Resampling.NEAREST))
    rgb = np.array(photograph.convert("RGB"))
    for top in range(0, len(rgb), 256):  # in strips, since floating point takes twelve times the memory
        strip = slice(top, top + 256)
        rgb[strip] = paint(color.rgb_to_lab(rgb[strip])[..., 0], enlarged[strip], colors)
    tinted = Image.fromarray(rgb)
    if photograph.mode == "RGBA":
        tinted.putalpha(photograph.getchannel("A"))
    return tinted
