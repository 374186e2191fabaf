"""The recipe `figures_ss_jppnet` continued with the structure-sensitive loss.

    jppnet train --recipe figures_ss_jppnet_structure --data FIGURES --output SECOND \\
        --initial_weights FIRST/last.safetensors

Expected time: 6 minutes on two AMD EPYC cores with bfloat16.
Expected score: mean IoU 38.9 on the validation figures, structure-sensitive error 1.17; of plain
cross-entropy (`--set structure=released`) 38.7 and 1.13. docs/training.md tells what that means.
"""

import dataclasses

from jppnet_tf.training.recipes import figures_ss_jppnet

SETTINGS = dataclasses.replace(
    figures_ss_jppnet.SETTINGS,
    structure="paper",
    epochs=1,
    planned_epochs=1,
    epoch_steps=1500,
    rate=3e-4,
    seed=2,
)
