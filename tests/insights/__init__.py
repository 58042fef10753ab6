"""Tests of townhall/insights."""
