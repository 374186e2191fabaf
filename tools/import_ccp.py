#!/usr/bin/env python3
"""The same as `jppnet import-ccp`: `python tools/import_ccp.py --help` describes it."""

from jppnet_tf.commands import cli, import_ccp

if __name__ == "__main__":
    cli.run(import_ccp)
