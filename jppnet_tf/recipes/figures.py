"""The small network that ships as checkpoints/figures.safetensors: a JPPNet on rendered figures.

    python tools/train.py --recipe figures --data FIGURES --output RUN \\
        --initial_weights FIRST/best.safetensors

FIGURES and FIRST are what the recipe `figures_unrefined` makes.

Expected time: not measured to the end.
Expected score: not measured to the end.
"""

import dataclasses

from jppnet_tf.recipes import figures_unrefined

SETTINGS = dataclasses.replace(
    figures_unrefined.SETTINGS,
    refinements=2,
    epochs=3,
    planned_epochs=3,
    rate=5e-4,
    seed=2,
)
