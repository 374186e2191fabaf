#!/usr/bin/env python3
"""The same as `jppnet train`: `python tools/train.py --help` describes it."""

from jppnet_tf.commands import cli, train

if __name__ == "__main__":
    cli.run(train)
