"""The write-up's Tables I to V, which list the layers of its six networks. Needs no Keras."""

from dataclasses import dataclass

DEPTH = 64
SCENES = 100  # of MiniPlaces, the write-up's data set; its Table V prints 205, the number of classes of Places


@dataclass(frozen=True)
class Row:
    """A row of a table: the kind of a layer, its stride, and the shapes of its input and output without the batch."""

    kind: str  # "conv", "dense", "fusion" or "upsample"
    stride: int
    input: tuple[int, ...]
    output: tuple[int, ...]


# Tables I to V at depth 64. Three misprints are corrected: Table IV leaves out the 128 -> 64 convolution before the
# upsampling, Table III prints 128 -> 128 instead of 256 -> 128, and Table V prints 205 classes instead of 100.
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
