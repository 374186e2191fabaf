"""The recipe `figures_lip_net` continued on larger images, until the rate is 0.

    python tools/train.py --recipe figures_lip_net_fine --data FIGURES --output SECOND \\
        --initial_weights FIRST/last.safetensors
"""

import dataclasses

from jppnet_tf.recipes import figures_lip_net

SETTINGS = dataclasses.replace(
    figures_lip_net.SETTINGS, size=256, epochs=4, planned_epochs=4, rate=8e-4, seed=2
)
