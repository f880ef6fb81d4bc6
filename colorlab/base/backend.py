"""Import Keras here and nowhere else, so that all files use the same backend and the import prints nothing.

TensorFlow writes messages to the process's standard error from C++, whatever the log level. In a notebook they would
be saved with the outputs. So file descriptor 2 points to /dev/null while Keras is imported. What Python itself raises,
such as an ImportError, still gets through.
"""

import os
from contextlib import contextmanager

from colorlab.base.environment import keras_backend

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextmanager
def native_output_dropped():
    """Drop what C and C++ code writes to standard error inside the block."""
    try:
        saved = os.dup(2)
    except OSError:  # no standard error at all: nothing to drop
        yield
        return
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


keras_backend()

with native_output_dropped():
    import keras
    from keras import ops

keras.config.set_image_data_format("channels_last")

__all__ = ["keras", "ops"]
