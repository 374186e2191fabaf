"""Gives every reader of outside files many files that chance has damaged.

    python -m tests.endurance.fuzz --inputs 100000 --seed 0

Prints what each reader made of them. What is neither a result nor an InputError that names the
file is a fault: the damage is printed, to be added to FOUND in tests/test_damaged_files.py, and the
exit status is 1.
"""

import argparse
import collections
import pathlib
import sys
import tempfile
import time
import zlib

import numpy as np

from jppnet_tf import InputError
from tests.damaged_files import KINDS, WRITERS, check_reader, damage, read_whole, write_ids


def draw_damages(random: np.random.Generator) -> list[tuple[float, str, int]]:
    """What chance does to one file."""
    return [
        (float(random.random()), str(random.choice(KINDS)), int(random.integers(256)))
        for _ in range(random.integers(1, 5))
    ]


def try_reader(name: str, count: int, seed: int) -> tuple[collections.Counter, list]:
    """Damages one file in `count` ways.

    Args:
        name: key of WRITERS.
        count: how often.
        seed: what chance follows from.

    Returns:
        How often each came about: "read", "refused", "failed"; and the damages that failed, with
        what was raised.
    """
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    outcomes: collections.Counter = collections.Counter()
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        write_ids(path.parent / "a.png")
        read = WRITERS[name](path)
        read_whole(read, path)
        content = path.read_bytes()

        def reading(path):
            try:
                read(path)
                outcomes["read"] += 1
            except InputError:
                outcomes["refused"] += 1
                raise

        for _ in range(count):
            damages = draw_damages(random)
            path.write_bytes(damage(content, damages))
            try:
                check_reader(reading, path)
            except Exception as error:  # noqa: BLE001  any is a fault, and the next is tried
                outcomes["failed"] += 1
                failures.append((damages, repr(error)[:300]))
    return outcomes, failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="over all readers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=WRITERS, help="one reader")
    options = parser.parse_args()
    names = [options.only] if options.only else list(WRITERS)
    count = -(-options.inputs // len(names))
    total: collections.Counter = collections.Counter()
    for name in names:
        start = time.perf_counter()
        outcomes, failures = try_reader(name, count, options.seed)
        total += outcomes
        seconds = time.perf_counter() - start
        print(f"{name}: {dict(outcomes)}, {seconds:.0f} s", flush=True)
        for damages, error in failures[:5]:
            print(f"  {damages}: {error}", flush=True)
    print(f"{sum(total.values())} inputs: {dict(total)}")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
