"""A trained network that colours photographs of any size and mode, and keeps every pixel of their detail.

The network sees a 128x128 copy of a photograph and predicts its chroma. paint.py enlarges that chroma to the
photograph's size and joins it to the photograph's own lightness.
"""

import uuid
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from colorlab import color
from colorlab.base.errors import BadInput
from colorlab.data.photographs import on_white
from colorlab.networks import pretrained
from colorlab.painting.paint import with_chroma

NATIVE_SIDE = 512  # pixels: with `native`, the longer side that the network sees at most (our choice)


def load(where: str | Path = pretrained.DEFAULT, device: str = "cpu") -> "Network":
    """Load a trained network.

    where : "places", "vivid" or "iizuka", which ship; or an ONNX file (`colorlab export`), a run folder, or a weights
        file. ONNX files run on ONNX Runtime. Run folders and weights files need Keras, which takes seconds to start.
    device : what an ONNX file is computed on, a key of networks.pretrained.PROVIDERS.

    The file is read when the network is first used. Raises BadInput if there is none.
    """
    return Network(weights=pretrained.find_network(where), device=device)


class Network:
    """A trained colorizer.

    weights : an ONNX file or a weights file. It is read when the network is first used.
    model : a model in memory, instead of a file. It needs `name` and `predict_on_batch`, and for `native` and `style`
        also `predict_on_pair` and `side`, as networks.colorizer.Colorizer has them.
    scenes : the names of the scenes that the model was trained on.
    device : what an ONNX file is computed on.
    """

    def __init__(self, model=None, scenes=(), weights: Path | None = None, device: str = "cpu"):
        self.weights, self.device = weights, device
        if model is not None:
            self._loaded = model, tuple(scenes)

    def __repr__(self):
        return f"Network({str(self.weights)!r})" if self.weights else f"Network({self.model.name!r})"

    @cached_property
    def _loaded(self):
        if self.weights.suffix == ".onnx":
            from colorlab.painting.onnx import OnnxColorizer

            model = OnnxColorizer(self.weights, self.device)
            return model, model.scenes
        return _keras_model(self.weights)

    def prepare(self) -> None:
        """Load the network before it is used, if its file is ONNX: that takes a fraction of a second.

        Keras takes seconds. Nobody should wait for them before hearing that a photograph is damaged.
        """
        if self.weights is not None and self.weights.suffix == ".onnx":
            self._loaded  # noqa: B018 - reading the property loads the file

    @property
    def model(self):
        """What answers: lightness (N, 128, 128, 1) -> {"chroma": (N, 64, 64, 2), "scene": (N, scenes)}.

        Raises BadInput if the file is damaged, or no network of colorlab.
        """
        return self._loaded[0]

    @cached_property
    def identity(self) -> str:
        """What says whether two networks are the same: the SHA-256 of the file. A model in memory is like no other."""
        return pretrained.sha256_of(self.weights) if self.weights else uuid.uuid4().hex

    @cached_property
    def keras(self):
        """The same network as a Keras model, to take apart. Beside an ONNX file, its weights file is read.

        Raises BadInput if there is no such file, or if it is damaged.
        """
        if self.weights is None or self.weights.suffix != ".onnx":
            return self.model
        return _keras_model(self.weights.with_suffix(".weights.h5"))[0]

    @property
    def scenes(self) -> tuple[str, ...]:
        """The names of the scenes that the network recognises."""
        return self._loaded[1]

    def colorize(
        self,
        photograph: Image.Image,
        saturation: float | None = None,
        style: Image.Image | None = None,
        native: bool = False,
    ) -> Image.Image:
        """Colour a photograph of any size and mode. Returns a copy of mode RGB, or RGBA with the same transparency.

        The options are those of `chroma`.
        """
        chroma = self.chroma([photograph], saturation, style, native)[0]
        return with_chroma(photograph.copy(), chroma)

    def chroma(
        self,
        photographs: list[Image.Image],
        saturation: float | None = None,
        style: Image.Image | None = None,
        native: bool = False,
    ) -> list[np.ndarray]:
        """Predict the chroma of photographs of any size: each (64, 64, 2) in [0, 1], or (h, w, 2) with `native`.

        saturation : the predicted colours become this many times stronger. 1 is the network's own prediction. It is the
            mean of all possible colours, which has the least squared error and is paler than each of them. The default
            is the factor chosen for the architecture (networks/pretrained.py).
        style : another photograph, whose global features are used for all photographs. They say what kind of picture
            it is (Iizuka et al. 2016, 5.5).
        native : the network sees each photograph in its own shape, with a longer side between the size of its training
            (128 pixels, or 224) and NATIVE_SIDE; h and w are half of that. Colours then follow smaller objects, but
            objects look larger than in the training.
        """
        _check_images(photographs if style is None else [*photographs, style])
        if saturation is not None:
            color.check_saturation(saturation)  # before the network is read
        model = self.model
        saturation = pretrained.saturation_of(model.name) if saturation is None else saturation
        square = (color.IMAGE_SIZE, color.IMAGE_SIZE)
        whole = np.stack([_lightness(photograph, square) for photograph in photographs])
        if not native and style is None:
            predicted = np.asarray(model.predict_on_batch(whole)["chroma"])
        else:
            lent = whole if style is None else np.repeat(_lightness(style, square)[None], len(whole), axis=0)
            if native:  # the sizes differ, so photographs go through the network one by one
                seen = (_lightness(photograph, _native_size(photograph, model.side)) for photograph in photographs)
                pairs = zip(seen, lent, strict=True)
                predicted = [model.predict_on_pair(local[None], other[None])[0] for local, other in pairs]
            else:
                predicted = model.predict_on_pair(whole, lent)
        return [color.saturated(chroma, saturation) for chroma in predicted]

    def scene(self, photograph: Image.Image) -> dict[str, float]:
        """Recognise the scene of a photograph: {scene: probability}, the most probable first. They add up to 1."""
        _check_images([photograph])
        lightness = _lightness(photograph, (color.IMAGE_SIZE, color.IMAGE_SIZE))[None]
        logits = np.asarray(self.model.predict_on_batch(lightness)["scene"], dtype="float64")[0]
        probabilities = np.exp(logits - logits.max())
        probabilities /= probabilities.sum()
        return {self.scenes[number]: float(probabilities[number]) for number in np.argsort(-probabilities)}


def _keras_model(path):
    try:
        from colorlab.networks import weights  # imports Keras
    except ModuleNotFoundError as error:
        raise BadInput(
            f'{path} needs the package {error.name}: pip install ".[course,cpu]" in the project\'s folder, '
            "or write it as an ONNX file with `colorlab export` where that is installed"
        ) from None
    return weights.load(path)


def _check_images(photographs):
    """Raise BadInput for what is no image of Pillow's, such as the name of a file."""
    for photograph in photographs:
        if not isinstance(photograph, Image.Image):
            raise BadInput(f"{photograph!r:.60} is no photograph: give a PIL image, PIL.Image.open(…)")


def _lightness(photograph, size):
    """The lightness of a photograph resized to (width, height): (height, width, 1) in [-1, 1]."""
    return color.lightness_of(color.rgb_to_lab(np.asarray(on_white(photograph.resize(size, reducing_gap=3.0)))))


def _native_size(photograph, least):
    """The size of a photograph, scaled to a longer side of `least` to NATIVE_SIDE: (width, height), multiples of 8."""
    longer = max(photograph.size)
    scale = min(max(longer, least), NATIVE_SIDE) / longer
    return tuple(max(8, 8 * round(side * scale / 8)) for side in photograph.size)
