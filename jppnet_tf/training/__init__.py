"""Training: losses inside Keras models, the optimizer and its schedule."""
