"""What the documents claim and the code does are the same thing."""

import re
import subprocess
from pathlib import Path

import pytest
import uvicorn

import townhall
from townhall.connections import KEEP_ALIVE_SECONDS, connection_options
from townhall.events import EVENT_TYPES
from townhall.settings import Settings
from townhall.turns.sessions import EVENTS_KEPT

ROOT = Path(__file__).parent.parent
SETTINGS = sorted(
    str(field.validation_alias.choices[0])  # type: ignore[union-attr]
    for field in Settings.model_fields.values()
)


def tracked_files() -> list[Path]:
    """Return every file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_settings_are_documented() -> None:
    """docs/settings.md has one row for each setting and none for others."""
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == SETTINGS


def test_example_names_every_setting() -> None:
    """.env.example shows each setting, commented out, so that copying it changes nothing."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert sorted(re.findall(r"^# ([A-Z_]+)=", "\n".join(lines), re.MULTILINE)) == SETTINGS
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_events_are_documented() -> None:
    """docs/events.md names each event type and no other."""
    page = (ROOT / "docs" / "events.md").read_text()
    table = page.split("| type | data | meaning |", 1)[1].split("\n\n", 1)[0]
    first_cells = " ".join(line.split("|")[1] for line in table.splitlines() if "|" in line)
    documented = re.findall(r"`([a-z.]+)`", first_cells)
    assert sorted(documented) == sorted(EVENT_TYPES)
    assert f"{EVENTS_KEPT.total_seconds() / 3600:.0f}" in page


def test_the_proxy_closes_idle_connections_first() -> None:
    """A turn is never sent into a connection that the desk is just closing."""
    conf = (ROOT / "docs" / "nginx.conf").read_text()
    kept = re.search(r"keepalive_timeout (\d+)s;", conf)
    assert kept is not None
    served = uvicorn.Config("api:app", **connection_options())
    assert int(kept[1]) + 10 <= served.timeout_keep_alive == KEEP_ALIVE_SECONDS
    assert f"keeps them ({KEEP_ALIVE_SECONDS} s)" in conf


def test_public_names() -> None:
    """The package shows these names, each really there."""
    assert sorted(townhall.__all__) == ["Settings", "__version__", "create_app"]
    assert all(getattr(townhall, name) for name in townhall.__all__)


def test_changelog_names_the_version_or_what_comes() -> None:
    """The changelog begins with the next version or the one of the code."""
    first = re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert first is not None
    assert first[1] in ("Unreleased", townhall.__version__)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a path of somebody's machine", r"(?<![\w.])/(home|root|Users|work)/\w"),
        ("a secret key", r"sk-[A-Za-z0-9]{20,}|BEGIN (RSA|EC|OPENSSH) PRIVATE KEY"),
        ("a registry's host", r"registry\.npmjs\.org|files\.pythonhosted\.org|pypi\.org/simple"),
    ],
)
def test_nothing_outside_leaks_in(what: str, pattern: str) -> None:
    """No file of the repository has it."""
    text_files = [path for path in tracked_files() if path != Path(__file__) and path.is_file()]
    found = [
        str(path.relative_to(ROOT))
        for path in text_files
        if re.search(pattern, path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == [], what


def test_links_in_documents_lead_somewhere() -> None:
    """Each relative link of a Markdown file names a file that is there."""
    broken = [
        f"{path.name}: {target}"
        for path in tracked_files()
        if path.suffix == ".md" and "knowledge" not in path.parts
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text())
        if not (path.parent / target).exists()
    ]
    assert broken == []
