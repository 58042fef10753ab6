"""What residents filed: incidents and feedback, and the history of every change."""
