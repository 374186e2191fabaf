#!/usr/bin/env python3
"""The same as `jppnet infer`: `python tools/infer.py --help` describes it."""

from jppnet_tf.commands import cli, infer

if __name__ == "__main__":
    cli.run(infer)
