"""What a prediction is, and the files that hold predictions."""
