"""What an exercise is: a task, a checker that gives a verdict and its reason, a hint and a solution.

A learner hands in an object: a function, a number or the letter of a choice. The checker compares it with what the
package computes, and functions on new random input each time. It knows the usual mistakes, and says so when an answer
looks like one of them.
"""

import html
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from colorlab.course.exercises import answers

COLORS = {"Right": "#0072b2", "Wrong": "#d55e00", "Not attempted yet": "#888888"}  # the style's: safe for all eyes


@dataclass(frozen=True)
class Verdict:
    """What a checker says of an answer. A notebook shows it with a bar of its colour, everything else as text."""

    outcome: str  # a key of COLORS
    reason: str = ""

    def __repr__(self):
        return f"{self.outcome}. {self.reason}".strip()

    def _repr_html_(self):
        style = f"border-left: 4px solid {COLORS[self.outcome]}; padding-left: 0.7em"
        return f'<div style="{style}"><b>{self.outcome}.</b> {html.escape(self.reason)}</div>'


class Exercise:
    """One exercise. Call it with the answer. A subclass says in `problem` what is wrong with an answer."""

    def __init__(self, *, task: str, hint: str, solution: str, because: str = ""):
        """task : the text above the stub in the notebook. because : a remark for those who got it right."""
        self.task, self._hint, self._solution, self._because = task.strip(), hint, solution.strip(), because

    def __repr__(self):
        return self.task

    def __call__(self, answer) -> Verdict:
        """Return the verdict on an answer. It never raises, whatever the answer is or does."""
        if answer is ...:
            return NOT_ATTEMPTED
        try:
            problem = self.problem(answer)
        except answers.NotAttempted:
            return NOT_ATTEMPTED
        return Verdict("Wrong", problem) if problem else Verdict("Right", self._because)

    def hint(self) -> None:
        """Print a hint."""
        print(self._hint)

    def solution(self) -> None:
        """Print a solution: Python source that can take the place of the stub."""
        print(self._solution)

    def problem(self, answer) -> str | None:
        """Return what is wrong with an answer, in sentences, or None if it is right."""
        raise NotImplementedError


NOT_ATTEMPTED = Verdict("Not attempted yet", "Put your answer in place of the three dots and run the cell again.")


class Function(Exercise):
    """The answer is a function. It is called once, on new random arguments, and compared with the package's.

    draw : a NumPy random generator -> the arguments, a tuple.
    expected : the package's function, of the same arguments. Its parameter names are used in the reasons.
    mistakes : pairs of a function of the same arguments that makes a mistake, and the reason to give.
    tolerance : by how much a number may differ, beside a ten-thousandth of itself.
    """

    def __init__(self, *, draw: Callable, expected: Callable, mistakes: list, tolerance: float = 1e-4, **texts):
        super().__init__(**texts)
        self.draw, self.expected, self.mistakes, self.tolerance = draw, expected, mistakes, tolerance

    def problem(self, answer):
        if not callable(answer):
            return f"This is {answers.kind_of(answer)}. Hand in the function itself, without calling it."
        arguments = self.draw(np.random.default_rng())
        wanted = np.asarray(self.expected(*arguments))
        given, stopped = answers.call(answer, arguments)
        if stopped:
            return stopped
        problem = answers.difference(given, wanted, self.tolerance, self._named(arguments))
        return f"{problem} {self._mistake(given, arguments)}".strip() if problem else None

    def _named(self, arguments):
        return dict(zip(inspect.signature(self.expected).parameters, arguments, strict=True))

    def _mistake(self, given, arguments):
        """Return the reason of the mistake that gives the same numbers, or an empty text."""
        for mistaken, reason in self.mistakes:
            with np.errstate(all="ignore"):  # a mistake may divide by zero
                wrong = np.asarray(mistaken(*arguments))
            if answers.difference(given, wrong, self.tolerance) is None:
                return reason
        return ""


class Number(Exercise):
    """The answer is a number.

    expected : a function without arguments that computes it with the package.
    mistakes : pairs of a wrong number and the reason to give. tolerance : the part of the number that it may be off.
    """

    def __init__(self, *, expected: Callable, mistakes: list, tolerance: float = 0.01, **texts):
        super().__init__(**texts)
        self.expected, self.mistakes, self.tolerance = expected, mistakes, tolerance

    def problem(self, answer):
        number = answers.as_numbers(answer)
        if number is None or number.shape != () or np.isnan(number):
            return f"This is {answers.kind_of(answer)}. A single number is wanted."
        wanted = float(self.expected())
        if self._is_close(number, wanted):
            return None
        nearest, reason = min(self.mistakes, key=lambda mistake: abs(number - mistake[0]))
        direction = "small" if number < wanted else "large"
        said = f"{answers.said(number)} is too {direction}."
        return f"{said} {reason}" if self._is_close(number, nearest) else said

    def _is_close(self, number, other):
        return abs(number - other) <= self.tolerance * abs(other)


class Choice(Exercise):
    """The answer is the letter of one of several statements.

    right : the letter. wrong : each of the others -> why it is wrong.
    """

    def __init__(self, *, right: str, wrong: dict[str, str], **texts):
        super().__init__(**texts)
        self.right, self.wrong = right, wrong

    def problem(self, answer):
        letter = answer.strip().upper() if isinstance(answer, str) else None
        if letter not in (self.right, *self.wrong):
            letters = ", ".join(f'"{letter}"' for letter in sorted((self.right, *self.wrong)))
            return f"This is {answers.kind_of(answer)}. The answer is one of the letters {letters}."
        return self.wrong.get(letter)
