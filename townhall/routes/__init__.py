"""HTTP: parse, admit, call, encode. No SQL, no SDK."""

from townhall.routes import chat, health, pages, sessions, town, turns

ROUTERS = (
    health.router,  # /, /health, /ready
    chat.router,  # /chat
    sessions.router,  # /sessions
    turns.router,  # /sessions/{session_id}/turns
    town.router,  # /town
    pages.router,  # /app/
)
