#!/usr/bin/env python3
"""The same as `jppnet benchmark`: `python tools/benchmark.py --help` describes it."""

from jppnet_tf.commands import benchmark, cli

if __name__ == "__main__":
    cli.run(benchmark)
