#!/usr/bin/env python3
"""The same as `jppnet submit`: `python tools/make_submission.py --help` describes it."""

from jppnet_tf.commands import cli, submit

if __name__ == "__main__":
    cli.run(submit)
