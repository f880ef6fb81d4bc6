"""Colour from strokes: a few scribbles of colour spread over the photograph, and stop where the lightness changes.

Levin, Lischinski, Weiss 2004, "Colorization using Optimization": neighbours of similar lightness should have similar
colours. Every pixel r without a stroke is to have the mean of its eight neighbours s, weighted by how alike they are:

    minimise  sum over r of (U(r) - sum over s of w_rs U(s))^2,    U(stroke) given,
    w_rs proportional to exp(-(L(r) - L(s))^2 / (2 sigma^2)),      sum over s of w_rs = 1

for each chroma channel U. Their text minimises over all r. Here, as in the program they published, the sum is over the
pixels without a stroke: how a stroke relates to its neighbours is its painter's affair. The minimum is then 0, and what
reaches it is the square system (I - W) U = 0, with U given on the strokes. Its solution is harmonic: never beyond the
colours of the strokes (the maximum principle), which the minimum over all r, of fourth order, doesn't promise.

Three things are our choice. The affinity of two pixels is symmetric, from the mean of their two variances: with rows
scaled to their sums it gives I - W, without that D - A, a graph Laplacian, symmetric and positive definite.
sigma^2 is a twentieth of the local variance, at least 1; the authors' program takes 0.3 of it, in these terms, and a
step of 50 L leaks through that. And the space is Lab, where theirs is YUV.
"""

import numpy as np
import scipy.sparse as sparse
from PIL import Image
from scipy.ndimage import uniform_filter
from scipy.sparse.linalg import splu

from colorlab import BadInput, color
from colorlab.backend import ops
from colorlab.colorize import predict, with_chroma
from colorlab.photographs import on_white

VARIANCE = 0.05  # how much of the local variance sigma^2 is
NOISE = 1.0  # L units: differences of lightness that mean nothing, the least sigma
FAINTEST = 1e-6  # the least affinity: every pixel is reached, and the system never singular to rounding
TRUST = 1e-5  # in the network's colours: a stroke reaches some 190 pixels against them
PIXELS = 250_000  # solved at this size at most: the time grows with their number to the power of 1.5
OPAQUE = 128  # the alpha from which on a pixel of the scribbles is a stroke
LINKS = ((0, 1), (1, 0), (1, 1), (1, -1))  # (rows, columns) to half of the eight neighbours; each link serves both ends


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
    strokes : (H, W, 2), a and b in Lab units where there is a stroke; whatever elsewhere.
    marked : (H, W) bool, where there is a stroke. Its colour stays as it is.
    hints : (H, W, 2) Lab units, colours that every other pixel is softly pulled to, such as a network's. Our addition.
    trust : weight of the hints against that of a pixel's eight neighbours together, 0 or more. A stroke's influence
        falls to 1/e within sqrt(0.375 / trust) pixels where the lightness is constant.

    Returns
    -------
    ab : float32 (H, W, 2), Lab units, within the range of the strokes (and of the hints, if there are any).

    Raises BadInput where there is no stroke, shapes do not agree, or the trust is no number of 0 or more.
    """
    _check(lightness, strokes, marked, hints, trust)
    ab, known = np.array(strokes, dtype=float).reshape(-1, 2), np.asarray(marked, dtype=bool).ravel()
    order = nested_dissection(np.shape(lightness))
    free = order[~known[order]]
    colours = ab[known]  # all that the answer can be a mean of
    if len(free):
        laplacian = graph_laplacian(lightness)
        rows = laplacian[free]
        system, right = rows[:, free], -(rows[:, known] @ ab[known])
        if hints is not None and trust > 0:
            hinted = np.reshape(hints, (-1, 2))[free]
            pull = trust * laplacian.diagonal()[free]
            system, right = system + sparse.diags_array(pull), right + pull[:, None] * hinted
            colours = np.concatenate([colours, hinted])
        # The exact solution is within the range already: clipping takes away rounding.
        ab[free] = np.clip(_solution(system, right), colours.min(axis=0), colours.max(axis=0))
    return ab.reshape(np.shape(strokes)).astype("float32")


def graph_laplacian(lightness: np.ndarray) -> sparse.csr_array:
    """D - A of a photograph's pixels, sparse (H W, H W): A their affinities in [0, 1], D its row sums on the diagonal.

    lightness : (H, W), L in [0, 100]. Levin et al. 2004, eq. 2, made symmetric.
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
    """Two slices of an image: all pixels that have a neighbour so many rows and columns away, and those neighbours."""
    left, right = slice(None, -columns or None), slice(columns, None)
    if columns < 0:
        left, right = slice(-columns, None), slice(None, columns)
    return (slice(None, -rows or None), left), (slice(rows, None), right)


def nested_dissection(shape: tuple[int, int]) -> np.ndarray:
    """The pixels of an image (H, W), as their numbers (H W,), in an order in which elimination fills in little.

    George 1973: a line of pixels cuts the image in two that know nothing of each other; first both, then the line.
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
    """Solve a symmetric positive definite system in the order it has, exactly and for all columns at once.

    The fastest of what was measured at 500x500, in seconds of one core (report/results/bench/strokes.csv): this 1.2; in
    SciPy's own orderings 2.0 and 4.1; conjugate gradients with a multigrid, ours or PyAMG's, 3 to 10 and mostly still
    wrong by a unit or more here and there, since affinities of 1 and of 1e-6 side by side are hard on them; with the
    diagonal alone, 79.
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
        raise BadInput(f"a trust of {trust} cannot be: give a number, 0 or more")
    if not np.any(marked):
        raise BadInput("there is no stroke: mark at least one pixel with a colour, grey where nothing else fits")


def scribble(photograph: Image.Image, scribbles: Image.Image, model=None, trust: float = TRUST) -> Image.Image:
    """Colour a photograph by strokes drawn over it.

    photograph : of any size and mode; its lightness stays as it is, pixel by pixel. Colours are computed at 0.25
        megapixel at most, and enlarged.
    scribbles : transparent but for the strokes (alpha of 128 and more), of the photograph's size or of its proportions.
        Only a and b of a stroke's colour count; a grey stroke keeps grey what it reaches.
    model : a colorizer whose colours, made stronger as `colorize` makes them, are the hints; None for none.

    Returns an image of mode RGB, or RGBA with the photograph's own transparency. Raises BadInput where the scribbles
    have another shape, no stroke, or nothing else.
    """
    size = solved_size(photograph.size)
    strokes, marked = strokes_of(scribbles, photograph.size, size)
    lightness = color.rgb_to_lab(np.asarray(on_white(photograph.resize(size, reducing_gap=3.0))))[..., 0]
    if model is None:
        ab = propagate(lightness, strokes, marked)
    else:
        hints = enlarged(predict([photograph], model)[0], lightness.shape)
        ab = hints + changes(lightness, strokes, marked, hints, trust)
    return with_chroma(photograph.copy(), (ab + 128) / 255)


def changes(lightness, strokes, marked, hints: np.ndarray, trust: float = TRUST) -> np.ndarray:
    """As `propagate`, but what is spread is how strokes differ from the colours under them: to be added to the hints.

    This keeps the differences that a network's colours have among themselves; it measured better than spreading the
    strokes' own colours.
    """
    return propagate(lightness, strokes - hints, marked, np.zeros_like(hints), trust)


def enlarged(chroma: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A network's chroma (h, w, 2) in [0, 1] as a and b in Lab units, for each pixel: (H, W, 2)."""
    return np.asarray(ops.image.resize(chroma, shape, interpolation="bilinear")) * 255 - 128


def solved_size(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height at which a photograph's colours are computed: its own, or those of a copy of PIXELS."""
    scale = min(1, (PIXELS / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))


def strokes_of(
    scribbles: Image.Image, size: tuple[int, int], smaller: tuple[int, int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Strokes as `propagate` takes them, of a photograph of `size` (width, height), on a copy of it that is `smaller`.

    Returns ab (H, W, 2) in Lab units and marked (H, W). A pixel of the copy is marked where a stroke touches it, so
    that thin ones are not lost, and has the mean colour of what touches it. Raises BadInput as `scribble` does.
    """
    (width, height), (across, down) = size, scribbles.size
    if 2 * abs(width * down - height * across) > width + height:  # more than rounding to whole pixels explains
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
