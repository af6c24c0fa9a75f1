"""Figures and ratios, each by one command: `python -m benchmarks.<name>`. They judge nothing; the tests do."""
