"""The parameters of a notebook: what its cell declares, what a profile or the command line sets, and their types.

A value comes from the notebook itself, from a profile (notebooks/profiles/smoke.yaml: names and values that
the notebooks share; a name that a notebook lacks is not for it), or from `-p NAME VALUE`; the later wins.
"""

import ast
import difflib
import re
from dataclasses import dataclass

import nbformat
import yaml

from colorlab import ROOT, BadInput

NOTEBOOKS = ROOT / "notebooks"
KINDS = re.compile(r"(int|float|bool|str)|list(\[(int|float|bool|str)\])?")


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str  # as KINDS
    default: object


def parameters(notebook: nbformat.NotebookNode, title: str) -> dict[str, Parameter]:
    """What the one cell tagged `parameters` declares: `alpha: float = 5.0  # weight of the scene loss`."""
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
    """`value` if it is of that kind, else ValueError. An int will do for a float, but True not for an int."""
    kind, _, items = kind.rstrip("]").partition("[")
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise ValueError(f"{value!r} is not of type {kind}")
    return [_typed(item, items) for item in value] if items else value


def _parsed(text, kind):
    """A value as typed on the command line; the text itself, for _typed to refuse, if it can't be read.

    Numbers are read by Python: to YAML 1e-5 is text and 010 is eight.
    """
    try:
        return {"int": int, "float": float, "str": str}.get(kind, yaml.safe_load)(text)
    except (ValueError, yaml.YAMLError):
        return text


def profile_values(profile: str | None) -> dict:
    """The names and values of a profile; none without one."""
    if profile is None:
        return {}
    path = NOTEBOOKS / "profiles" / f"{profile}.yaml"
    try:
        values = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise BadInput(f"no profile {profile}: there is no {path}") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is not YAML ({error.problem})") from None
    if not isinstance(values, dict):
        raise BadInput(f"{path} holds a {type(values).__name__}; wanted are lines `name: value`")
    return values


def chosen(declared: dict[str, Parameter], title: str, profile=None, overrides=()) -> dict:
    """The values that differ from the notebook's own. `overrides` are pairs as typed: ("alpha", "5")."""
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
    """A hint at the name that was meant, if one is like it."""
    found = difflib.get_close_matches(name, names, n=1)
    return f", did you mean `{found[0]}`?" if found else ""


def _all(names):
    return f", only: {', '.join(names)}" if names else ", nor any other"
