"""The recipe `figures_ss_jppnet` continued with the structure-sensitive loss.

    python tools/train.py --recipe figures_ss_jppnet_structure --data FIGURES --output SECOND \\
        --initial_weights FIRST/last.safetensors
"""

import dataclasses

from jppnet_tf.recipes import figures_ss_jppnet

SETTINGS = dataclasses.replace(
    figures_ss_jppnet.SETTINGS,
    structure="paper",
    epochs=1,
    planned_epochs=1,
    rate=2e-4,
    seed=2,
)
