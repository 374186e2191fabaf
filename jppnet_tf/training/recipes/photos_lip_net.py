"""LIP-Net on photographs, from the weights that know rendered figures.

    jppnet train --recipe photos_lip_net --data CCP2 --output RUN \\
        --initial_weights figures_lip_net

CCP2 is what the recipe `photos_fine` is trained on. In this form it was not run: see there.
"""

from jppnet_tf.training.recipes import photos
from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="lip_net",
    size=256,
    dropout=0.0,
    losses=("cross_entropy", "dice"),
    batch=32,
    epochs=28,
    planned_epochs=28,
    epoch_steps=200,
    rate=2e-3,
    **{
        name: getattr(photos.SETTINGS, name)
        for name in (
            "augmentation", "zoom", "rotation", "aspect", "light", "soften", "paste", "balance",
            "repeat", "warmup_steps", "optimizer", "clip_norm", "average", "seed", "save_steps",
        )
    },
)  # fmt: skip
