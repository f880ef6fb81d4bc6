"""The parameters of a notebook: what its cell declares, what a profile or the command line sets, and their types.

A value comes from the notebook, from a profile, or from `-p NAME VALUE`: the last of these that gives one wins.
A profile, such as notebooks/profiles/smoke.yaml, holds values for all notebooks: each takes those that it declares.
"""

import ast
import difflib
import re
from dataclasses import dataclass

import nbformat
import yaml

from colorlab.base.errors import BadInput
from colorlab.base.paths import NOTEBOOKS
from colorlab.base.reading import reading

KINDS = re.compile(r"(int|float|bool|str)|list(\[(int|float|bool|str)\])?")


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str  # one that KINDS matches
    default: object


def parameters(notebook: nbformat.NotebookNode, title: str) -> dict[str, Parameter]:
    """Return what the cell tagged `parameters` declares, in lines `alpha: float = 5.0  # weight of the scene loss`.

    Raises BadInput unless there is one such cell, and every line of it declares a literal.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1 or cells[0].cell_type != "code":
        raise BadInput(f"{title}: {len(cells)} cells are tagged `parameters`; wanted is one, with code")
    try:
        statements = ast.parse(cells[0].source).body
    except SyntaxError as error:
        raise BadInput(f"{title}: the parameters cell is not Python ({error})") from None
    declared = [_parameter(statement, title) for statement in statements]
    return {parameter.name: parameter for parameter in declared}


def _parameter(statement: ast.stmt, title: str) -> Parameter:
    try:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                default, kind = ast.literal_eval(value), ast.unparse(annotation)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                default = ast.literal_eval(value)
                kind = type(default).__name__
            case _:
                raise ValueError
        if not KINDS.fullmatch(kind):
            raise ValueError
        return Parameter(name, kind, _typed(default, kind))
    except ValueError:
        raise BadInput(
            f"{title}: `{ast.unparse(statement)}` in the parameters cell; wanted is `name: type = literal` "
            "with int, float, bool, str or list"
        ) from None


def _typed(value, kind):
    """Return the value, or raise ValueError if it is of another kind. A float may be an int, but an int not True."""
    kind, _, items = kind.rstrip("]").partition("[")
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise ValueError(f"{value!r} is not of type {kind}")
    return [_typed(item, items) for item in value] if items else value


def _parsed(text, kind):
    """Return the value that a text on the command line stands for. A text that can't be read is returned as it is.

    (_typed then refuses it.) Numbers are read by Python, because to YAML 1e-5 is text and 010 is eight.
    """
    try:
        return {"int": int, "float": float, "str": str}.get(kind, yaml.safe_load)(text)
    except (ValueError, yaml.YAMLError):
        return text


def profile_values(profile: str | None) -> dict:
    """Return the names and values of a profile; none if no profile is given. Raises BadInput if it cannot be read."""
    if profile is None:
        return {}
    path = NOTEBOOKS / "profiles" / f"{profile}.yaml"
    if not path.is_file():
        raise BadInput(f"no profile {profile}: there is no {path}")
    with reading(path, "mend that line", fault="not YAML"):
        values = yaml.safe_load(path.read_text("utf-8")) or {}
    if not isinstance(values, dict):
        raise BadInput(f"{path} holds a {type(values).__name__}; wanted are lines `name: value`")
    return values


def chosen(declared: dict[str, Parameter], title: str, profile=None, overrides=()) -> dict:
    """Return the values that differ from the notebook's own. Raises BadInput for an unknown name or a wrong type.

    overrides : pairs of name and text, as typed on the command line: ("alpha", "5").
    """
    values = {}
    for name, value in profile_values(profile).items():
        if name in declared:
            values[name] = _checked(declared[name], value, f"profiles/{profile}.yaml", title)
    for name, text in overrides:
        if name not in declared:
            raise BadInput(f"{title} has no parameter `{name}`{near(name, declared) or _all(declared)}")
        values[name] = _checked(declared[name], _parsed(text, declared[name].kind), "-p", title)
    return {name: value for name, value in values.items() if value != declared[name].default}


def _checked(parameter, value, source, title):
    try:
        return _typed(value, parameter.kind)
    except ValueError:
        exponent = source != "-p" and "float" in parameter.kind and "; YAML needs the point in 1.0e-5"
        raise BadInput(
            f"{source}: {parameter.name} is {value!r}; {title} wants {parameter.kind}, "
            f"such as {parameter.default!r}{exponent or ''}"
        ) from None


def near(name, names) -> str:
    """Return a hint at the name that was meant, if a similar one exists, and else an empty string."""
    found = difflib.get_close_matches(name, names, n=1)
    return f", did you mean `{found[0]}`?" if found else ""


def _all(names):
    return f", only: {', '.join(names)}" if names else ", nor any other"
