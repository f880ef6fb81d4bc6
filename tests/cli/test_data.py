"""The commands data pack and data info. tests/data has more of pack, and fetch."""

from colorlab.base.paths import DATA


def test_what_was_packed_is_described_and_verified(colorlab, tmp_path):
    made = colorlab("data", "pack", DATA / "pocket" / "tool", DATA / "pocket" / "animal", "-o", tmp_path / "set")
    assert made.exit_code == 0, made.output
    assert f"use it with `colorlab evaluate {tmp_path / 'set'}`" in made.output
    shown = colorlab("data", "info", tmp_path / "set", "--verify")
    assert shown.exit_code == 0, shown.output
    assert f"MB in {tmp_path / 'set'}" in shown.output and "the SHA-256 is right" in shown.output


def test_info_describes_what_ships(colorlab):
    shown = colorlab("data", "info", "pocket")
    assert shown.exit_code == 0, shown.output
    assert "ships with colorlab" in shown.output and "animal" in shown.output


def test_a_size_that_no_memory_holds_is_refused(colorlab, tmp_path):
    result = colorlab("data", "pack", tmp_path, "--size", 100_000, "-o", tmp_path / "out")
    assert result.exit_code == 2 and "128<=x<=1024" in result.output
