"""The built-in clerk: a model without key and network, with the same tools as any other."""
