"""SS-JPPNet on LIP, the second phase: with the structure-sensitive loss, from the first phase's.

    jppnet train --recipe lip_ss_jppnet_structure --data LIP --output SECOND \\
        --initial_weights FIRST/last.safetensors

Expected time: not measured here.
Expected score (paper, LIP validation, "SS-JPPNet"): mean IoU 44.73. Not reproduced here.

The paper: "about 20 epochs". The loss is the paper's; `--set structure=released` trains as the
released program did, whose gradients the structure does not reach.
"""

import dataclasses

from jppnet_tf.training.recipes import lip_ss_jppnet

SETTINGS = dataclasses.replace(
    lip_ss_jppnet.SETTINGS, structure="paper", epochs=20, planned_epochs=20
)
