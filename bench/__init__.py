"""Benchmarks: what a turn costs, beside what it costs at least. Run by `make bench`."""
