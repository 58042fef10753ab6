"""Tests of the built-in clerk."""
