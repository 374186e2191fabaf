"""Data sets of the Hugging Face hub: parquet files with a column of images and one of masks."""
