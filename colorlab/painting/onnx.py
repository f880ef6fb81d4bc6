"""A colorizer in an ONNX file (networks/export.py), run by ONNX Runtime. It needs no Keras."""

import json
from pathlib import Path

import numpy as np

from colorlab.base.errors import BadInput
from colorlab.networks.pretrained import PROVIDERS, refuse_damaged, sha256_of


class OnnxColorizer:
    """A colorizer that answers as the Keras model of the same weights does.

    file : what networks.export wrote. device : a key of PROVIDERS.

    Raises BadInput if the file is damaged or no such network, or if nothing here computes on that device.
    """

    def __init__(self, file: str | Path, device: str = "cpu"):
        self.session = _session(Path(file), device)
        try:
            header = json.loads(self.session.get_modelmeta().custom_metadata_map["colorlab"])
            self.name, self.scenes, self.side = header["network"], tuple(header["scenes"]), header["side"]
        except (KeyError, ValueError, TypeError):
            raise BadInput(f"{file} is no network of colorlab: write one with `colorlab export`") from None
        self.trunk = None
        if "trunk" in header:  # the file has the layers after the fusion only
            trunk = Path(file).with_name(header["trunk"]["file"])
            if not trunk.is_file() or sha256_of(trunk) != header["trunk"]["sha256"]:
                raise BadInput(
                    f"{file} needs the {trunk.name} that it was exported with: get both from the project again"
                )
            self.trunk = _session(trunk, device)

    def predict_on_batch(self, lightness) -> dict[str, np.ndarray]:
        """Lightness (N, 128, 128, 1) in [-1, 1] -> {"chroma": (N, 64, 64, 2) in [0, 1], "scene": logits}."""
        return self._run({"lightness": np.asarray(lightness, dtype="float32")})

    def predict_on_pair(self, local, whole) -> np.ndarray:
        """As networks.colorizer.Colorizer.predict_on_pair: the global features are those of `whole`."""
        inputs = {"lightness": np.asarray(local, dtype="float32"), "whole": np.asarray(whole, dtype="float32")}
        return self._run(inputs | {"two": np.array(True)})["chroma"]

    def _run(self, inputs):
        if not self.trunk:
            chroma, scene = self.session.run(["chroma", "scene"], inputs)
        else:
            scene, fused = self.trunk.run(["scene", "fused"], inputs)
            (chroma,) = self.session.run(["chroma"], {"fused": fused})
        return {"chroma": chroma, "scene": scene}


def _session(file, device):
    import onnxruntime

    if PROVIDERS.get(device) not in onnxruntime.get_available_providers():
        raise BadInput(f"device {device}: the ONNX Runtime that is installed cannot use it; leave --device out")
    refuse_damaged(file)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it would warn that inputs with a default are no constants
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=[PROVIDERS[device]])
    except Exception as error:  # ONNX Runtime's own classes have no common base
        raise BadInput(f"{file} is not a usable ONNX file ({str(error).splitlines()[0]})") from None
