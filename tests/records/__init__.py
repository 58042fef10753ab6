"""Tests of townhall/records."""
