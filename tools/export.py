#!/usr/bin/env python3
"""The same as `jppnet export`: `python tools/export.py --help` describes it."""

from jppnet_tf.commands import cli, export

if __name__ == "__main__":
    cli.run(export)
