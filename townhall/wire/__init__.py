"""Events in, one format out; a file per format."""
