"""Scores: the benchmarks' rules, whole sets, reports, submissions."""
