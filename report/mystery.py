"""Take the picture of the write-up's mystery out of notebook 11, for the README and the report.

    colorlab run notebooks/11_the_mystery.ipynb -o notebooks/11_the_mystery.ipynb
    python report/mystery.py

writes report/figures/mystery.jpg: photographs in the colours of one trained network, normalised in three ways.
"""

import base64

from colorlab import ROOT
from colorlab.notebooks import find, read

CELL = "shipped, scenes = weights.load(runs.find_weights(network))"


def main():
    (cell,) = [cell for cell in read(find("11")).cells if cell.source.startswith(CELL)]
    (picture,) = [output.data["image/jpeg"] for output in cell.outputs if "image/jpeg" in output.get("data", {})]
    (ROOT / "report" / "figures" / "mystery.jpg").write_bytes(base64.b64decode(picture))


if __name__ == "__main__":
    main()
