"""The small network that ships as checkpoints/figures.safetensors: a JPPNet on rendered figures.

    python tools/train.py --recipe figures --data FIGURES --output RUN \\
        --initial_weights FIRST/best.safetensors

FIGURES and FIRST are what the recipe `figures_unrefined` makes.

Expected time: 50 minutes on two AMD EPYC cores with bfloat16, beside other work.
Expected score: mean IoU 50.8, PCKh 94.8 on the validation figures, looking once. Two of three
planned epochs: the rate never came down, and parsing was still getting better.
"""

import dataclasses

from jppnet_tf.recipes import figures_unrefined

SETTINGS = dataclasses.replace(
    figures_unrefined.SETTINGS,
    refinements=2,
    epochs=2,
    planned_epochs=3,
    rate=5e-4,
    seed=2,
)
