"""Colour from strokes: the colours of a few scribbles spread over the photograph and stop where the lightness changes.

Source: Levin, Lischinski, Weiss 2004, "Colorization using Optimization". Neighbours of similar lightness should have
similar colours. Every pixel r without a stroke gets the mean of its eight neighbours s, weighted by their similarity:

    minimise  sum over r of (U(r) - sum over s of w_rs U(s))^2,    U(stroke) given,
    w_rs proportional to exp(-(L(r) - L(s))^2 / (2 sigma^2)),      sum over s of w_rs = 1

for each chroma channel U. Their text sums over all r. Here, as in the program they published, the sum is over pixels
without a stroke, since a stroke need not resemble its neighbours. The minimum is then 0, and U solves the square system
(I - W) U = 0, where U is given on the strokes. This solution is harmonic: it stays within the colours of the strokes
(the maximum principle). The minimum over all r, an equation of fourth order, doesn't guarantee this.

Three things are our choice:
- The affinity of two pixels is symmetric: it uses the mean of their two variances. I - W is then D - A, a graph
  Laplacian, with each row divided by its element of D. D - A is symmetric, and positive definite once U is given on the
  strokes.
- sigma^2 is a twentieth of the local variance, at least 1. The authors' program takes 0.3 of it, in these terms, and
  its colours leak through a step of 50 L.
- The colour space is Lab. Theirs is YUV.
"""

import numpy as np
import scipy.sparse as sparse
from PIL import Image
from scipy.ndimage import uniform_filter
from scipy.sparse.linalg import splu

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data.photographs import on_white
from colorlab.painting.paint import solved_size, with_chroma

VARIANCE = 0.05  # sigma^2 as a part of the local variance
NOISE = 1.0  # L units: the least sigma, since smaller differences of lightness are noise
FAINTEST = 1e-6  # the least affinity, so that colours reach every pixel and rounding never makes the system singular
TRUST = 1e-5  # in the network's colours: a stroke then reaches about 190 pixels
OPAQUE = 128  # the least alpha of a stroke's pixel
LINKS = ((0, 1), (1, 0), (1, 1), (1, -1))  # (rows, columns) to half of the eight neighbours; a link goes both ways


def propagate(
    lightness: np.ndarray,
    strokes: np.ndarray,
    marked: np.ndarray,
    hints: np.ndarray | None = None,
    trust: float = TRUST,
) -> np.ndarray:
    """Spread the colours of strokes over a photograph.

    Parameters
    ----------
    lightness : (H, W), L in [0, 100].
    strokes : (H, W, 2), a and b in Lab units where there is a stroke. Elsewhere its values are ignored.
    marked : (H, W) bool, true where there is a stroke. A stroke keeps its colour.
    hints : (H, W, 2) Lab units, colours that all other pixels are pulled to, such as a network's. Our addition.
    trust : the weight of the hints, 0 or more; the eight neighbours of a pixel together have the weight 1. A stroke's
        influence falls to 1/e within sqrt(0.375 / trust) pixels where the lightness is constant.

    Returns
    -------
    ab : float32 (H, W, 2), Lab units, within the range of the strokes, and of the hints if there are any.

    Raises BadInput if there is no stroke, if shapes do not agree, or if the trust is not a number of 0 or more.
    """
    _check(lightness, strokes, marked, hints, trust)
    ab, known = np.array(strokes, dtype=float).reshape(-1, 2), np.asarray(marked, dtype=bool).ravel()
    order = nested_dissection(np.shape(lightness))
    free = order[~known[order]]
    colors = ab[known]  # every result is a mean of these
    if len(free):
        laplacian = graph_laplacian(lightness)
        rows = laplacian[free]
        system, right = rows[:, free], -(rows[:, known] @ ab[known])
        if hints is not None and trust > 0:
            hinted = np.reshape(hints, (-1, 2))[free]
            pull = trust * laplacian.diagonal()[free]
            system, right = system + sparse.diags_array(pull), right + pull[:, None] * hinted
            colors = np.concatenate([colors, hinted])
        # The exact solution is within the range. Clipping removes rounding errors.
        ab[free] = np.clip(_solution(system, right), colors.min(axis=0), colors.max(axis=0))
    return ab.reshape(np.shape(strokes)).astype("float32")


def graph_laplacian(lightness: np.ndarray) -> sparse.csr_array:
    """Return the graph Laplacian D - A of a photograph's pixels, sparse (H W, H W).

    A has the affinities of neighbours, in [0, 1]. D has the row sums of A on its diagonal. Levin et al. 2004, eq. 2,
    made symmetric.

    lightness : (H, W), L in [0, 100].
    """
    lightness = np.asarray(lightness, dtype=float)
    mean = uniform_filter(lightness, 3, mode="nearest")
    variance = uniform_filter(lightness**2, 3, mode="nearest") - mean**2
    number = np.arange(lightness.size).reshape(lightness.shape)
    ends, affinities = [], []
    for link in LINKS:
        here, there = _linked(*link)
        sigma2 = np.maximum(VARIANCE * (variance[here] + variance[there]) / 2, NOISE**2)
        affinity = np.exp(-((lightness[here] - lightness[there]) ** 2) / (2 * sigma2))
        affinities.append(np.maximum(affinity, FAINTEST).ravel())
        ends.append((number[here].ravel(), number[there].ravel()))
    one_way = sparse.coo_array((np.concatenate(affinities), np.hstack(ends)), shape=(number.size, number.size)).tocsr()
    both_ways = one_way + one_way.T
    return (sparse.diags_array(both_ways.sum(axis=1)) - both_ways).tocsr()


def _linked(rows, columns):
    """Return two slices of an image: pixels with a neighbour this many rows and columns away, and the neighbours."""
    left, right = slice(None, -columns or None), slice(columns, None)
    if columns < 0:
        left, right = slice(-columns, None), slice(None, columns)
    return (slice(None, -rows or None), left), (slice(rows, None), right)


def nested_dissection(shape: tuple[int, int]) -> np.ndarray:
    """Return the numbers (H W,) of an image's pixels in an order in which elimination adds few non-zeros.

    George 1973: a line of pixels separates two halves of the image, which then share no equation. Both halves are
    eliminated before the line.
    """

    def cut(block):
        if block.shape[0] < block.shape[1]:
            block = block.T
        if block.shape[0] < 4:
            return [block.ravel()]
        middle = len(block) // 2
        return [*cut(block[:middle]), *cut(block[middle + 1 :]), block[middle]]

    return np.concatenate(cut(np.arange(shape[0] * shape[1]).reshape(shape)))


def _solution(system, right):
    """Solve a symmetric positive definite system directly, in the order it has, for all columns at once.

    At 500x500 this takes 1.2 seconds on one core, the least of what was measured (report/results/bench/strokes.csv).
    SciPy's own orderings take 2.0 and 4.1. Conjugate gradients with a multigrid, ours or PyAMG's, take 3 to 10, and
    most are still wrong by a unit or more in places, since affinities of 1 and 1e-6 side by side slow their
    convergence. With the diagonal alone they take 79.
    """
    symmetric = {"SymmetricMode": True}
    return splu(system.tocsc(), permc_spec="NATURAL", diag_pivot_thresh=0.0, options=symmetric).solve(right)


def _check(lightness, strokes, marked, hints, trust):
    shape = np.shape(lightness)
    if np.shape(marked) != shape or np.shape(strokes) != (*shape, 2):
        found = f"lightness {shape}, strokes {np.shape(strokes)}, marked {np.shape(marked)}"
        raise BadInput(f"{found} do not agree: give (H, W), (H, W, 2) and (H, W)")
    if hints is not None and np.shape(hints) != (*shape, 2):
        raise BadInput(f"hints of shape {np.shape(hints)} do not fit a lightness of {shape}: give {(*shape, 2)}")
    if not 0 <= trust < np.inf:
        raise BadInput(f"a trust of {trust} is not possible: give a number, 0 or more")
    if not np.any(marked):
        raise BadInput("there is no stroke: mark at least one pixel with a colour, grey where nothing else fits")


def scribble(photograph: Image.Image, scribbles: Image.Image, network=None, trust: float = TRUST) -> Image.Image:
    """Colour a photograph by strokes drawn over it.

    photograph : any size and mode. Every pixel keeps its lightness. Colours are computed at 0.25 megapixel at most and
        enlarged.
    scribbles : an image that is transparent except for the strokes (alpha of 128 or more), with the photograph's size
        or proportions. Only a and b of a stroke's colour are used. A grey stroke keeps its surroundings grey.
    network : a painting.network.Network, whose colours are the hints, as strong as `colorize` makes them; or None.

    Returns an image of mode RGB, or RGBA with the photograph's own transparency. Raises BadInput if the scribbles have
    other proportions, no stroke, or no transparent pixel.
    """
    size = solved_size(photograph.size)
    strokes, marked = strokes_of(scribbles, photograph.size, size)
    lightness = color.rgb_to_lab(np.asarray(on_white(photograph.resize(size, reducing_gap=3.0))))[..., 0]
    if network is None:
        ab = propagate(lightness, strokes, marked)
    else:
        hints = color.ab_of(color.enlarged(network.chroma([photograph])[0], lightness.shape))
        ab = hints + changes(lightness, strokes, marked, hints, trust)
    return with_chroma(photograph.copy(), (ab + 128) / 255)


def changes(lightness, strokes, marked, hints: np.ndarray, trust: float = TRUST) -> np.ndarray:
    """Spread the differences between strokes and hints, as `propagate` spreads colours. Add the result to the hints.

    The differences between a network's own colours then remain. This measured better than spreading the strokes' own
    colours.
    """
    return propagate(lightness, strokes - hints, marked, np.zeros_like(hints), trust)


def strokes_of(
    scribbles: Image.Image, size: tuple[int, int], smaller: tuple[int, int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return strokes as `propagate` takes them: ab (H, W, 2) in Lab units and marked (H, W).

    size : of the photograph, (width, height). smaller : of the copy (W, H) on which they are propagated, if not `size`.

    A pixel of the copy is marked if a stroke touches it, so that thin strokes are not lost. It has the mean colour of
    the strokes' pixels in it. Raises BadInput as `scribble` does.
    """
    (width, height), (across, down) = size, scribbles.size
    if 2 * abs(width * down - height * across) > width + height:  # more than rounding to whole pixels can cause
        found = f"the scribbles have {across}x{down} pixels, the photograph {width}x{height}"
        raise BadInput(f"{found}: draw them on a layer of its size")
    rgba = np.asarray(scribbles.convert("RGBA").resize(size, Image.Resampling.NEAREST))
    opaque = rgba[..., 3] >= OPAQUE
    if not opaque.any():
        raise BadInput("the scribbles hold no stroke: draw at least one, opaque, on the transparent layer")
    if opaque.all():
        raise BadInput("the scribbles are opaque everywhere: save the layer with the strokes alone, as PNG")
    row, column = np.nonzero(opaque)
    width, height = smaller or size
    place = (row * height // size[1]) * width + column * width // size[0]
    counts = np.bincount(place, minlength=width * height)
    lab = color.rgb_to_lab(rgba[row, column, :3])
    sums = [np.bincount(place, lab[:, channel], minlength=width * height) for channel in (1, 2)]
    ab = np.stack(sums, axis=-1) / np.maximum(counts, 1)[:, None]
    return ab.reshape(height, width, 2), (counts > 0).reshape(height, width)
