"""The paper's first phase on LIP: the trunk and its parsing head alone, from ImageNet weights.

    jppnet train --recipe lip_parsing --data LIP --output RUN \\
        --initial_weights resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5

Expected time: not measured here.
Expected score (paper, LIP validation, "DeepLab (ResNet-101)"): mean IoU 44.80. Not reproduced.

The paper trains 30 epochs; it says nothing of the rate, which is the second phase's here.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(joints=0, refinements=0, epochs=30, planned_epochs=30)
