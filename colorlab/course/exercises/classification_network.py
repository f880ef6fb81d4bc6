"""The exercises of notebook 07: softmax, cross-entropy, a loss read as a number of scenes, and where gradients go."""

import numpy as np

from colorlab.course.exercises import answers
from colorlab.course.exercises.exercise import Choice, Function, Number


class WithoutOverflow(Function):
    """A softmax that must also get large logits right."""

    def problem(self, answer):
        return super().problem(answer) or self._overflows(answer)

    def _overflows(self, answer):
        """Say so if the function gives other probabilities when 1000 is added to all logits."""
        logits = np.array([[2.0, 1.0, 0.0]])
        with np.errstate(all="ignore"):
            given, stopped = answers.call(answer, (logits + 1000,))
        if stopped or answers.difference(given, _softmax(logits), self.tolerance):
            return (
                "The probabilities are right, but not for logits near 1,000: their exponentials overflow. Take the "
                "largest logit of each photograph away first. This changes no probability."
            )
        return None


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


q1 = WithoutOverflow(
    task="""
Write softmax. Your function gets logits of the shape (N, C), one row for each photograph. Return the probabilities,
of the same shape: the exponential of each logit, divided by the sum of the exponentials of its row. Your function must
also work for logits near 1,000, where `np.exp` overflows.
""",
    hint="If the same number is added to all logits of a row, no probability changes. So subtract the largest logit of "
    "each row first. keepdims=True keeps the shape (N, 1), which broadcasts.",
    solution="""
def my_softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
""",
    draw=lambda random: (random.normal(0, 2, (4, 6)),),
    expected=_softmax,
    mistakes=[
        (
            lambda logits: np.exp(logits) / np.exp(logits).sum(axis=0),
            "Your columns add up to 1. The probabilities of one photograph are a row: sum over axis 1.",
        ),
        (
            lambda logits: np.exp(logits) / np.exp(logits).sum(),
            "All numbers together add up to 1. Each row must add up to 1 by itself: sum over axis 1.",
        ),
        (lambda logits: np.exp(logits), "You have left out the division by the sum."),
        (
            lambda logits: np.exp(logits - logits.max(axis=1, keepdims=True)),
            "You have left out the division by the sum.",
        ),
        (
            lambda logits: logits / logits.sum(axis=1, keepdims=True),
            "You divide the logits themselves, so some results may be negative. Take the exponentials first.",
        ),
    ],
)


def _draw_answers(random):
    scene = random.permutation([0, 0, 1, 2, 4])
    return random.dirichlet(np.ones(5), 5), scene


def _of_the_truth(probabilities, scene):
    return probabilities[np.arange(len(scene)), scene]


q2 = Function(
    task="""
Write cross-entropy. Your function gets probabilities of the shape (N, C) and the numbers of the true scenes, of the
shape (N,). Return the mean over the photographs of minus the natural logarithm of the probability that the true scene
got.
""",
    hint="probabilities[np.arange(len(scene)), scene] takes one probability from each row.",
    solution="""
def my_cross_entropy(probabilities, scene):
    of_the_truth = probabilities[np.arange(len(scene)), scene]
    return -np.log(of_the_truth).mean()
""",
    draw=_draw_answers,
    expected=lambda probabilities, scene: -np.log(_of_the_truth(probabilities, scene)).sum() / len(scene),
    mistakes=[
        (
            lambda probabilities, scene: np.log(_of_the_truth(probabilities, scene)).mean(),
            "The sign is missing. The logarithm of a probability is negative, and a loss is positive.",
        ),
        (
            lambda probabilities, scene: -np.log(_of_the_truth(probabilities, scene)).sum(),
            "This is the sum over the photographs. Take the mean.",
        ),
        (
            lambda probabilities, scene: -np.log(_of_the_truth(probabilities, scene).mean()),
            "This is the logarithm of the mean probability. Take the logarithm of each one first, and then the mean.",
        ),
        (
            lambda probabilities, scene: -np.log2(_of_the_truth(probabilities, scene)).mean(),
            "This is in bits. Take the natural logarithm, np.log.",
        ),
        (
            lambda probabilities, scene: -np.log10(_of_the_truth(probabilities, scene)).mean(),
            "This is the logarithm to the base 10. Take the natural logarithm, np.log.",
        ),
        (
            lambda probabilities, scene: -np.log(probabilities).mean(),
            "You take the mean over all scenes. Only the probability of the true scene counts.",
        ),
        (
            lambda probabilities, scene: -np.log(_of_the_truth(probabilities, scene)),
            "This is the loss of each photograph. Take the mean over the photographs.",
        ),
    ],
)


q3 = Number(
    task="""
A scene loss is given in the write-up's unit: it is summed over 100 photographs and multiplied by alpha = 5. It is
1,500. Between how many equally likely scenes is the classifier as unsure?
""",
    hint="Compute the loss of one photograph in nats first. A loss of ln C nats is that of C equally likely scenes.",
    solution="q3 = np.exp(1500 / 500)",
    because="Chance is 2,303 in this unit. The loss is a third lower, and the number of scenes falls from 100 to 20.",
    expected=lambda: np.exp(1500 / (5 * 100)),
    mistakes=[
        (3, "These are the nats of one photograph. e to this power is the number of scenes."),
        (8, "You took 2 to the power of the nats. With the natural logarithm it is e to this power."),
        (1000, "You took 10 to the power of the nats. With the natural logarithm it is e to this power."),
        (np.exp(15), "You have divided by 100 photographs, but not by alpha."),
        (np.log(1500), "This is a logarithm. Divide by 100 photographs and by alpha, and take e to this power."),
    ],
)


def _entropy(probabilities):
    return -np.sum(probabilities * np.log(probabilities), axis=1)


q4 = Function(
    task="""
Between how many scenes does the network hesitate? Your function gets probabilities of the shape (N, C), all of them
above 0. Return e to the power of the entropy for each photograph, an array of the shape (N,). The entropy of a row is
minus the sum of p times the natural logarithm of p.
""",
    hint="Sum over axis 1, and do not forget the minus. np.exp comes last.",
    solution="""
def my_number_of_scenes(probabilities):
    entropy = -np.sum(probabilities * np.log(probabilities), axis=1)
    return np.exp(entropy)
""",
    draw=lambda random: (random.dirichlet(np.ones(5), 4),),
    expected=lambda probabilities: np.exp(_entropy(probabilities)),
    mistakes=[
        (_entropy, "This is the entropy, in nats. e to this power is a number of scenes."),
        (
            lambda probabilities: np.exp(-_entropy(probabilities)),
            "The sign is wrong. An entropy is positive, so e to its power is at least 1.",
        ),
        (
            lambda probabilities: np.exp(-np.log(probabilities).sum(axis=1)),
            "You have not multiplied each logarithm by its probability.",
        ),
        (
            lambda probabilities: np.exp(-np.log(probabilities).mean(axis=1)),
            "You weigh all scenes alike. Each logarithm counts as much as its probability.",
        ),
        (
            lambda probabilities: np.exp(_entropy(probabilities).mean()),
            "This is one number for all photographs. Return one for each of them.",
        ),
        (
            lambda probabilities: 2 ** _entropy(probabilities),
            "You took 2 to the power of the nats. With the natural logarithm it is e to this power.",
        ),
        (
            lambda probabilities: 1 / probabilities.max(axis=1),
            "This looks at the likeliest scene only. All scenes belong to the sum.",
        ),
    ],
)


q5 = Choice(
    task="""
Suppose that the scene were predicted from the *last* layer of the global features, which also goes into the fusion.
Which layers would then learn from the scene loss that do not do so now?

- "A": the last layer of the global features, and no other.
- "B": the last layer of the global features, and the fusion.
- "C": the last layer of the global features, the fusion, and the mid-level network.
""",
    hint="A layer learns from the scene loss if the scene depends on it. Follow the arrows backwards from the scene.",
    solution='q5 = "A"',
    because="The scene would not depend on the fusion, so the fusion would get no gradient from it.",
    right="A",
    wrong={
        "B": "The fusion comes after the global features. Does the scene change if the weights of the fusion change?",
        "C": "Neither the fusion nor the mid-level network is on the way to the scene.",
    },
)
