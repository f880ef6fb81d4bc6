"""The guard against divergence, and requests to stop."""

import os
import signal

import numpy as np
import pytest

from colorlab import BadInput
from colorlab.callbacks import Guard, stop_requests
from colorlab.checkpoints import Checkpoint
from colorlab.runs import Run


def test_an_explosion_late_in_an_epoch_is_seen_within_some_steps(tmp_path):
    """The mean over the epoch, which is what Keras gives, would hide it."""
    guard, losses = Guard(Run(tmp_path), Checkpoint(), 1000), [100.0, *[50.0] * 800, 350.0, *[1000.0] * 9]
    with pytest.raises(BadInput, match="the loss had grown from 100 to about 4.* at step 80[5-9]: try"):
        for number in range(1, len(losses) + 1):
            guard.on_train_batch_end(number - 1, {"loss": np.mean(losses[:number])})


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    "asked",
    [
        (signal.SIGINT, signal.SIGTERM),  # as a kernel gets it that is shut down
        (signal.SIGTERM, signal.SIGINT, signal.SIGTERM),  # and where every process has got SIGTERM before
    ],
)
def test_asked_by_ctrl_c_twice_it_stops_at_once(asked):
    noted = None
    with pytest.raises(KeyboardInterrupt, match="at once"), stop_requests() as requested:
        for number in asked:
            os.kill(os.getpid(), number)
        noted = list(requested)
        os.kill(os.getpid(), signal.SIGINT)
    assert noted == list(asked)


def test_a_signal_that_is_ignored_stays_ignored():
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what runs in the background
    try:
        with stop_requests() as requested:
            os.kill(os.getpid(), signal.SIGINT)
        assert requested == []
    finally:
        signal.signal(signal.SIGINT, usual)
