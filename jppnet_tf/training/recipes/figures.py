"""The small network that ships as checkpoints/figures.safetensors: a JPPNet on rendered figures.

    jppnet figures --output FIGURES --count 10000 --seed 1 --split train
    jppnet figures --output FIGURES --count 100 --seed 2 --split val
    jppnet train --recipe figures --data FIGURES --output RUN \\
        --initial_weights FIRST/best.safetensors

FIRST is the run of the recipe `figures_unrefined`.

Expected time: 15 minutes on two AMD EPYC cores with bfloat16.
Expected score: mean IoU 61.2, PCKh 93.5 on the validation figures, looking once.
"""

import dataclasses

from jppnet_tf.training.recipes import figures_unrefined

SETTINGS = dataclasses.replace(
    figures_unrefined.SETTINGS,
    refinements=2,
    pose_weight=0.1,
    batch=4,
    epochs=1,
    planned_epochs=1,
    rate=4e-4,
    seed=2,
)
