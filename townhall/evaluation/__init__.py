"""Measures the assistant on labelled conversations: `townhall eval FILE`."""
