"""The house: what a file of the package may be. Which folder may import which is import-linter's to check."""

import ast

from colorlab.base.paths import PACKAGE

FILES = sorted(PACKAGE.rglob("*.py"))


def test_a_file_fits_in_one_reading():
    assert len(FILES) > 60
    assert {file.name: count for file in FILES if (count := len(file.read_text().splitlines())) > 250} == {}


def test_every_file_says_what_it_is_for():
    assert [file for file in FILES if not ast.get_docstring(ast.parse(file.read_text()))] == []


def test_the_folders_import_nothing_by_themselves():
    faces = [file for file in FILES if file.name == "__init__.py" and file.parent != PACKAGE]
    assert len(faces) == 10  # the nine folders, and course/exercises
    assert [file for file in faces if len(ast.parse(file.read_text()).body) != 1] == []


# Where the package makes bytes of other numbers, by file and function, once for each time.
BYTES = [
    ("color.py", "to_uint8"),  # clips
    ("course/exercises/the_mystery.py", "_low_bits"),  # overflows on purpose
    ("data/samples.py", "_numbers"),  # overflows on purpose
    ("evaluation/overflow.py", "overflowed"),  # overflows on purpose
    ("painting/segments.py", "palette_of"),  # integers, of Pillow
]
UNCLIPPED = {"color.py", "reporting/evidence.py", "reporting/gallery.py"}  # and evaluation/
UNCLIPPED |= {"course/exercises/next_steps.py"}  # a learner measures what is outside
NEW_ARRAYS = {"arange", "empty", "empty_like", "full", "full_like", "ones", "ones_like", "zeros", "zeros_like"}


def test_no_number_becomes_a_byte_without_a_clip():
    """A float beyond a byte wraps around, and a white sky turns yellow (notebook 11)."""
    trees = {file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text()) for file in FILES}
    found = [(name, function) for name, tree in trees.items() for function in _casts_to_bytes(tree)]
    assert sorted(found) == BYTES, "a cast to uint8 that may overflow: use color.to_uint8, or say in BYTES why it can't"


def test_what_counts_as_a_cast_to_bytes():
    casts = ["x.astype('uint8')", "x.astype(dtype=np.uint8)", "np.uint8(x)", "np.array(x, 'uint8')", "cast(x, 'uint8')"]
    others = ["np.zeros(3, 'uint8')", "np.full(3, 7, dtype=np.uint8)", "x.dtype == np.uint8", "x.astype('int64')"]
    for line in casts + others:
        found = list(_casts_to_bytes(ast.parse(f"class A:\n def b(self):\n  return {line}")))
        assert found == ["b"] * (line in casts), line


def test_unclipped_colors_are_for_measuring():
    users = {file.relative_to(PACKAGE).as_posix() for file in FILES if "unclipped_rgb" in file.read_text()}
    assert {name for name in users if not name.startswith("evaluation/")} == UNCLIPPED, "to paint, use color.lab_to_rgb"


def _casts_to_bytes(tree, function=""):
    """Yield the name of the function around each call that turns what it is given into uint8."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if _is_uint8(node.func) or any(map(_is_uint8, given)) and _last_name(node.func) not in NEW_ARRAYS:
                yield function
        yield from _casts_to_bytes(node, node.name if isinstance(node, ast.FunctionDef) else function)


def _is_uint8(node):
    return _last_name(node) in ("uint8", "ubyte") or isinstance(node, ast.Constant) and node.value in ("uint8", "u1")


def _last_name(node):
    return getattr(node, "attr", getattr(node, "id", None))
