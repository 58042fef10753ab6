"""Stand-ins that speak real protocols over real sockets, so that no test needs a mock."""
