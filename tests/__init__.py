"""Tests, through the front door wherever there is one."""
