"""Shares in percent, nan where nothing was counted."""

import numpy as np


def percent(right: np.ndarray | np.integer, counted: np.ndarray | np.integer) -> np.ndarray:
    """100 * right / counted; nan where nothing was counted."""
    with np.errstate(invalid="ignore"):
        return 100 * right / counted


def mean_of_numbers(values: np.ndarray) -> float:
    """The mean without nan; nan if there is nothing else."""
    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if numbers.size else float("nan")
