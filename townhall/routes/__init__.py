"""HTTP: parse, admit, call, encode. No SQL, no SDK."""
