"""What the operator sees: logs and traces. Neither carries what residents write."""
