#!/usr/bin/env python3
"""The same as `jppnet paste-people`: `python tools/paste_people.py --help` describes it."""

from jppnet_tf.commands import cli, paste_people

if __name__ == "__main__":
    cli.run(paste_people)
