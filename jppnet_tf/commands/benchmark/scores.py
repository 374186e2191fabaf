"""How long scoring predictions on disk takes."""

import dataclasses
import itertools
import time

from jppnet_tf.data import lip
from jppnet_tf.evaluation import scoring
from jppnet_tf.system.machine import peak_memory


def benchmark_scoring(data: str, count: int) -> dict[int, dict[str, float]]:
    """Times scoring a tenth of `count` label maps, and all of them; prints both.

    Args:
        data: LIP's folder; its validation labels serve as predictions, over and over.
        count: how many label maps.

    Returns:
        For each number of label maps, `seconds`, and `peak_mb` of this process.
    """
    labelled = scoring.record_entries(
        record for record in lip.read_split(data, "val").records if record.label is not None
    )
    figures = {}
    print(f"\n{'label maps':>12}{'seconds':>12}{'peak MB':>12}")
    for part in (count // 10 or 1, count):
        entries = [
            dataclasses.replace(
                entry,
                name=str(number),
                parsing=entry.label,
                keypoints=None if entry.joints is None else entry.joints[:, :2],
            )
            for number, entry in zip(range(part), itertools.cycle(labelled), strict=False)
        ]
        begun = time.perf_counter()
        scoring.tally_files(entries)
        seconds = time.perf_counter() - begun
        figures[part] = {"seconds": seconds, "peak_mb": peak_memory()}
        print(f"{part:12}{seconds:12.1f}{peak_memory():12.0f}", flush=True)
    return figures
