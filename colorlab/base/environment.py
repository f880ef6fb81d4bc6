"""Which backend Keras uses: what KERAS_BACKEND says, or else TensorFlow, or JAX where only that is installed."""

import importlib.util
import os

from colorlab.base.errors import BadInput


def keras_backend() -> str:
    """Return the name of the backend, and set KERAS_BACKEND to it. Raises BadInput if none is installed.

    It is set because ~/.keras/keras.json may name a backend that is not installed. Imports no Keras.
    """
    if "KERAS_BACKEND" not in os.environ:
        installed = [name for name in ("tensorflow", "jax") if importlib.util.find_spec(name)]
        if not installed:
            raise BadInput(
                "neither TensorFlow nor JAX is installed: in the project's folder, run `make env`, "
                'or pip install ".[cpu]"'
            )
        os.environ["KERAS_BACKEND"] = installed[0]
    return os.environ["KERAS_BACKEND"]
