#!/usr/bin/env python3
"""The same as `jppnet cut-people`: `python tools/cut_people.py --help` describes it."""

from jppnet_tf.commands import cli, cut_people

if __name__ == "__main__":
    cli.run(cut_people)
