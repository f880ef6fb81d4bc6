"""Call a learner's function and compare what it gives with what is wanted. All findings are sentences."""

import copy
import traceback

import numpy as np

SHOWN = 6  # numbers of an argument that fit into a sentence
OF_SHAPES = ("broadcast", "core dimension", "not aligned")  # what NumPy says of shapes that do not fit
COMPARE_SHAPES = (
    " Compare the shapes of your arrays with those that the task names. The checker's sizes differ from the notebook's."
)


class NotAttempted(Exception):
    """The function is still a stub: it returns the three dots."""


def call(function, arguments) -> tuple:
    """Call a learner's function. Returns what it gives, and the sentence about its failure if it failed.

    Raises NotAttempted if it returns Ellipsis.
    """
    try:
        given = function(*copy.deepcopy(arguments))  # it may change its arguments
    except Exception as error:
        return None, _failure(error, function)
    if given is ...:
        raise NotAttempted
    return given, None


def _failure(error, function):
    """Return which line of the learner's function stopped it, and Python's message."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f" in line {lines[-1].lineno}" if lines else ""
    code = f" (`{lines[-1].line}`)" if lines and lines[-1].line else ""
    said = traceback.format_exception_only(error)[-1].strip().rstrip(".")
    remedy = isinstance(error, ValueError) and any(words in said for words in OF_SHAPES)
    return f"Your function stopped{where}{code}: {said}.{COMPARE_SHAPES if remedy else ''}"


def difference(given, wanted: np.ndarray, tolerance: float, arguments: dict | None = None) -> str | None:
    """Return how the given numbers differ from those that are wanted, in a sentence, or None if they do not.

    arguments : name -> argument of the function. The sentence shows those that belong to the number that is farthest
    off, if they are few.
    """
    if given is None:
        return "Your function returns None. Its last line must be `return` and the result."
    numbers = as_numbers(given)
    if numbers is None:
        return f"Your function returns {kind_of(given)}. Numbers are wanted."
    if numbers.shape != wanted.shape:
        shape = f"The shape {wanted.shape}" if wanted.shape else "A single number"
        return f"Your function returns the shape {numbers.shape}. {shape} is wanted."
    off = np.abs(numbers - wanted.astype("float64"))
    off = np.where(np.isnan(off), np.inf, off)
    if np.all(off <= tolerance + 1e-4 * np.abs(wanted)):
        if wanted.dtype == np.uint8 and getattr(given, "dtype", None) != np.uint8:
            return "The numbers are right, but they are no bytes yet: the type uint8 is wanted."
        return None
    place = np.unravel_index(off.argmax(), off.shape)
    where = _where(arguments or {}, place, off.shape)
    return f"{where} your function gives {said(numbers[place])}, but {said(wanted[place])} is wanted."


def _where(arguments, place, shape):
    """Return what the arguments are at a place of the result: "Where rgb is 0.021,", or the place itself.

    It returns both if the arguments that are shown belong to several numbers of the result.
    """
    known, alone = [], False
    for name, argument in arguments.items():
        array = np.asarray(argument)
        for length in (len(place), len(place) - 1):
            if length >= 0 and array.shape[:length] == shape[:length] and array[place[:length]].size <= SHOWN:
                known.append(f"{name} is {said(array[place[:length]])}")
                alone |= length == len(place)
                break
    at = f"at the place {tuple(map(int, place))} of the result"
    if known:
        return f"Where {', '.join(known)}," + ("" if alone else f" {at},")
    return at.capitalize() if place else "For new random arguments"


def as_numbers(given) -> np.ndarray | None:
    """Return an array, a number, a tensor or a list of numbers as float64, or None if it is none of these."""
    if isinstance(given, str | bytes | bool | dict | set):
        return None
    try:
        return np.asarray(given).astype("float64")
    except (TypeError, ValueError):
        return None


def said(number) -> str:
    """Return a number or a few numbers in four digits."""
    if np.ndim(number):
        return f"[{', '.join(map(said, number))}]"
    return f"{float(number):.4g}" if abs(number) < 10_000 else f"{float(number):,.0f}"


def kind_of(answer) -> str:
    """Return what an answer is, in words."""
    if callable(answer):
        return "a function"
    if isinstance(answer, np.ndarray):
        return f"an array of the shape {answer.shape}"
    names = {"str": "a text", "float": "a number", "int": "a number", "NoneType": "None"}
    name = type(answer).__name__
    return names.get(name, f"an object of the type {name}")
