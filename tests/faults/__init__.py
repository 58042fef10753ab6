"""Every promise of DESIGN section 6, shown by causing the fault; at length by `make test-long`."""
