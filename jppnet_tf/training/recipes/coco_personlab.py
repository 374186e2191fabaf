"""PersonLab on COCO, as the paper trained it.

    jppnet train --recipe coco_personlab --data COCO --output RUN \\
        --initial_weights resnet101v2_weights_tf_dim_ordering_tf_kernels_notop.h5

64,115 images of COCO 2017 have people; with 8 samples an update, a million updates are 125 epochs.
Whether the rate was constant is not certain.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="personlab",
    size=801,
    predict_size=1401,
    augmentation=(0.5, 1.5),
    batch=8,
    epochs=125,
    planned_epochs=125,
    rate=1e-3,
    power=0,
    average=0.9999,
)
