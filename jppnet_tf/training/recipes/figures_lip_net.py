"""LIP-Net on rendered figures, the first of two phases: small images, from nothing.

    jppnet figures --output FIGURES --count 24000 --seed 1 --split train
    jppnet figures --output FIGURES --count 100 --seed 2 --split val
    jppnet train --recipe figures_lip_net --data FIGURES --output FIRST

Images of 128 x 128 have 0.44 of the pixels of the second phase's. Nothing is dropped, since hardly
an image comes twice.

In this form it was not run: the shipped model took four runs, which checkpoints/README.md lists.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="lip_net",
    size=128,
    predict_size=192,
    augmentation=(1.0, 1.0),
    dropout=0.0,
    losses=("cross_entropy", "dice"),
    batch=4,
    epochs=5,
    planned_epochs=10,
    epoch_steps=1000,
    rate=2e-3,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    precision="bfloat16",
    seed=1,
    save_steps=500,
)
