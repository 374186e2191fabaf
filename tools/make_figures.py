#!/usr/bin/env python3
"""The same as `jppnet figures`: `python tools/make_figures.py --help` describes it."""

from jppnet_tf.commands import cli, figures

if __name__ == "__main__":
    cli.run(figures)
