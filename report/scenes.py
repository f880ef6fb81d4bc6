"""Count which scene the network `places` takes for which: the confusion matrix that notebook 07 draws.

    python report/scenes.py

On the half of the validation photographs that chose nothing. Writes report/results/scenes/metrics.json: the names of
the scenes, and [true scene, answer, photographs] for each pair that occurs. Needs MiniPlaces, packed as "miniplaces".
"""

import json

import numpy as np

from colorlab import color
from colorlab.base.files import replacing
from colorlab.base.paths import RESULTS
from colorlab.base.progress import Progress
from colorlab.base.provenance import described, of_record
from colorlab.data import datasets
from colorlab.networks.pretrained import NETWORKS, sha256_of
from colorlab.painting.network import load

FILE, LOOK, BATCH = RESULTS / "scenes" / "metrics.json", "places", 50


def main():
    data = datasets.load("miniplaces").split("val").half("report")
    record = {"provenance": of_record(described(data)), "network": LOOK, "file": sha256_of(NETWORKS[LOOK].onnx)}
    network, photographs = load(LOOK), datasets.centre(data)
    if tuple(network.scenes) != tuple(data.classes):
        raise SystemExit("the scenes of this copy of MiniPlaces are not the network's: name its folders as they are")
    answers = []
    for start in Progress(range(0, len(data), BATCH), desc="naming scenes"):
        lightness, _ = color.encode(photographs[start : start + BATCH])
        answers += network.model.predict_on_batch(lightness)["scene"].argmax(axis=1).tolist()
    pairs, counts = np.unique(np.stack([data.labels, answers], axis=1), axis=0, return_counts=True)
    record |= {"photographs": len(data), "scenes": list(network.scenes)}
    record["counts"] = [[int(true), int(said), int(count)] for (true, said), count in zip(pairs, counts, strict=True)]
    FILE.parent.mkdir(exist_ok=True)
    with replacing(FILE) as temporary:
        temporary.write_text(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
