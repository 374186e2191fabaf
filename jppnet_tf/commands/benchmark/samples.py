"""How many training samples this machine reads per second."""

import dataclasses
import pathlib
import time
from collections.abc import Sequence

import cv2
import numpy as np

from jppnet_tf.data import lip
from jppnet_tf.data.pipeline import build_dataset
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.images.reading import read_ids
from jppnet_tf.labels import LIP
from jppnet_tf.models.maps.heatmaps import encode_joints

SECONDS = 10.0
"""How long each way to read is measured."""


def benchmark_samples(data: str, folder: pathlib.Path) -> dict[str, tuple[float, float]]:
    """Counts samples per second of the training pipeline, and prints them.

    Args:
        data: LIP's folder.
        folder: for files such as the original read.

    Returns:
        For each way to read samples, how many per second of processor time, and per second.
    """
    records = [r for r in lip.read_split(data, "train").records if r.label is not None]
    records = write_original_files(records[:100], folder)
    readings = {
        "heatmaps drawn, labels exchanged": SquareReading(),
        "16 heatmap files, mirrored label files": SquareReading(
            reversed_labels=True, heatmap_files=True
        ),
    }
    print(f"\n{len(records)} samples{'per core-second':>52}{'per second':>14}")
    figures = {}
    for name, reading in readings.items():
        figures[name] = measure_samples(records, reading)
        per_core, per_second = figures[name]
        print(f"{name:45}{per_core:16.0f}{per_second:14.0f}")
    ours, original = (per_core for per_core, _ in figures.values())
    print(f"{'ratio':45}{ours / original:16.1f}")
    return figures


def write_original_files(records: Sequence[lip.Record], folder: pathlib.Path) -> list[lip.Record]:
    """Gives every record the heatmap and mirrored label files that the original read."""
    changed = []
    for record in records:
        label = read_ids(record.label)
        partners = np.array([*LIP.mirror, *range(len(LIP.names), 256)], np.uint8)
        cv2.imwrite(str(folder / f"{record.name}.png"), partners[label[:, ::-1]])
        none = np.full((16, 2), np.nan, np.float32)
        joints_xy = none if record.joints is None else record.joints[:, :2]
        maps = np.asarray(encode_joints(joints_xy, label.shape))
        for joint in range(maps.shape[2]):
            cv2.imwrite(str(folder / f"{record.name}_{joint}.png"), maps[..., joint])
        reversed_label = folder / f"{record.name}.png"
        heatmap = folder / record.name
        changed.append(dataclasses.replace(record, reversed_label=reversed_label, heatmap=heatmap))
    return changed


def measure_samples(
    records: Sequence[lip.Record], reading: SquareReading, batch: int = 4
) -> tuple[float, float]:
    """Measures the training pipeline: samples per second of processor time, and per second."""
    batches = iter(build_dataset(records, reading, batch))
    for _ in range(5):  # the pipeline finds out how many threads suit it
        next(batches)
    begun, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < begun + SECONDS:
        next(batches)
        count += batch
    return count / (time.process_time() - cpu), count / (time.perf_counter() - begun)
