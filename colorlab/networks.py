"""The six networks of the write-up, each a function to be read beside its table, and the model they make up.

Every layer is a 3x3 convolution ("same" padding) or fully connected; weights start with a standard deviation of
1/sqrt(fan-in), biases at zero; batch normalization, then ReLU. Only the two outputs differ: chroma goes through a
sigmoid, and neither is batch-normalised, so that the model can put them where it wants (our choice; the authors'
program normalises its chroma output, see notebook 06).

`depth` is the number of channels of the first layer, 64 in the tables; every other width is a multiple of it.
"""

from dataclasses import dataclass

import numpy as np

from colorlab.backend import keras, ops

layers = keras.layers

DEPTH = 64
SCENES = 100  # Table V prints 205, the number of classes of Places; the write-up's data set, MiniPlaces, has 100


@dataclass(frozen=True)
class Row:
    """A line of a table: what a layer is, its stride, and the shapes (without the batch) it turns into each other."""

    kind: str  # "conv", "dense", "fusion" or "upsample"
    stride: int
    input: tuple[int, ...]
    output: tuple[int, ...]


# Tables I to V at depth 64 with their slips mended: Table IV leaves out the 128 -> 64 convolution before the
# upsampling, Table III prints 128 -> 128 where 256 -> 128 is meant, Table V prints 205 classes.
TABLES = {
    "low_level": (  # Table I
        Row("conv", 2, (128, 128, 1), (64, 64, 64)),
        Row("conv", 1, (64, 64, 64), (64, 64, 128)),
        Row("conv", 2, (64, 64, 128), (32, 32, 128)),
        Row("conv", 1, (32, 32, 128), (32, 32, 256)),
    ),
    "mid_level": (  # Table II
        Row("conv", 1, (32, 32, 256), (32, 32, 256)),
        Row("conv", 1, (32, 32, 256), (32, 32, 128)),
    ),
    "global_features": (  # Table III
        Row("conv", 2, (32, 32, 256), (16, 16, 256)),
        Row("conv", 1, (16, 16, 256), (16, 16, 256)),
        Row("conv", 2, (16, 16, 256), (8, 8, 256)),
        Row("conv", 1, (8, 8, 256), (8, 8, 256)),
        Row("dense", 1, (16384,), (512,)),
        Row("dense", 1, (512,), (256,)),
        Row("dense", 1, (256,), (128,)),
    ),
    "fusion": (  # Table IV, first line
        Row("fusion", 1, (32, 32, 256), (32, 32, 256)),
    ),
    "colorization": (  # Table IV, the rest
        Row("conv", 1, (32, 32, 256), (32, 32, 128)),
        Row("conv", 1, (32, 32, 128), (32, 32, 64)),
        Row("upsample", 1, (32, 32, 64), (64, 64, 64)),
        Row("conv", 1, (64, 64, 64), (64, 64, 32)),
        Row("conv", 1, (64, 64, 32), (64, 64, 2)),
    ),
    "classification": (  # Table V
        Row("dense", 1, (256,), (256,)),
        Row("dense", 1, (256,), (100,)),
    ),
}

# Where the output of each network is found in the model: the name of its last layer.
OUTPUTS = {
    "low_level": "low_level_4_relu",
    "mid_level": "mid_level_2_relu",
    "global_features": "global_features_7_relu",
    "fusion": "fusion_1_relu",
    "colorization": "chroma",
    "classification": "scene",
}


def low_level(lightness, depth=DEPTH):
    """Edges and textures: lightness (128, 128, 1) -> (32, 32, 4 depth). Table I; strides take the place of pooling."""
    x = convolution(lightness, depth, "low_level_1", stride=2)
    x = convolution(x, 2 * depth, "low_level_2")
    x = convolution(x, 2 * depth, "low_level_3", stride=2)
    return convolution(x, 4 * depth, "low_level_4")


def mid_level(low, depth=DEPTH):
    """What is where: (32, 32, 4 depth) -> (32, 32, 2 depth). Table II."""
    x = convolution(low, 4 * depth, "mid_level_1")
    return convolution(x, 2 * depth, "mid_level_2")


def global_features(low, depth=DEPTH):
    """What kind of picture this is: (32, 32, 4 depth) -> its last two layers, (4 depth) and (2 depth). Table III."""
    x = convolution(low, 4 * depth, "global_features_1", stride=2)
    x = convolution(x, 4 * depth, "global_features_2")
    x = convolution(x, 4 * depth, "global_features_3", stride=2)
    x = convolution(x, 4 * depth, "global_features_4")
    x = layers.Flatten(name="global_features_flat")(x)
    x = dense(x, 8 * depth, "global_features_5")
    for_classification = dense(x, 4 * depth, "global_features_6")
    return for_classification, dense(for_classification, 2 * depth, "global_features_7")


def fusion(y_global, y_mid, depth=DEPTH):
    """Tell every place what kind of picture it is in: (2 depth), (32, 32, 2 depth) -> (32, 32, 4 depth). Table IV."""
    return normalised(Fusion(4 * depth, name="fusion_1")(y_global, y_mid), "fusion_1")


def colorization(fused, depth=DEPTH):
    """(32, 32, 4 depth) -> chroma (64, 64, 2) in [0, 1]. Table IV."""
    x = convolution(fused, 2 * depth, "colorization_1")
    x = convolution(x, depth, "colorization_2")
    x = layers.UpSampling2D(interpolation="nearest", name="colorization_3")(x)
    x = convolution(x, depth // 2, "colorization_4")
    x = layers.Conv2D(2, 3, padding="same", kernel_initializer="lecun_normal", name="colorization_5")(x)
    return layers.Activation("sigmoid", dtype="float32", name="chroma")(x)


def classification(y_global, scenes=SCENES, depth=DEPTH):
    """(4 depth) -> one logit for each scene; their softmax is in the loss. Table V."""
    x = dense(y_global, 4 * depth, "classification_1")
    x = layers.Dense(scenes, kernel_initializer="lecun_normal", name="classification_2")(x)
    return layers.Activation("linear", dtype="float32", name="scene")(x)


def colorizer(depth=DEPTH, scenes=SCENES):
    """All six as one model: lightness (N, 128, 128, 1) -> {"chroma": (N, 64, 64, 2), "scene": (N, scenes)}.

    12,861,190 weights and biases at depth 64 with 100 scenes, and 14,464 numbers of the batch normalizations.
    """
    lightness = keras.Input((128, 128, 1), name="lightness")
    low = low_level(lightness, depth)
    for_classification, y_global = global_features(low, depth)
    fused = fusion(y_global, mid_level(low, depth), depth)
    outputs = {
        "chroma": colorization(fused, depth),
        "scene": classification(for_classification, scenes, depth),
    }
    return keras.Model(lightness, outputs, name="colorizer")


def start_at(model, mean_chroma) -> None:
    """Let an untrained colorizer predict this chroma (2,) in (0, 1) wherever it knows nothing better (our choice).

    The bias of the last convolution becomes its logit, so that the first steps need not be spent on finding it.
    """
    mean = np.asarray(mean_chroma, dtype="float32")
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    last = [layer for layer in convolutions if layer.name.startswith("colorization")][-1]
    last.bias.assign(np.log(mean / (1 - mean)))


def features(model, network):
    """The part of a colorizer up to the output of one of its networks, a key of OUTPUTS."""
    return keras.Model(model.input, model.get_layer(OUTPUTS[network]).output, name=network)


def with_two_inputs(model):
    """A colorizer whose global features may come from elsewhere: another size of the photograph, or another photograph.

    Returns a model of the same layers and weights that turns [lightness (N, H, W, 1), lightness (N, 128, 128, 1)] into
    chroma (N, H/2, W/2, 2); H and W are multiples of 8. The second input passes the low-level network and the global
    features, the first all else: only dense layers want a fixed size. Iizuka et al. 2016, sections 3.2.1 (low-level
    weights that two sizes share) and 5.5 (global features of another photograph).
    """
    local = keras.Input((None, None, 1), name="lightness")
    whole = keras.Input((128, 128, 1), name="lightness_of_the_whole")
    seen = _through(model, "enlarged", whole)  # by iizuka.py; no other network has such a layer
    y_global = _through(model, "global_features", _through(model, "low_level", seen))
    y_mid = _through(model, "mid_level", _through(model, "low_level", local))
    fused = model.get_layer("fusion_1")(y_global, y_mid)
    fused = model.get_layer("fusion_1_relu")(model.get_layer("fusion_1_norm")(fused))
    chroma = model.get_layer("chroma")(_through(model, "colorization", fused))
    return keras.Model([local, whole], chroma, name="colorizer_with_two_inputs")


def _through(model, network, x):
    """What the layers of one network, a chain, make of x."""
    for layer in model.layers:
        if layer.name.startswith(network):
            x = layer(x)
    return x


def convolution(x, channels, name, stride=1):
    """3x3 convolution, batch normalization, ReLU."""
    # lecun_normal is Keras's name for a standard deviation of 1/sqrt(fan-in): the authors' code. (The write-up's
    # text says "proportional to sqrt(fan-in)", with which every layer would blow its input up: notebook 02.)
    x = layers.Conv2D(channels, 3, strides=stride, padding="same", kernel_initializer="lecun_normal", name=name)(x)
    return normalised(x, name)


def dense(x, channels, name):
    """Fully connected layer, batch normalization, ReLU."""
    return normalised(layers.Dense(channels, kernel_initializer="lecun_normal", name=name)(x), name)


def normalised(x, name):
    """Batch normalization and ReLU, named after the layer they follow.

    The population statistics follow the batches with momentum 0.95 (our choice; Keras's 0.99 needs several hundred
    steps to forget its start, which is longer than the course's shortest runs).
    """
    x = BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


class BatchNormalization(layers.BatchNormalization):
    """Keras's batch normalization, in training through TensorFlow's one fused kernel where that can be.

    Keras composes it of elementary operations in float32, each of which reads and writes all activations: a fifth of
    the time of a training step (`make bench`). Same variables, same numbers, on any backend. Where several GPUs share
    a batch it is Keras's, over the whole batch, which the fused kernel does not see.
    """

    def __init__(self, **options):
        super().__init__(**options | {"synchronized": keras.backend.backend() == "tensorflow"})

    def call(self, x, training=None, mask=None):
        """x (N, H, W, C) or (N, C), in any dtype -> the same shape, in the layer's compute dtype."""
        if not training or not self.trainable or keras.backend.backend() != "tensorflow":
            return super().call(x, training=training, mask=mask)
        import tensorflow

        if tensorflow.distribute.get_strategy().num_replicas_in_sync > 1:
            return super().call(x, training=training, mask=mask)
        images = x if len(x.shape) == 4 else x[:, None, None]
        images, mean, variance = tensorflow.compat.v1.nn.fused_batch_norm(
            images, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        # The kernel answers with the unbiased estimate of the variance; Keras keeps the other.
        count = ops.cast(ops.size(x) // x.shape[-1], "float32")
        variance = variance * (count - 1) / count
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * batch)
        return images if len(x.shape) == 4 else images[:, 0, 0]


class Fusion(layers.Layer):
    """One dense layer over [y_global ; y_mid(u, v)] at every place (u, v), without ever building that array.

    W [g ; m] = W_g g + W_m m, and W_g g is one vector an image: it is computed once and added everywhere, instead
    of being multiplied again at each of the 1024 places. Iizuka et al. 2016, eq. 3; the write-up's Table IV.

    Call with y_global (N, G) and y_mid (N, H, W, M); returns (N, H, W, units).
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, y_global_shape, y_mid_shape):
        self.split = y_global_shape[-1]
        self.kernel = self.add_weight(
            shape=(y_global_shape[-1] + y_mid_shape[-1], self.units), initializer="lecun_normal", name="kernel"
        )
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def call(self, y_global, y_mid):
        everywhere = ops.matmul(y_global, self.kernel[: self.split]) + self.bias
        return ops.matmul(y_mid, self.kernel[self.split :]) + everywhere[:, None, None, :]
