"""How long prediction takes, from file to files, in one process."""

import pathlib
import typing
from collections.abc import Sequence

from jppnet_tf.commands.benchmark.measuring import run_measure
from jppnet_tf.commands.benchmark.photographs import upright_size, write_photographs
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.weights.loading import save_weights

LEGEND = """
ready            from the start of the process until the network is loaded and compiled
call, calls      one bare network call at scale 1; those at all scales
file to files    one photograph of a run: reading, the calls, writing all results
ratio            file to files / calls
gain             how much faster from file to files than the first line of that size
GFLOP/s          of the bare calls, of the operations really done
as direct        the same, as if all convolutions were direct
share            of GFLOP/s in the rate of this machine's matrix multiplication, in that precision
peak             memory of the whole process; beyond it: what photographs of that size add"""


def benchmark_prediction(
    weights: str | None,
    choices: Sequence[tuple[str, str, str]],
    sizes: dict[str, float],
    repeats: int,
    settings: dict[str, typing.Any],
    folder: pathlib.Path,
) -> list[dict[str, typing.Any]]:
    """Measures backends and precisions on photographs, and prints a table.

    Args:
        weights: path or name; None is the full network with random weights.
        choices: backends, precisions and convolutions.
        sizes: the photographs' megapixels, by the name that their folder gets.
        repeats: how many photographs of each size.
        settings: further arguments of Predictor.
        folder: for photographs and random weights.

    Returns:
        The rows of the table.
    """
    weights = weights or save_random_weights(folder)
    folders = {name: str(folder / name) for name in sizes}
    for name, megapixels in sizes.items():
        write_photographs(folders[name], upright_size(megapixels), repeats)
    rates = {}
    for precision in dict.fromkeys(precision for _, precision, _ in choices):
        rates[precision] = run_measure({"rate": precision})
        print(f"multiplies matrices in {precision} at {rates[precision] / 1e9:.0f} GFLOP/s")
    rows: list[dict[str, typing.Any]] = []
    slowest: dict[str, float] = {}
    print()
    for backend, precision, convolution in choices:
        chosen = {"backend": backend, "precision": precision, "convolution": convolution}
        job = {"weights": weights, "settings": chosen | settings}
        if backend != "tensorflow":
            run_measure(job | {"folders": {}})  # the network is converted, and kept
        figures = run_measure(job | {"folders": folders})
        for name, photographs in figures.pop("photographs").items():
            row = chosen | {"megapixels": sizes[name]} | figures | photographs
            row["matmul"] = rates[precision]
            row["gain"] = slowest.setdefault(name, row["whole"]) / row["whole"]
            row["images_per_second"] = 1 / row["whole"]
            row["flops"] = row["operations"] / row["calls"]
            row["direct_flops"] = row["direct_operations"] / row["calls"]
            row["share"] = row["flops"] / row["matmul"]
            rows.append(row)
            print_row(row, with_title=len(rows) == 1)
    print(LEGEND)
    return rows


def print_row(row: dict[str, typing.Any], with_title: bool) -> None:
    """Prints one line of the table, and before the first the columns' titles."""
    columns = {
        "backend": f"{row['backend']:>12}",
        "precision": f"{row['precision']:>10}",
        "convolution": f"{row['convolution']:>11}",
        "megapixels": f"{row['megapixels']:11g}",
        "ready s": f"{row['ready']:8.1f}",
        "call s": f"{row['call']:8.2f}",
        "calls s": f"{row['calls']:8.2f}",
        "file to files s": f"{row['whole']:16.2f}",
        "images/s": f"{row['images_per_second']:9.3f}",
        "ratio": f"{row['ratio']:6.2f}",
        "gain": f"{row['gain']:6.2f}",
        "GFLOP/s": f"{row['flops'] / 1e9:8.0f}",
        "as direct": f"{row['direct_flops'] / 1e9:9.0f}",
        "share": f"{row['share']:6.0%}",
        "peak MB": f"{row['peak_mb']:8.0f}",
        "beyond MB": f"{row['more_mb']:10.0f}",
    }
    if with_title:
        print(" ".join(f"{title:>{len(value)}}" for title, value in columns.items()))
    print(" ".join(columns.values()), flush=True)


def save_random_weights(folder: pathlib.Path) -> str:
    """Writes random weights of the full network, and returns their path."""
    path = str(folder / "random.safetensors")
    save_weights(JPPNet(), path)
    return path
