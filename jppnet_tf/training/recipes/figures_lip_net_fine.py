"""The recipe `figures_lip_net` continued on larger images, until the rate is 0.

    jppnet train --recipe figures_lip_net_fine --data FIGURES --output SECOND \\
        --initial_weights FIRST/last.safetensors
"""

import dataclasses

from jppnet_tf.training.recipes import figures_lip_net

SETTINGS = dataclasses.replace(
    figures_lip_net.SETTINGS, size=192, epochs=5, planned_epochs=5, rate=1e-3, seed=2
)
