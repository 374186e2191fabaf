"""LIP-Net on LIP as the paper has it: from nothing, 20,000 updates.

    jppnet train --recipe lip_lip_net --data LIP --output RUN

Expected time: not measured here.
Expected score: unknown. The paper's 70.3 is its repository's way to count, which evaluation prints
as the legacy mean IoU; of LIP's own mean IoU it says nothing.

An epoch here is 1,000 updates, after which scores are taken; 30,462 images are seen 2.6 times.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="lip_net",
    size=512,
    augmentation=(1.0, 1.0),
    mirror=False,
    batch=4,
    epochs=20,
    planned_epochs=20,
    epoch_steps=1000,
    rate=0.005,
    optimizer="adam",
)
