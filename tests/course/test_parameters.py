"""Parameters: what a notebook declares, and what profiles and the command line may set."""

import pytest
from making import PARAMETERS, PROFILES, cell
from nbformat.v4 import new_markdown_cell, new_notebook

from colorlab.base.errors import BadInput
from colorlab.course import notebook, parameters


def declared(source=PARAMETERS):
    return parameters.parameters(new_notebook(cells=[cell(source, "parameters")]), "x.ipynb")


def test_parameters_have_the_type_of_annotation_or_value():
    kinds = {name: (p.kind, p.default) for name, p in declared().items()}
    assert kinds == {
        "alpha": ("float", 5.0),
        "steps": ("int", 3),
        "scenes": ("list[str]", ["beach"]),
        "quick": ("bool", False),
        "title": ("str", "one"),
    }


@pytest.mark.parametrize("count", [0, 2])
def test_one_cell_is_tagged(count):
    notebook = new_notebook(cells=[cell("a = 1", "parameters") for _ in range(count)])
    with pytest.raises(BadInput, match=f"{count} cells are tagged `parameters`; wanted is one"):
        parameters.parameters(notebook, "x.ipynb")


def test_the_tagged_cell_is_code():
    notebook = new_notebook(cells=[new_markdown_cell("a = 1", metadata={"tags": ["parameters"]})])
    with pytest.raises(BadInput, match="with code"):
        parameters.parameters(notebook, "x.ipynb")


@pytest.mark.parametrize(
    "line",
    ["a = 2 * 3", "a: int = 2 * 3", "a = b = 1", "a = f(1)", "a = None", "a = (1, 2)", "a = {}", "a.b = 1"]
    + ["a: int", "a: int = 'x'", "a: list[int] = ['x']", "a: dict = {}", "a: int | None = 1"]
    + ["import os", "print(1)"],
)
def test_parameters_are_literals_of_few_types(line):
    with pytest.raises(BadInput, match="wanted is `name: type = literal`") as error:
        declared(line)
    assert line.split()[0] in str(error.value)


def test_a_parameters_cell_that_is_not_python():
    with pytest.raises(BadInput, match="not Python"):
        declared("a = = 1")


@pytest.mark.parametrize(
    "name, typed, value",
    [
        ("alpha", "1e-5", 1e-5),
        ("alpha", "2", 2.0),
        ("alpha", "-1", -1.0),
        ("steps", "010", 10),
        ("quick", "true", True),
        ("title", "5", "5"),
        ("title", "no", "no"),
        ("scenes", "[beach, forest]", ["beach", "forest"]),
        ("scenes", "[]", []),
    ],
)
def test_values_are_read_by_the_type_of_the_parameter(name, typed, value):
    chosen = parameters.chosen(declared(), "x.ipynb", overrides=[(name, typed)])
    assert chosen == {name: value}
    assert type(chosen[name]) is type(value)


@pytest.mark.parametrize(
    "name, typed",
    [
        ("steps", "5.5"),
        ("steps", "1e3"),
        ("steps", "true"),
        ("steps", ""),
        ("alpha", "five"),
        ("alpha", "true"),
        ("quick", "1"),
        ("quick", "maybe"),
        ("scenes", "beach"),
        ("scenes", "[1, 2]"),
        ("scenes", "[beach"),
    ],
)
def test_a_value_of_another_type_is_refused(name, typed):
    with pytest.raises(BadInput, match=f"-p: {name} is .*; x.ipynb wants {declared()[name].kind[:4]}"):
        parameters.chosen(declared(), "x.ipynb", overrides=[(name, typed)])


def test_an_unknown_name_is_refused_with_the_near_one():
    with pytest.raises(BadInput, match="no parameter `alhpa`, did you mean `alpha`"):
        parameters.chosen(declared(), "x.ipynb", overrides=[("alhpa", "1")])
    with pytest.raises(BadInput, match="no parameter `q`, only: alpha, steps"):
        parameters.chosen(declared(), "x.ipynb", overrides=[("q", "1")])


def test_the_later_source_wins_and_the_notebooks_own_values_are_left_out(folder):
    def chosen(*overrides):
        return parameters.chosen(declared(), "x.ipynb", "smoke", overrides)

    assert chosen() == {"steps": 1, "quick": True}  # `elsewhere` is for other notebooks
    assert chosen(("steps", "2"), ("alpha", "1")) == {"steps": 2, "quick": True, "alpha": 1.0}
    assert chosen(("steps", "3"), ("quick", "no"), ("alpha", "5")) == {}


@pytest.mark.parametrize(
    "content, reason",
    [
        ("- steps", "holds a list"),
        ("steps: [", "not YAML"),
        ("steps: 5.5", r"profiles/smoke.yaml: steps is 5.5; x.ipynb wants int"),
        ("steps: '5'", "wants int"),
        ("quick: 1", "wants bool"),
        ("steps: true", "wants int"),  # to Python True is an int
        ("alpha: 1e-5", "YAML needs the point in 1.0e-5"),  # plain papermill would hand the text "1e-5" over
    ],
)
def test_a_profile_that_does_not_fit(folder, content, reason):
    (folder / "profiles" / "smoke.yaml").write_text(content)
    with pytest.raises(BadInput, match=reason):
        parameters.chosen(declared(), "x.ipynb", "smoke")


def test_a_profile_that_is_not_there(folder):
    with pytest.raises(BadInput, match="no profile gpu"):
        parameters.chosen(declared(), "x.ipynb", "gpu")


def test_a_whole_number_will_do_for_a_float(folder):
    (folder / "profiles" / "smoke.yaml").write_text("a: 1")
    declares = declared("a: float = 5")
    assert repr(declares["a"].default) == "5.0"
    assert repr(parameters.chosen(declares, "x.ipynb", "smoke")) == "{'a': 1.0}"


def test_a_profile_of_comments_only_changes_nothing(folder):
    (folder / "profiles" / "cpu.yaml").write_text("# the notebooks' own values\n")
    assert parameters.chosen(declared(), "x.ipynb", "cpu") == {}


@pytest.mark.skipif(not notebook.course(), reason="there are no notebooks yet")
@pytest.mark.parametrize("profile", PROFILES)
def test_every_name_in_a_profile_is_a_parameter_of_some_notebook(profile):
    known = {name for path in notebook.course() for name in parameters.parameters(notebook.read(path), path.name)}
    assert set(parameters.profile_values(profile)) <= known
