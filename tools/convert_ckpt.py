#!/usr/bin/env python3
"""The same as `jppnet convert`: `python tools/convert_ckpt.py --help` describes it."""

from jppnet_tf.commands import cli, convert

if __name__ == "__main__":
    cli.run(convert)
