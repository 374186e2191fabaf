#!/usr/bin/env python3
"""The same as `jppnet import-hf`: `python tools/import_hf.py --help` describes it."""

from jppnet_tf.commands import cli, import_hf

if __name__ == "__main__":
    cli.run(import_hf)
