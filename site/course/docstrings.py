"""Our docstrings describe a parameter as `name : what it is`, and Sphinx wants `:param name: what it is`."""

import re

PARAMETER = re.compile(r"(\w+(?:, \w+)*) : (.+)")


def _as_fields(app, what, name, obj, options, lines):
    lines[:] = [PARAMETER.sub(_field, line) if PARAMETER.fullmatch(line) else line for line in lines]


def _field(parameter):
    names, what = parameter.groups()
    return f":param {names.replace(' ', '')}: {what}"  # Sphinx takes what stands before a space for a type


def setup(app):
    app.connect("autodoc-process-docstring", _as_fields)
    return {"parallel_read_safe": True}
