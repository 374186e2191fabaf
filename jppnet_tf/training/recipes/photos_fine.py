"""The recipe `photos` continued on larger images, with label maps for all photographs.

    jppnet infer --weights FIRST/best.safetensors --images CCP/TrainVal_images/train_images \\
        --output GUESSES
    jppnet import-ccp --source CLONE --landmarks LANDMARKS.npz --guesses GUESSES --output CCP2
    jppnet train --recipe photos_fine --data CCP2 --output SECOND \\
        --initial_weights FIRST/last.safetensors
"""

import dataclasses

from jppnet_tf.training.recipes import photos

SETTINGS = dataclasses.replace(
    photos.SETTINGS,
    size=384,
    epochs=10,
    planned_epochs=10,
    epoch_steps=190,
    rate=3.6e-4,
    warmup_steps=0,
    seed=2,
)
