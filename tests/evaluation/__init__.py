"""Tests of the evaluator: its rules as tables, and whole runs."""
