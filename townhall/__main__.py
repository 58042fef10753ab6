"""`python -m townhall`."""

from townhall.cli import main

main()
