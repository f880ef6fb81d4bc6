"""colorlab colours black-and-white photographs with a small network, and explains how.

    import colorlab

    network = colorlab.load("places")
    network.colorize(photograph)  # a PIL image in, a PIL image out
    network.scene(photograph)     # the scenes it recognises, with their probabilities
    network.keras                 # the Keras model, to take apart

The names below are imported when they are first used: `import colorlab` loads neither Keras nor TensorFlow.
docs/package.md says in which order to read the package.
"""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["color"],
    submod_attrs={
        "base.errors": ["BadInput"],
        "painting.files": ["colorize_files"],
        "painting.network": ["load"],
    },
)
