"""The command itself: its commands, their help, its version."""

import click
import pytest

from colorlab import __version__
from colorlab.cli.main import main


def test_the_help_lists_every_command(colorlab):
    shown = colorlab("--help").output
    for command in ("colorize", "scribble", "segment", "train", "search", "evaluate", "data", "run", "report"):
        assert f"\n  {command} " in shown
    assert colorlab("--version").output.strip() == f"colorlab, version {__version__}"


COMMANDS = main.commands | {f"data {name}": each for name, each in main.commands["data"].commands.items()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_explains_itself_and_its_options(colorlab, name):
    result = colorlab(*name.split(), "-h")
    assert result.exit_code == 0 and result.output.startswith(f"Usage: main {name} ")
    assert COMMANDS[name].help
    assert all(option.help for option in COMMANDS[name].params if isinstance(option, click.Option))
