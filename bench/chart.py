"""A bar chart of CPU per turn as SVG: nothing to install, readable in light and dark."""

from collections.abc import Sequence

from bench.measurement import Measured

WIDTH, LABEL, BAR, GAP, TOP = 720, 250, 26, 12, 48
NAMES = {
    "stream": "bare FastAPI stream",
    "sdk": "Agents SDK alone",
    "sdk-session": "Agents SDK + SQLAlchemySession",
    "echo": "Digital Town Hall, echo",
    "clerk": "Digital Town Hall, clerk",
    "hosted": "Digital Town Hall, hosted",
}
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#222}.floor{fill:#9aa5b1}.desk{fill:#1f6feb}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)


def draw(found: Sequence[Measured]) -> str:
    """Return the chart, a bar for each measurement, its length the CPU milliseconds per turn."""
    longest = max(each.cpu_ms for each in found)
    bars = "".join(_bar(row, each, longest) for row, each in enumerate(found))
    height = TOP + len(found) * (BAR + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>CPU per turn in milliseconds</title><style>{STYLE}</style>"
        f'<text x="0" y="22">CPU per turn, milliseconds, 16 clients (less is better)</text>'
        f"{bars}</svg>\n"
    )


def _bar(row: int, measured: Measured, longest: float) -> str:
    y = TOP + row * (BAR + GAP)
    length = round((WIDTH - LABEL - 60) * measured.cpu_ms / longest, 1)
    kind = "floor" if measured.system in ("stream", "sdk", "sdk-session") else "desk"
    return (
        f'<text x="{LABEL - 10}" y="{y + 18}" text-anchor="end">{NAMES[measured.system]}</text>'
        f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length}" height="{BAR}" rx="3"/>'
        f'<text x="{LABEL + length + 8}" y="{y + 18}">{measured.cpu_ms:.1f}</text>'
    )
