"""The application for `uvicorn api:app`."""

from townhall import create_app

app = create_app()
