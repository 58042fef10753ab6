"""HTTP: parse, admit, call, encode. No SQL, no SDK."""

from townhall.routes import (
    casework,
    chat,
    chatkit,
    docs,
    form,
    health,
    insights,
    pages,
    records,
    sessions,
    town,
    turns,
)

ROUTERS = (
    health.router,  # /, /health, /ready
    chat.router,  # /chat
    chatkit.router,  # /chatkit
    sessions.router,  # /sessions
    turns.router,  # /sessions/{session_id}/turns
    records.router,  # /reports
    casework.router,  # /records
    insights.router,  # /insights
    town.router,  # /town
    docs.router,  # /docs
    form.router,  # /app/form; before the pages, which take every other path under /app/
    pages.router,  # /app/
)
