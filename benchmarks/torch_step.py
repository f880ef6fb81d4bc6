"""A training step of the course's network in PyTorch, for speed.py to compare with."""

import torch
from torch import nn

from colorlab.networks import colorizer
from colorlab.training.precision import fastest

NORMALIZED = 7232  # population statistics, which Keras counts among the parameters of a model


def convolution(i, o, stride=1):
    return nn.Sequential(nn.Conv2d(i, o, 3, stride, 1), nn.BatchNorm2d(o), nn.ReLU())


def dense(i, o):
    return nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())


class Colorizer(nn.Module):
    """The network of Tables I to V, with the fusion in its cheap form."""

    def __init__(self):
        super().__init__()
        self.low = nn.Sequential(
            convolution(1, 64, 2), convolution(64, 128), convolution(128, 128, 2), convolution(128, 256)
        )
        self.mid = nn.Sequential(convolution(256, 256), convolution(256, 128))
        self.features = nn.Sequential(
            convolution(256, 256, 2),
            convolution(256, 256),
            convolution(256, 256, 2),
            convolution(256, 256),
            nn.Flatten(),
            dense(16384, 512),
            dense(512, 256),
        )
        self.last = dense(256, 128)
        self.scene = nn.Sequential(dense(256, 256), nn.Linear(256, 100))
        self.everywhere, self.here = nn.Linear(128, 256), nn.Conv2d(128, 256, 1, bias=False)
        self.fused = nn.Sequential(
            nn.BatchNorm2d(256),
            nn.ReLU(),
            convolution(256, 128),
            convolution(128, 64),
            nn.Upsample(scale_factor=2),
            convolution(64, 32),
            nn.Conv2d(32, 2, 3, 1, 1),
        )

    def forward(self, x):
        low = self.low(x)
        y_global = self.features(low)
        fused = self.here(self.mid(low)) + self.everywhere(self.last(y_global))[:, :, None, None]
        return torch.sigmoid(self.fused(fused).float()), self.scene(y_global).float()


def torch_step(lightness, targets):
    """A function that trains the network at depth 64 by one step: eager, channels last, in bfloat16 if ours is."""
    model = Colorizer().to(memory_format=torch.channels_last)
    assert sum(p.numel() for p in model.parameters()) == colorizer.colorizer(64).count_params() - NORMALIZED
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    x = torch.tensor(lightness).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    chroma, scene = torch.tensor(targets["chroma"]).permute(0, 3, 1, 2), torch.tensor(targets["scene"]).long()

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=fastest() == "mixed_bfloat16"):
            predicted, logits = model(x)
        loss = ((predicted - chroma) ** 2).sum((1, 2, 3)).mean() + 5 * nn.functional.cross_entropy(logits, scene)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
