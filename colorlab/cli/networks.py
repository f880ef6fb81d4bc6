"""The options by which a command takes a network: --weights, --look and --device."""

from pathlib import Path

import click

from colorlab.base.errors import BadInput
from colorlab.networks.pretrained import DEFAULT, NETWORKS, PROVIDERS

LOOKS = ", ".join(f"{network.name} is {network.description}" for network in NETWORKS.values())
OPTIONS = (
    click.option(
        "--weights", metavar="FILE_OR_RUN", help="A network of your own: an ONNX file, a run folder or a weights file."
    ),
    click.option(
        "--look", type=click.Choice(list(NETWORKS)), help=f"A network that ships: {LOOKS}.  [default: {DEFAULT}]"
    ),
    click.option(
        "--device", type=click.Choice(list(PROVIDERS)), default="cpu", show_default=True, help="What computes."
    ),
)


def takes_network(command):
    """Add the options to a function that hands them to `network_of`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def network_of(weights, look, device):
    """Load the network that the options name. Raises BadInput if there is none, or if they name two."""
    from colorlab.painting.network import load

    if weights and look:
        raise BadInput("--look is one of the networks that ship, --weights another: give only one of the two")
    network = load(Path(weights) if weights else look or DEFAULT, device)
    if device != "cpu" and network.weights.suffix != ".onnx":
        raise BadInput(f"--device is for ONNX files, and {network.weights} is none: `colorlab export` writes one")
    return network
