"""Tests of townhall/assistant."""
