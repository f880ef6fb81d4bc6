"""The building blocks of all networks here: layers with batch normalization and ReLU, and the fusion."""

from colorlab.base.backend import keras, ops

layers = keras.layers


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

    The population statistics follow the batch statistics with momentum 0.95. This is our choice: Keras's 0.99 needs
    several hundred steps to forget its start, longer than the course's shortest runs.
    """
    x = BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


class BatchNormalization(layers.BatchNormalization):
    """Keras's batch normalization, which uses TensorFlow's fused kernel in training where that is possible.

    Keras composes it of elementary operations in float32, and each reads and writes all feature maps. That takes a
    fifth of the time of a training step (`make bench`). Variables and results are the same on any backend. Where
    several GPUs share a batch Keras's own is used, since the fused kernel does not see the whole batch.
    """

    def __init__(self, **options):
        super().__init__(**options | {"synchronized": keras.backend.backend() == "tensorflow"})

    def call(self, x, training=None, mask=None):
        """x (N, H, W, C) or (N, C) of any dtype -> the same shape, of the layer's compute dtype."""
        if not training or not self.trainable or keras.backend.backend() != "tensorflow":
            return super().call(x, training=training, mask=mask)
        import tensorflow

        if tensorflow.distribute.get_strategy().num_replicas_in_sync > 1:
            return super().call(x, training=training, mask=mask)
        images = x if len(x.shape) == 4 else x[:, None, None]
        images, mean, variance = tensorflow.compat.v1.nn.fused_batch_norm(
            images, self.gamma, self.beta, epsilon=self.epsilon, is_training=True
        )
        # The kernel returns the unbiased estimate of the variance. Keras stores the biased one.
        count = ops.cast(ops.size(x) // x.shape[-1], "float32")
        variance = variance * (count - 1) / count
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(self.momentum * moving + (1 - self.momentum) * batch)
        return images if len(x.shape) == 4 else images[:, 0, 0]


class Fusion(layers.Layer):
    """One dense layer over [y_global ; y_mid(u, v)] at every place (u, v), without building that array.

    W [g ; m] = W_g g + W_m m. W_g g is one vector an image: it is computed once and added at all 1024 places, instead
    of being multiplied again at each. Iizuka et al. 2016, eq. 3; the write-up's Table IV.

    Call it with y_global (N, G) and y_mid (N, H, W, M). It returns (N, H, W, units).
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
