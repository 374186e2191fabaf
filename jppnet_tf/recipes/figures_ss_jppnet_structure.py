"""The recipe `figures_ss_jppnet` continued with the structure-sensitive loss.

    python tools/train.py --recipe figures_ss_jppnet_structure --data FIGURES --output SECOND \\
        --initial_weights FIRST/last.safetensors

FIGURES has the first 12,000 of the same figures (`--count 12000`).

Expected time: 10 minutes on two AMD EPYC cores with bfloat16.
Expected score: mean IoU 20.1 on the validation figures, error 1.33; of plain cross-entropy
(`--set structure=released`) 19.5 and 1.28. docs/training.md tells what that means.
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
