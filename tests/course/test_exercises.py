"""The exercises: each checker on its solution, on wrong answers and on no answer. Then the stubs in the notebooks."""

import ast
import importlib
import re

import numpy as np
import pytest
from making import sources_of
from wrong_answers import WRONG

from colorlab.course import notebook
from colorlab.course.exercises.exercise import Exercise, Function, Number

MODULES = {name: importlib.import_module(f"colorlab.course.exercises.{name}") for name in WRONG}
EXERCISES = {
    f"{name}.{question}": exercise
    for name, module in MODULES.items()
    for question, exercise in vars(module).items()
    if isinstance(exercise, Exercise)
}
FUNCTIONS = {name: exercise for name, exercise in EXERCISES.items() if isinstance(exercise, Function)}
NUMBERS = {name: exercise for name, exercise in EXERCISES.items() if isinstance(exercise, Number)}
ROWS = [
    pytest.param(EXERCISES[f"{name}.{question}"], answer, reason, id=f"{name}.{question}: {reason}")
    for name, questions in WRONG.items()
    for question, rows in questions.items()
    for answer, reason in rows
]
TIMES = 5  # a function is compared on new random arguments each time


def each(exercises):
    return pytest.mark.parametrize("exercise", exercises.values(), ids=exercises)


def solution_of(exercise, capsys):
    capsys.readouterr()
    exercise.solution()
    return capsys.readouterr().out


def executed(source, **names):
    """Execute a cell. Returns the value of the expression that it ends on, or else the value it assigned last."""
    names, before = names | {"np": np}, set(names) | {"np", "__builtins__"}
    *body, last = ast.parse(source).body
    if isinstance(last, ast.Expr):
        exec(compile(ast.Module(body, []), "cell", "exec"), names)
        return eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    exec(source, names)
    (value,) = [value for name, value in names.items() if name not in before]
    return value


@each(EXERCISES)
def test_the_solution_is_right(exercise, capsys):
    answer = executed(solution_of(exercise, capsys))
    for _ in range(TIMES):
        assert exercise(answer).outcome == "Right", exercise(answer)


@pytest.mark.parametrize("exercise, answer, reason", ROWS)
def test_a_wrong_answer_is_given_its_reason(exercise, answer, reason):
    for _ in range(TIMES):
        verdict = exercise(answer)
        assert verdict.outcome == "Wrong" and re.search(reason, verdict.reason), verdict


def test_every_exercise_has_three_wrong_answers_and_every_notebook_three_to_six_exercises():
    tried = {
        f"{name}.{question}": len(rows) for name, questions in WRONG.items() for question, rows in questions.items()
    }
    assert set(tried) == set(EXERCISES) and min(tried.values()) >= 3
    assert all(3 <= len(questions) <= 6 for questions in WRONG.values())


@each(FUNCTIONS | NUMBERS)
def test_every_mistake_that_a_checker_knows_is_told_apart(exercise):
    for wrong, reason in exercise.mistakes:
        for _ in range(TIMES):
            assert exercise(wrong).reason.endswith(reason)


@each(EXERCISES)
def test_a_stub_is_not_attempted(exercise):
    assert exercise(...).outcome == "Not attempted yet"


@each(FUNCTIONS)
def test_what_is_no_right_function(exercise):
    def fails(*arguments):
        return 1 / 0

    refused = {
        "This is a number": 3.0,
        "This is an array of the shape \\(2, 3\\)": np.ones((2, 3)),
        "Your function returns None": lambda *arguments: None,
        "returns a text": lambda *arguments: "12",
        "returns the shape": lambda *arguments: np.ones((7, 1, 7, 1, 7)),
        "stopped in line \\d+.*ZeroDivisionError: division by zero": fails,
        "stopped: TypeError: .* takes 0 positional arguments": lambda: 0,
    }
    for reason, answer in refused.items():
        verdict = exercise(answer)
        assert verdict.outcome == "Wrong" and re.search(reason, verdict.reason), verdict
    assert exercise(lambda *arguments: ...).outcome == "Not attempted yet"


@each(NUMBERS)
def test_what_is_no_single_number(exercise):
    for answer in ("12", None, np.ones(3), float("nan"), True, abs):
        verdict = exercise(answer)
        assert verdict.outcome == "Wrong" and verdict.reason.endswith("A single number is wanted.")


def test_an_answer_that_is_not_finite_is_wrong():
    verdict = MODULES["lab_conversion"].q1(lambda rgb: rgb * np.nan)
    assert verdict.outcome == "Wrong" and "your function gives nan" in verdict.reason


def test_a_function_may_change_its_arguments():
    def in_place(rgb):
        rgb[:] = np.round(255 * rgb) % 256
        return rgb

    assert MODULES["lab_conversion"].q3(in_place).reason.endswith("Clip before you make bytes.")


def test_the_line_of_a_failure_is_that_of_the_learner(tmp_path):
    (tmp_path / "cell.py").write_text("def answer(rgb):\n    rgb = rgb / 255\n    return np.pad(rgb, 'x')\n")
    names = {"np": np}
    exec(compile((tmp_path / "cell.py").read_text(), str(tmp_path / "cell.py"), "exec"), names)
    reason = MODULES["lab_conversion"].q1(names["answer"]).reason
    assert reason.startswith("Your function stopped in line 3 (`return np.pad(rgb, 'x')`): TypeError")


def test_a_verdict_is_shown_as_text_and_in_a_notebook_without_its_own_html():
    verdict = MODULES["lab_conversion"].q1(lambda rgb: "<b>")
    assert repr(verdict) == "Wrong. Your function returns a text. Numbers are wanted."
    assert "<b>Wrong.</b> Your function returns a text." in verdict._repr_html_()
    failed = MODULES["lab_conversion"].q1(lambda rgb: np.pad("<i>", 1, mode="<i>"))
    assert "<i>" in failed.reason and "<i>" not in failed._repr_html_()


def test_a_hint_is_printed(capsys):
    MODULES["lab_conversion"].q2.hint()
    assert "cube root of 0.5" in capsys.readouterr().out


# ---- the notebooks

CELLS = {  # notebook -> the sources of its cells that check an answer
    path: [source for source in sources_of(path) if re.search(r"\bcheck\.q\d\(", source)] for path in notebook.course()
}
CHECKED = [path for path, cells in CELLS.items() if cells]


def questions_of(path):
    """The exercises that a notebook should have, by their names there."""
    prefix = f"{path.stem[3:]}."
    return {name.removeprefix(prefix): each for name, each in EXERCISES.items() if name.startswith(prefix)}


def test_each_file_of_exercises_is_used_by_its_notebook():
    assert {path.stem[3:] for path in CHECKED} == set(MODULES)


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_a_notebook_asks_each_exercise_once_in_order_and_as_it_is_checked(path):
    asked = [re.search(r"\bcheck\.(q\d)\(", source)[1] for source in CELLS[path]]
    questions = questions_of(path)
    assert asked == list(questions)
    texts = [cell.source for cell in notebook.read(path).cells if cell.cell_type == "markdown"]
    for exercise in questions.values():
        assert any(exercise.task in text for text in texts), exercise.task


@pytest.mark.parametrize("path", CHECKED, ids=lambda path: path.stem)
def test_a_stub_is_not_attempted_and_right_once_the_solution_stands_in_its_place(path, capsys):
    for source, (question, exercise) in zip(CELLS[path], questions_of(path).items(), strict=True):
        call = source[source.index(f"check.{question}(") :]
        check = MODULES[path.stem[3:]]
        assert executed(source, check=check).outcome == "Not attempted yet"
        assert executed(f"{solution_of(exercise, capsys)}\n{call}", check=check).outcome == "Right"
