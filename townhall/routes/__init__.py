"""HTTP: parse, admit, call, encode. No SQL, no SDK."""

from townhall.routes import chat, health, sessions, turns

ROUTERS = (
    health.router,  # /, /health, /ready
    chat.router,  # /chat
    sessions.router,  # /sessions
    turns.router,  # /sessions/{session_id}/turns
)
