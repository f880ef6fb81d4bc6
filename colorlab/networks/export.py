"""Write a colorizer as an ONNX file, which ONNX Runtime runs without Keras (painting/onnx.py), here and in a browser.

The exporter walks through the layers of the Keras model by their names, as colorizer.with_two_inputs does. Two things
make the file small and fast. A batch normalization in use is a factor and an offset for each channel, so it is folded
into the layer before it. And a kernel whose numbers are small multiples of a power of two, as shipping.py makes them,
is stored as those multiples, one byte each, without a loss. Other large kernels are stored as float16.
"""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from colorlab.base.backend import keras, ops
from colorlab.base.files import replacing
from colorlab.networks import bins
from colorlab.networks.classifier import AnnealedMean
from colorlab.networks.shipping import LARGE

OPSET = 18
IR_VERSION = 10
CHROMA = ("photographs", "half the height", "half the width", 2)
INPUTS = {  # name -> (shape, default)
    "lightness": (("photographs", "height", "width", 1), None),
    "whole": (("others", 128, 128, 1), np.zeros((1, 128, 128, 1), dtype="float32")),
    "two": ((), np.array(False)),
}


def export(model, path: str | Path, scenes, trunk: dict | None = None) -> None:
    """Write a colorizer as an ONNX file.

    model : a colorizer, as networks.weights.load returns it. scenes : the names of its scenes.
    trunk : for a classifier, {"file", "sha256"} of the ONNX file of the network whose layers up to the fusion it uses.
        Then only the layers after the fusion are written, and the input is "fused".

    Inputs: lightness (N, H, W, 1) in [-1, 1], and two that have defaults. With `two` true, global features are those
    of `whole` (N, 128, 128, 1), and H and W are multiples of 8. Otherwise they are 128, and `whole` is not looked at.
    Outputs: chroma (N, H/2, W/2, 2) in [0, 1]; scene (N, scenes), logits; fused, the output of the fusion.
    """
    graph = Graph(model)
    if trunk:
        inputs, outputs = {"fused": (graph.fused_shape, None)}, {"chroma": CHROMA}
        graph.add("Transpose", _chroma(graph, "fused"), output="chroma", perm=[0, 2, 3, 1])
    else:
        inputs, outputs = INPUTS, {"chroma": CHROMA, "scene": ("others", len(scenes)), "fused": graph.fused_shape}
        _whole_network(graph)
    header = {"network": model.name, "scenes": list(scenes), "side": model.side} | ({"trunk": trunk} if trunk else {})
    proto = graph.model(inputs, outputs, {"colorlab": json.dumps(header)})
    onnx.checker.check_model(proto)
    with replacing(Path(path)) as beside:
        onnx.save(proto, beside)


def _whole_network(graph):
    """Low-level features of the photograph and perhaps of another one, then all the rest (colorizer.py)."""
    local = graph.add("Transpose", "lightness", perm=[0, 3, 1, 2])
    whole = graph.add("Transpose", "whole", perm=[0, 3, 1, 2])
    enlarged = graph.layers.get("enlarged")  # only in iizuka.py, and only where there is one input
    if enlarged:
        local = graph.either("two", lambda: local, lambda: graph.resized(local, enlarged))
    low = graph.through("low_level", local)
    of_whole = graph.either(
        "two", lambda: graph.through("low_level", graph.resized(whole, enlarged) if enlarged else whole), lambda: low
    )
    y_global = graph.through("global_features", of_whole)
    graph.add("Identity", graph.through("classification", graph.found["global_features_6_relu"]), output="scene")
    fused = graph.fusion(y_global, graph.through("mid_level", low))
    graph.add("Identity", fused, output="fused")
    chroma = _chroma(graph, fused)
    if enlarged:
        chroma = graph.either("two", lambda: chroma, lambda: graph.resized(chroma, graph.layers["reduced"]))
    graph.add("Transpose", chroma, output="chroma", perm=[0, 2, 3, 1])


def _chroma(graph, fused):
    x, last = graph.through("colorization", fused), graph.layers["chroma"]
    return graph.annealed_mean(x, last) if isinstance(last, AnnealedMean) else graph.add("Sigmoid", x)


class Graph:
    """ONNX nodes for the layers of a Keras model. Images are (N, channels, H, W) in them.

    found : name of a Keras layer -> the ONNX name of its output.
    """

    def __init__(self, model):
        self.layers = {layer.name: layer for layer in model.layers}
        self.nodes, self.constants, self.found, self.numbers = [], {}, {}, itertools.count(1)

    def model(self, inputs, outputs, properties):
        """Return the whole as an ONNX model. inputs : name -> (shape, default). outputs : name -> shape."""
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
        starts = []
        for name, (shape, default) in inputs.items():
            kind = TensorProto.BOOL if shape == () else TensorProto.FLOAT
            starts.append(helper.make_tensor_value_info(name, kind, shape))
            if default is not None:  # an input with a constant of its name need not be given
                self.constant(default, name)
        graph = helper.make_graph(self.nodes, "colorlab", starts, ends, self.constants.values())
        imports = [helper.make_opsetid("", OPSET)]
        proto = helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION, producer_name="colorlab")
        helper.set_model_props(proto, properties)
        return proto

    def add(self, op, *inputs, output=None, **attributes) -> str:
        """Append a node. Returns the name of its output."""
        output = output or f"{op.lower()}_{next(self.numbers)}"
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def constant(self, array, name: str) -> str:
        """Store an array under a name, once. Returns the name."""
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def either(self, condition: str, yes: Callable, no: Callable) -> str:
        """Append a choice of which one side is computed: functions that append nodes and return a name."""
        output = f"either_{next(self.numbers)}"
        sides = {"then_branch": self._side(yes, f"{output}_yes"), "else_branch": self._side(no, f"{output}_no")}
        self.nodes.append(helper.make_node("If", [condition], [output], **sides))
        return output

    def _side(self, build, output):
        outer, self.nodes = self.nodes, []
        self.add("Identity", build(), output=output)
        inner, self.nodes = self.nodes, outer
        return helper.make_graph(inner, output, [], [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)])

    def through(self, network, x):
        """Append the layers of one network, which form a chain."""
        for name, layer in self.layers.items():
            if name.startswith(network):
                x = self.found[name] = self._layer(layer, x)
        return x

    def _layer(self, layer, x):
        kinds = keras.layers
        if isinstance(layer, kinds.Conv2D):
            return self._convolution(layer, x)
        if isinstance(layer, kinds.Dense):
            return self._dense(layer, x)
        if isinstance(layer, kinds.ReLU):
            return self.add("Relu", x)
        if isinstance(layer, kinds.Flatten):
            return self.add("Flatten", x)
        if isinstance(layer, kinds.UpSampling2D):
            return self.add("Resize", x, "", self.constant(DOUBLE, "double"), mode="nearest", **REPEAT)
        if isinstance(layer, kinds.BatchNormalization):
            return x  # folded into the layer before it
        raise TypeError(f"there is no ONNX for {layer}")

    def _convolution(self, layer, x):
        scale, offset = self._folded(layer)
        kernel = self._scaled(_numbers(layer.kernel).transpose(3, 2, 0, 1), scale[:, None, None, None], layer.name)
        return self.add("Conv", x, kernel, offset, auto_pad="SAME_UPPER", strides=list(layer.strides))

    def _dense(self, layer, x):
        scale, offset = self._folded(layer)
        kernel = _numbers(layer.kernel)
        if layer.name == "global_features_5":  # Keras flattens (H, W, channels), ONNX (channels, H, W)
            height, width, channels = self.layers["global_features_flat"].input.shape[1:]
            kernel = kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)
        return self.add("Add", self.add("MatMul", x, self._scaled(kernel, scale, layer.name)), offset)

    def fusion(self, y_global, y_mid):
        """W [g ; m] = W_g g + W_m m, as layers.Fusion: a matrix product for an image, and a 1x1 convolution."""
        layer = self.layers["fusion_1"]
        (scale, offset), kernel = self._folded(layer), _numbers(layer.kernel)
        of_global = self.add("MatMul", y_global, self._scaled(kernel[: layer.split], scale, "fusion_1/global"))
        of_global = self.add("Add", of_global, offset)
        everywhere = self.add("Unsqueeze", of_global, self.constant(np.array([2, 3]), "rows and columns"))
        of_mid = self._scaled(kernel[layer.split :].T[..., None, None], scale[:, None, None, None], "fusion_1/mid")
        return self.add("Relu", self.add("Add", self.add("Conv", y_mid, of_mid), everywhere))

    def annealed_mean(self, logits, layer):
        """The layer classifier.AnnealedMean: (N, bins, h, w) -> (N, 2, 2 h, 2 w)."""
        less = self.add("Sub", logits, self.constant(layer.less.reshape(1, -1, 1, 1), "chroma/less"))
        sharper = self.add("Div", less, self.constant(np.float32(layer.temperature), "chroma/temperature"))
        chroma = ((bins.centres() + 128) / 255).astype("float32")
        centres = self.constant(chroma.T[..., None, None], "chroma/centres")
        mean = self.add("Conv", self.add("Softmax", sharper, axis=1), centres)
        return self.add("Resize", mean, "", self.constant(DOUBLE, "double"), mode="linear", **BLEND)

    def resized(self, x, layer):
        """A layer Resizing, from square to square: the matrix by which Keras multiplies rows, and columns."""
        matrix = self.constant(_matrix(layer.input.shape[1], layer.height, layer), layer.name)
        return self.add("MatMul", self.add("MatMul", matrix, x), self.add("Transpose", matrix))

    @property
    def fused_shape(self):
        return "photographs", self.layers["fusion_1"].units, "rows", "columns"

    def _folded(self, layer):
        """A layer's bias and the normalization after it, in use: factors of the channels, and the name of offsets."""
        scale, offset = np.ones(layer.bias.shape), _numbers(layer.bias)
        norm = self.layers.get(f"{layer.name}_norm")
        if norm:
            scale = _numbers(norm.gamma) / np.sqrt(_numbers(norm.moving_variance) + norm.epsilon)
            offset = _numbers(norm.beta) + (offset - _numbers(norm.moving_mean)) * scale
        return scale, self.constant(offset.astype("float32"), f"{layer.name}/offset")

    def _scaled(self, kernel, scale, name):
        """A kernel times a factor for each channel. It is stored small, and multiplied when the file is loaded."""
        step, half = step_of(kernel), kernel.astype("float16")
        if step:
            kernel, scale = (kernel / step).astype("int8"), scale * step
        elif kernel.size >= LARGE or np.array_equal(half, kernel):
            kernel = half
        else:
            kernel = kernel.astype("float32")
        number = self.add("Cast", self.constant(kernel, f"{name}/kernel"), to=TensorProto.FLOAT)
        return self.add("Mul", number, self.constant(scale.astype("float32"), f"{name}/scale"))


DOUBLE = np.array([1, 1, 2, 2], dtype="float32")
REPEAT = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
BLEND = {"coordinate_transformation_mode": "half_pixel"}


def _matrix(before, after, layer):
    """What a layer Resizing does to the rows of an image: (after, before). It is found by resizing an identity."""
    identity = np.eye(before, dtype="float32")[..., None]
    size = after, before
    return np.asarray(ops.image.resize(identity, size, layer.interpolation, antialias=layer.antialias))[..., 0]


def step_of(kernel: np.ndarray) -> float | None:
    """Return the power of two of which all numbers of a kernel are multiples that a byte holds, or None."""
    largest = np.abs(kernel).max()
    step = 2.0 ** np.ceil(np.log2(largest / 127)) if largest else 1.0
    return float(step) if np.array_equal(np.round(kernel / step) * step, kernel) else None


def _numbers(variable):
    """The numbers of a Keras variable, in double precision: they are folded into each other."""
    return np.asarray(variable, dtype="float64")
