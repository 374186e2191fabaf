"""Random choices that come out the same on every supported version of numpy."""

import typing
from collections.abc import Mapping, Sequence

import numpy as np


class Dice:
    """Choices built from nothing but PCG64's doubles, whose stream numpy guarantees."""

    def __init__(self, seed: int | Sequence[int]) -> None:
        """Starts a stream.

        Args:
            seed: int >= 0, or a sequence of them.
        """
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A float in [low, high)."""
        return low + (high - low) * self._random.random()

    def bell(self, mean: float, spread: float) -> float:
        """A float within mean +- spread, more often near the mean."""
        total = sum(self._random.random() for _ in range(3))
        return mean + spread * (total / 1.5 - 1)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self._random.random() < probability)

    def pick(self, options: Sequence | Mapping) -> typing.Any:
        """One of `options`: a sequence, or a dict of option to weight."""
        if not isinstance(options, dict):
            options = dict.fromkeys(options, 1)
        place = self._random.random() * sum(options.values())
        for option, weight in options.items():  # noqa: B007
            place -= weight
            if place < 0:
                break
        return option

    def array(self, *shape: int) -> np.ndarray:
        """float32 array of this shape in [0, 1)."""
        return self._random.random(shape).astype(np.float32)
