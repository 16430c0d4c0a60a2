"""Measure Plait beside its peers: ``python -m benchmarks`` or one measure, ``python -m benchmarks.chain``."""
