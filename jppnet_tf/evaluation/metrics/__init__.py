"""The scores of LIP's benchmark, for parsing and for pose: numpy, no TensorFlow."""
