"""What AWS lets a role do: policies evaluated as its IAM User Guide says, for this folder's tests.

moto enforces policies but looks at no condition, and no library for Python that is kept up evaluates them. This is
"Policy evaluation logic" for identity-based policies of one account, with the operators that such policies use. What
it does not know, it refuses to judge.
"""

import json
import re
from fnmatch import fnmatchcase

from aws.task import AWS
from moto.core import DEFAULT_ACCOUNT_ID

NAMES = {"REGION": "us-east-1", "ACCOUNT": DEFAULT_ACCOUNT_ID, "BUCKET": "colorlab-ada"}


def policies_of(who, folder=AWS):
    """The policies of a role, `job` or `controller`, as the guide fills them in."""
    texts = [(folder / f"{name}-policy.json").read_text() for name in ("bucket", who)]
    return [json.loads(filled(text)) for text in texts]


def filled(text):
    for name, value in NAMES.items():
        text = text.replace(name, value)
    return text


def allowed(policies, action, resource="*", context=None):
    """Whether a request is allowed: some statement allows it, none denies it.

    `context` has the request's condition keys; a value is a string, or a list for a key with several.
    """
    statements = [statement for policy in policies for statement in _list(policy["Statement"])]
    effects = {each["Effect"] for each in statements if _applies(each, action, resource, context or {})}
    assert effects <= {"Allow", "Deny"}
    return effects == {"Allow"}


def _applies(statement, action, resource, context):
    unknown = set(statement) - {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    if unknown:
        raise NotImplementedError(f"{unknown} in a statement")
    return (
        _element(statement, "Action", action.lower(), str.lower)
        and _element(statement, "Resource", resource, str)
        and all(
            _holds(operator, key, _list(wanted), context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _element(statement, name, value, spelt):
    """Whether a statement's Action or Resource fits, or its NotAction or NotResource doesn't."""
    if f"Not{name}" in statement:
        return not any(_like(value, spelt(pattern)) for pattern in _list(statement[f"Not{name}"]))
    return any(_like(value, spelt(pattern)) for pattern in _list(statement[name]))


# Each compares one value of the request with one of the policy.
COMPARISONS = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": lambda value, wanted: _like(value, wanted),
    "ArnEquals": lambda value, wanted: _like_arn(value, wanted),
    "ArnLike": lambda value, wanted: _like_arn(value, wanted),
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}


def _holds(operator, key, wanted, context):
    given = {name.lower(): _list(value) for name, value in context.items()}.get(key.lower())
    if operator == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    quantifier, _, operator = operator.rpartition(":")
    base, if_exists = re.fullmatch(r"(\w+?)(IfExists)?", operator).groups()
    negated = base.replace("Not", "") if "Not" in base else None
    compare = COMPARISONS.get(negated or base)
    if compare is None or quantifier not in ("", "ForAllValues", "ForAnyValue"):
        raise NotImplementedError(f"the operator {quantifier} {operator}")
    if given is None:  # the key isn't in the request
        return bool(if_exists or quantifier == "ForAllValues" or (negated and not quantifier))
    fits = [any(compare(value, each) for each in wanted) != bool(negated) for value in given]
    if not quantifier and len(given) != 1:
        raise NotImplementedError(f"{key} has several values and {operator} no ForAllValues or ForAnyValue")
    return any(fits) if quantifier == "ForAnyValue" else all(fits)


def _like(value, pattern):
    """Whether a value fits a pattern, where * is any number of characters and ? is one. Cases matter."""
    if "${" in pattern:
        raise NotImplementedError(f"the variable in {pattern}")
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _like_arn(value, pattern):
    """As `_like`, for each of the six parts of an ARN."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) == 6 and all(map(_like, parts, patterns))


def _list(value):
    return value if isinstance(value, list) else [value]
