"""A desk with the clerk and stand-in tools that answer with the fixed JSON; no database."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents import Agent, FunctionTool, RunConfig, Runner, Tool, TResponseInputItem
from agents.tool_context import ToolContext

from townhall.assistant.gate import check_emergency
from townhall.clerk.model import ClerkModel
from townhall.town import Town, load_town
from townhall.turns.run import ALARM_NOTE

FILING = ("file_incident", "file_feedback")
ALL_TOOLS = (
    *FILING,
    "amend_report",
    "withdraw_report",
    "look_up_report",
    "search_town_information",
    "town_figures",
)
SAMPLE = load_town(None)


@dataclass
class Desk:
    """A conversation with the clerk; `records` are filed, by reference."""

    now: datetime
    town: Town = SAMPLE
    offered: tuple[str, ...] = ALL_TOOLS
    items: list[TResponseInputItem] = field(default_factory=list)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    passages: list[dict[str, str]] = field(default_factory=list)
    refusal: dict[str, str] | None = None

    def say(self, text: str) -> str:
        """Send a message and return the reply."""
        return asyncio.run(self.asay(text))

    async def asay(self, text: str) -> str:
        """Send a message and return the reply."""
        if check_emergency(text, self.town.languages):
            self.items.append({"role": "developer", "content": ALARM_NOTE})
        self.items.append({"role": "user", "content": text})
        agent = Agent(name="Clerk", tools=[self._tool(name) for name in self.offered])
        config = RunConfig(model=ClerkModel(self.town, self.now), tracing_disabled=True)
        result = Runner.run_streamed(agent, self.items, run_config=config, max_turns=6)
        async for _ in result.stream_events():
            pass
        self.items = result.to_input_list()
        reply = str(result.final_output)
        self.replies.append(reply)
        return reply

    def live(self) -> list[dict[str, Any]]:
        """Return the records that were filed and not withdrawn."""
        return [record for record in self.records.values() if record["status"] != "withdrawn"]

    def _tool(self, name: str) -> Tool:
        async def invoke(_context: ToolContext[Any], arguments: str) -> str:
            given = json.loads(arguments)
            self.calls.append((name, given))
            return json.dumps(self._answer(name, given), ensure_ascii=False)

        return FunctionTool(
            name=name,
            description=name,
            params_json_schema={"type": "object", "properties": {}, "additionalProperties": True},
            on_invoke_tool=invoke,
            strict_json_schema=False,
        )

    def _answer(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        match name:
            case "file_incident" | "file_feedback":
                return self._file(name.removeprefix("file_"), given)
            case "amend_report" | "withdraw_report":
                return self._change(name, given)
            case "look_up_report":
                found = self.records.get(given["reference"])
                return (
                    {"status": "found", "kind": found["kind"], "reference": given["reference"],
                     "state": "open", "updated_at": self.now.date().isoformat()}
                    if found
                    else {"status": "not_found"}
                )  # fmt: skip
            case "search_town_information":
                if self.passages:
                    return {"status": "found", "passages": self.passages}
                return {"status": "nothing_found", "contact": "(045) 555 0100"}
            case _:
                return {"status": "ok", "figure": given["figure"],
                        "period": {"label": "February", "from": "2026-02-01", "to": "2026-02-28"},
                        "filter": "all", "total": 12, "previous": None, "rows": []}  # fmt: skip

    def _file(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        if self.refusal is not None:
            return {"status": "refused", **self.refusal}
        if kind == "incident" and given["location"] is None:
            known = self.town.incident_type(given["incident_type"])
            if known is not None and known.location in ("point", "street"):
                return {"status": "refused", "reason": "location_missing", "instruction": "Ask."}
        for reference, record in self.records.items():
            if all(record.get(key) == value for key, value in given.items()):
                return {
                    "status": "already_filed",
                    "kind": kind,
                    "reference": reference,
                    "record": record,
                }
        prefix = "INC" if kind == "incident" else "FBK"
        reference = f"{prefix}-7KQ4-{len(self.records):04d}"
        self.records[reference] = {"kind": kind, "status": "open", **given}
        return {"status": "filed", "kind": kind, "reference": reference, "record": given}

    def _change(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        record = self.records.get(given["reference"])
        if record is None:
            return {"status": "refused", "reason": "unknown", "instruction": "Ask."}
        if name == "withdraw_report":
            record["status"] = "withdrawn"
            return {"status": "withdrawn", "reference": given["reference"]}
        for change in given["changes"]:
            record[change["field"]] = change["value"]
        return {
            "status": "amended",
            "kind": record["kind"],
            "reference": given["reference"],
            "record": record,
        }
