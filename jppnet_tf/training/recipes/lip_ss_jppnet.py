"""SS-JPPNet on LIP, the first phase: without the structure-sensitive loss, from ImageNet weights.

    jppnet train --recipe lip_ss_jppnet --data LIP --output FIRST \\
        --initial_weights vgg16_weights_tf_dim_ordering_tf_kernels.h5

Expected time: not measured here.
Expected score (paper, LIP validation, "Attention"): mean IoU 42.92. Not reproduced here.

Two images per update, one after the other; the rate stays. The paper trains 30 epochs, the
released solver 100,000 updates, which is six and a half. The error of the structure is watched.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="ss_jppnet",
    size=321,
    predict_size=640,
    augmentation=(0.6, 0.8, 1.0, 1.2, 1.4),
    structure="released",
    batch=2,
    accumulate=2,
    epochs=30,
    planned_epochs=30,
    power=0.0,
    weight_decay=5e-4,
)
