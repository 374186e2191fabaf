#!/usr/bin/env python3
"""Makes a data set in LIP's layout of Clothing Co-Parsing, photographs with labels of clothes.

  git clone https://github.com/bearpaw/clothing-co-parsing CLONE
  python tools/import_ccp.py --source CLONE --landmarks LANDMARKS.npz --output ccp

Exit status: 0 done; 2 wrong flags or input, or the data set exists; 130 interrupted.
"""

from jppnet_tf.commands import cli, import_ccp

if __name__ == "__main__":
    import_ccp.define_flags()
    cli.run(import_ccp.main)
