#!/usr/bin/env python3
"""The same as `jppnet evaluate`: `python tools/evaluate.py --help` describes it."""

from jppnet_tf.commands import cli, evaluate

if __name__ == "__main__":
    cli.run(evaluate)
