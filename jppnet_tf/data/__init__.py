"""LIP on disk, heatmaps, random views, and the pipeline that makes them into batches."""
