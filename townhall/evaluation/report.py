"""The figures and the failures as a person reads them in the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from townhall.evaluation.played import StoredRecord
from townhall.evaluation.scoring import CaseScore
from townhall.evaluation.summary import Share, Summary


def print_summary(console: Console, summary: Summary) -> None:
    """Print the figures as tables."""
    console.print(_overview(summary))
    for title, shares in (("Field", summary.fields), ("Behaviour", summary.behaviours)):
        if shares:
            console.print(_share_table(title, shares))
    if summary.unchecked:
        names = ", ".join(f"{name} ({count})" for name, count in summary.unchecked.items())
        console.print(Text(f"Labels that nothing here can check: {names}", style="red"))


def print_failures(console: Console, scores: Sequence[CaseScore]) -> None:
    """Print each failed case: what went wrong, the conversation, what was filed."""
    for score in scores:
        if score.failures:
            console.print(_failure(score))


def _overview(summary: Summary) -> Table:
    table = Table("Model", summary.model, title=f"{summary.passed} of {summary.cases} cases passed")
    table.columns[1].justify = "right"
    table.add_row("Record recall", _shown(summary.records))
    table.add_row("False records", str(summary.false_records))
    table.add_row("Emergency recall", _shown(summary.emergencies))
    table.add_row("False alarms", str(summary.false_alarms))
    missed = sum(share.total - share.right for share in summary.behaviours.values())
    table.add_row("Behaviour failures", str(missed))
    table.add_row("Failed turns", str(summary.failed_turns))
    table.add_row("Turns until filed (mean)", _number(summary.turns_needed, ""))
    table.add_row("Time per turn (mean)", _number(summary.seconds_per_turn, " s"))
    table.add_row("Time per turn (95 %)", _number(summary.seconds_per_turn_p95, " s"))
    table.add_row("Time in all", _number(summary.seconds, " s"))
    return table


def _share_table(title: str, shares: dict[str, Share]) -> Table:
    table = Table(title, "Right", "Of", "Share")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, share in sorted(shares.items()):
        table.add_row(name, str(share.right), str(share.total), _percent(share))
    return table


def _failure(score: CaseScore) -> Panel:
    parts: list[RenderableType] = [Text(line, style="red") for line in score.failures]
    parts.append(Text())
    for exchange in score.played.exchanges:
        parts.append(Text(f"resident: {exchange.said}", style="bold"))
        parts.append(Text(f"desk: {exchange.reply}"))
    parts += [Text(), *_filed(score.played.records)]
    tags = ", ".join(score.case.tags)
    return Panel(Group(*parts), title=Text(f"{score.case.id}  {tags}"), title_align="left")


def _filed(records: Iterable[StoredRecord]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for record in records:
        known = {name: value for name, value in record.fields.items() if value not in (None, [])}
        values = ", ".join(f"{name}: {value}" for name, value in known.items())
        lines.append(Text(f"filed {record.kind}: {values}", style="dim"))
    return lines or [Text("filed nothing", style="dim")]


def _shown(share: Share) -> str:
    return f"{share.right} of {share.total}, {_percent(share)}" if share.total else "none expected"


def _percent(share: Share) -> str:
    return "-" if share.value is None else f"{share.value:.1%}"


def _number(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:g}{unit}"
