"""The clerk's reply in words: what it says, what came of its calls, and what it asks."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from townhall.clerk.conversation import ToolCall
from townhall.clerk.counted import say_figures
from townhall.clerk.matters import Matter
from townhall.clerk.state import Decision, Say, State
from townhall.clerk.vocabulary import load_vocabulary
from townhall.clerk.wording import Wording
from townhall.town import Town

_QUESTION_WORDS = load_vocabulary("talk").pattern("question_words", re.IGNORECASE)
_ASK_ON_REFUSAL = {
    "location_missing": "need_place",
    "date_in_future": "ask_when",
    "location": "ask_where",
}


class Speaker:
    """Puts decisions into the words of one language."""

    def __init__(self, town: Town, state: State, today: date) -> None:
        contact = town.contact
        self._town = town
        self._state = state
        self._today = today
        self._wording = Wording(
            state.language,
            {"town": town.name, "greeting": town.greeting, "phone": contact.phone,
             "email": contact.email, "hours": contact.hours, "number": town.emergency.number},
        )  # fmt: skip

    def reply(self, decision: Decision, done: Sequence[ToolCall]) -> str:
        """Return the whole reply; `done` are the calls of this turn with their results."""
        parts = [self._say(say) for say in decision.says]
        parts += [text for call in done if (text := self._result(call))]
        refused = any((call.result or {}).get("status") == "refused" for call in done)
        if not refused:
            parts += [self._say(say) for say in decision.asks]
        filed = any((call.result or {}).get("status") == "filed" for call in done)
        if filed and not decision.asks:
            parts.append(self._wording.say("receipt_tail"))
        return "\n\n".join(parts) or self._wording.say("ask_what_where")

    def _say(self, say: Say) -> str:
        if say.matters:
            return self._read_back(say.matters)
        if say.key == "ask_detail":
            return str(say.values["question"])
        return self._wording.say(say.key, **say.values)

    def _read_back(self, matters: Sequence[Matter]) -> str:
        state, wording = self._state, self._wording
        items = [self._item(matter) for matter in matters]
        if len(items) == 1:
            text = wording.say("readback", matter=items[0])
        else:
            listed = "; ".join(f"({n}) {item}" for n, item in enumerate(items, 1))
            text = wording.say("readback_many", count=len(items), matters=listed)
        if state.reporter and not state.is_anonymous:
            text += " " + wording.say("from_name", name=state.reporter)
        nameless = state.reporter is None and not state.is_anonymous
        return text + " " + wording.say("readback_name" if nameless else "readback_confirm")

    def _item(self, matter: Matter) -> str:
        wording = self._wording
        reporter = self._state.reporter
        if matter.form == "feedback":
            topic = self._town.feedback_topic(matter.topic or "other")
            text = matter.text(reporter)
            return wording.say(
                "item_feedback_brief" if _QUESTION_WORDS.search(text) else "item_feedback",
                kind=wording.say(matter.opinion),
                topic=topic.name.lower() if topic else "",
                text=text,
            )
        people = _QUESTION_WORDS.split(matter.people(reporter) or "")[0].strip(" ,")
        return wording.say(
            "item_incident",
            type=matter.kind.name if matter.kind else "",
            place=wording.say("at_place", place=matter.place) if matter.place else "",
            when=self._when(matter),
            people=wording.say("with_people", people=people) if people else "",
        )

    def _when(self, matter: Matter) -> str:
        wording = self._wording
        text = ""
        if matter.day is not None:
            names = {self._today: "today", self._today - timedelta(days=1): "yesterday"}
            named = names.get(matter.day)
            text = wording.say(
                "at_day", day=wording.say(named) if named else wording.day(matter.day)
            )
        if matter.clock is not None:
            text += wording.say("at_clock", clock=f"{matter.clock:%H:%M}")
        return text

    def _result(self, call: ToolCall) -> str:
        result = call.result or {}
        status = str(result.get("status"))
        match call.name:
            case "file_incident" | "file_feedback":
                return self._receipt(call, result, status)
            case "amend_report" | "withdraw_report":
                return self._change(call, result, status)
            case "look_up_report":
                return self._status(call, result, status)
            case "search_town_information":
                return self._passages(result, status)
            case "town_figures":
                return self._figures(call, result, status)
            case _:
                return ""

    def _receipt(self, call: ToolCall, result: dict[str, Any], status: str) -> str:
        wording = self._wording
        reference = result.get("reference")
        if status == "already_filed":
            return wording.say("receipt_already", reference=reference)
        if status == "filed" and call.name == "file_feedback":
            kind = wording.say(str(call.arguments.get("feedback_kind")))
            return wording.say("receipt_feedback", kind=kind, reference=reference)
        if status == "filed":
            kind_of = self._town.incident_type(str(call.arguments.get("incident_type")))
            place = call.arguments.get("location")
            return wording.say(
                "receipt_incident",
                type=kind_of.name if kind_of else "",
                place=wording.say("at_place", place=place) if place else "",
                reference=reference,
            )
        key = _ASK_ON_REFUSAL.get(str(result.get("reason")))
        if key is None:
            return wording.say("refused_other")
        return wording.say("refused", question=wording.say(key))

    def _change(self, call: ToolCall, result: dict[str, Any], status: str) -> str:
        reference = result.get("reference") or call.arguments.get("reference")
        if status == "withdrawn":
            return self._wording.say("withdrawn", reference=reference)
        if status == "amended":
            changes = call.arguments.get("changes", [])
            listed = ", ".join(
                str(each["value"]) for each in changes if each["field"] != "description"
            )
            key = "amended" if listed else "added"
            return self._wording.say(key, reference=reference, changes=listed)
        key = "cannot_amend" if call.name == "amend_report" else "cannot_withdraw"
        return self._wording.say(key, reference=reference)

    def _status(self, call: ToolCall, result: dict[str, Any], status: str) -> str:
        reference = result.get("reference") or call.arguments.get("reference")
        if status != "found":
            help_text = self._wording.say("status_help")
            return f"{self._wording.say('status_unknown', reference=reference)} {help_text}"
        state = self._wording.say(f"state_{result.get('state')}")
        day = str(result.get("updated_at", ""))[:10]
        return self._wording.say("status", reference=reference, state=state, date=day)

    def _passages(self, result: dict[str, Any], status: str) -> str:
        passages = result.get("passages") or []
        if status != "found" or not passages:
            return self._wording.say("dont_know")
        texts = []
        for passage in passages[:2]:
            text = self._wording.say("answer", title=passage["title"], text=passage["text"])
            source = passage.get("source") or passage.get("path")
            texts.append(f"{text} {self._wording.say('answer_source', source=source)}")
        return "\n\n".join(texts)

    def _figures(self, call: ToolCall, result: dict[str, Any], status: str) -> str:
        wording = self._wording
        if status == "withheld":
            return wording.say("figures_withheld", reason=result.get("reason", ""))
        if status != "ok":
            return wording.say("figures_unknown")
        return say_figures(wording, self._town, call.arguments, result)
