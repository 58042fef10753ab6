"""The course of a conversation: hear a message, decide what to do, learn what came of it."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from townhall.clerk.amendments import add_to_emergency, amend, retract
from townhall.clerk.conversation import ToolCall, Turn
from townhall.clerk.incidents import CERTAIN, LIKELY, incident_words
from townhall.clerk.intake import identify, is_only_name, take_in
from townhall.clerk.language import language_of
from townhall.clerk.matters import Matter
from townhall.clerk.pieces import is_unreal
from townhall.clerk.services import serve
from townhall.clerk.state import Decision, Say, State
from townhall.clerk.text import words
from townhall.clerk.understanding import Reading, reader_of
from townhall.clerk.unsorted import is_told, take_as_likeliest
from townhall.clerk.wording import spoken_languages
from townhall.town import Town

_STEERING = frozenset(
    {"greet", "thanks", "close", "confirm", "deny", "anonymous", "smalltalk", "withdraw", "skip",
     "who_are_you", "help", "human", "privacy", "status", "figures", "said_before", "abuse"}
)  # fmt: skip


class Dialogue:
    """One conversation in the making; `tools` are the names of what may be called."""

    def __init__(self, town: Town, now: datetime, tools: Collection[str]) -> None:
        self._now = now
        self._types = incident_words(town)
        self.state = State(town, frozenset(tools), town.languages[0])

    def hear(self, turn: Turn) -> Decision:
        """Take in one message and return what to do about it."""
        state = self.state
        reading = reader_of(state.town).read(turn.text, turn.sent)
        language = language_of(turn.text, state.town.languages, state.language)
        decision = Decision()
        if language not in spoken_languages() and language != state.language:
            decision.says.append(Say("foreign"))
        state.language = language
        state.is_warned = state.is_warned or turn.is_warned
        identify(state, reading, turn.text)
        if serve(state, reading, turn.text, decision):
            self._resume(decision)
        else:
            self._deal(reading, turn, decision)
        state.previous = turn.text
        state.heard += 1
        return decision

    def learn(self, calls: Sequence[ToolCall]) -> None:
        """Take in what the tools did: what is filed and what is withdrawn."""
        for call in calls:
            result = call.result or {}
            if call.name in ("file_incident", "file_feedback"):
                if result.get("status") in ("filed", "already_filed"):
                    self._mark_filed(call, str(result.get("reference")))
            elif result.get("status") == "withdrawn":
                for matter in self.state.filed():
                    if matter.reference == result.get("reference"):
                        matter.state = "dropped"

    def _mark_filed(self, call: ToolCall, reference: str) -> None:
        form = "incident" if call.name == "file_incident" else "feedback"
        code = call.arguments.get("incident_type")
        open_ones = [matter for matter in self.state.open() if matter.form == form]
        same = [each for each in open_ones if each.kind is not None and each.kind.code == code]
        fitting = same or open_ones
        if not fitting:
            text = call.arguments.get("description") or call.arguments.get("summary") or ""
            place = call.arguments.get("location")
            kind = self.state.town.incident_type(str(code))
            matter = Matter("incident", [str(text)], kind=kind, place=place)
            matter.form = "incident" if form == "incident" else "feedback"
            self.state.matters.append(matter)
            fitting = [matter]
        fitting[0].state, fitting[0].reference = "filed", reference
        self.state.pending = "" if not self.state.open() else self.state.pending

    def _resume(self, decision: Decision) -> None:
        """After an aside, come back to what was asked."""
        if decision.asks:
            return
        if self.state.open():
            self._ask(decision)

    def _deal(self, reading: Reading, turn: Turn, decision: Decision) -> None:
        state = self.state
        if retract(state, reading, turn.text, decision):
            self._resume(decision)
            return
        if add_to_emergency(state, reading, turn.text, decision):
            return
        fresh: list[Matter] = []
        if not amend(state, reading, turn.text, decision):
            fresh = take_in(state, reading, turn.text)
        if turn.is_warned:
            self._take_as_emergency(fresh)
        self._warn(fresh, decision)
        if state.open():
            self._proceed(reading, fresh, decision)
        elif not decision.calls and all(each.key == "foreign" for each in decision.says):
            self._converse(reading, turn.text, decision)

    def _take_as_emergency(self, fresh: list[Matter]) -> None:
        """Prefer a type that is always an emergency, once the fixed check has seen one."""
        for matter in fresh:
            guesses = self._types.guesses(" ".join(matter.told)) if matter.kind else ()
            best = next((each for each in guesses if each.kind.emergency == "always"), None)
            if best and best.weight >= CERTAIN and best.weight > guesses[0].weight / 2:
                matter.kind = best.kind

    def _warn(self, fresh: list[Matter], decision: Decision) -> None:
        """Tell the emergency number first, if the fixed check before the clerk has not."""
        is_emergency = any(
            each.is_urgent() and each.kind is not None and each.kind.emergency == "always"
            for each in fresh
        )
        if is_emergency and not self.state.is_warned:
            decision.says.insert(0, Say("emergency"))
            self.state.is_warned = True

    def _proceed(self, reading: Reading, fresh: list[Matter], decision: Decision) -> None:
        """File what is ready, and ask about the rest."""
        state = self.state
        for matter in state.open():
            self._settle_kind(matter)
        ready = [matter for matter in state.open() if self._may_file(matter, reading, fresh)]
        for matter in ready[:3]:
            reporter = None if state.is_anonymous else state.reporter
            name = "file_incident" if matter.form == "incident" else "file_feedback"
            if state.offers(name):
                decision.calls.append(
                    ToolCall(name, matter.filing(reporter, self._types, self._today()))
                )
        rest = [matter for matter in state.open() if matter not in ready]
        if "abuse" in reading.acts:
            decision.says.insert(0, Say("polite_brief"))
        if rest:
            self._ask(decision, rest, reading)
        else:
            state.pending = ""

    def _settle_kind(self, matter: Matter) -> None:
        """Take the type for what fits none, once the resident was asked what it is."""
        if matter.form == "incident" and (matter.kind is None or matter.kind.code == "other"):
            guesses = self._types.guesses(" ".join(matter.told))
            if guesses and guesses[0].weight >= LIKELY:
                matter.kind = guesses[0].kind
        if matter.form == "incident" and matter.kind is None and "what" in matter.asked:
            matter.kind = self.state.town.incident_type("other")

    def _may_file(self, matter: Matter, reading: Reading, fresh: list[Matter]) -> bool:
        if not matter.is_complete():
            return False
        if matter.is_urgent():
            return True
        if "close" in reading.acts:
            return True
        if matter in fresh:
            return False
        if self._gives_only_name(reading):
            return True
        if not reading.acts & {"confirm", "thanks"}:
            return False
        return self.state.pending in ("confirm", "") and "deny" not in reading.acts

    def _gives_only_name(self, reading: Reading) -> bool:
        """Whether an answer to the read-back is just the name that it asked for, or "no name"."""
        if self.state.pending != "confirm" or reading.injected:
            return False
        refusal = {"anonymous", "skip"} | ({"deny"} if "anonymous" in reading.acts else set())
        if reading.acts and reading.acts <= refusal:
            return len(words(reading.text)) <= 8
        return not reading.acts and is_only_name(reading.text, self.state.reporter)

    def _ask(
        self, decision: Decision, about: list[Matter] | None = None, reading: Reading | None = None
    ) -> None:
        """Ask for the one thing most needed, or read back what is understood."""
        state = self.state
        matters = about if about is not None else state.open()
        for matter in matters:
            needs = matter.needs()
            if needs:
                again = state.pending == needs[0] and state.focus is matter
                matter.asked.add(f"{needs[0]} again" if again else needs[0])
                state.pending, state.focus = needs[0], matter
                decision.asks.append(self._question(matter, needs[0], again))
                return
        if reading is not None and state.pending == "confirm" and reading.acts == {"deny"}:
            state.pending = "change"
            decision.asks.append(Say("ask_change"))
            return
        state.pending, state.focus = "confirm", matters[-1]
        decision.asks.append(Say("readback", matters=tuple(matters)))

    def _question(self, matter: Matter, need: str, again: bool) -> Say:
        if need == "where":
            if again:
                return Say("need_place")
            happened = matter.kind is not None and matter.kind.when in ("occurred", "last_seen")
            return Say("ask_where_happened" if happened else "ask_where")
        if need == "detail" and (attribute := matter.question()):
            return Say("ask_detail", {"question": attribute.question})
        return Say("ask_what" if need == "what" else "ask_when")

    def _converse(self, reading: Reading, text: str, decision: Decision) -> None:
        """Answer a message that brings no matter: greetings, thanks, or something unclear."""
        state = self.state
        key = self._small_talk(reading, text)
        if key is not None:
            decision.says.append(Say(key))
            return
        if "feedback_intent" in reading.acts and not reading.details.count(" ") > 12:
            decision.asks.append(Say("ask_feedback"))
            state.pending = "what"
            return
        state.vague.append(text)
        told = " ".join(state.vague)
        if is_told(state, reading, told):
            matter = take_as_likeliest(state, reading, told)
            state.vague = []
            state.matters.append(matter)
            self._proceed(reading, [matter], decision)
            return
        state.pending = "what"
        decision.asks.append(Say("ask_what_where"))

    def _small_talk(self, reading: Reading, text: str) -> str | None:
        acts = reading.acts
        if is_unreal(text):
            return "noted"
        is_short = len(words(text)) <= 12
        if "abuse" in acts:
            return "polite"
        if "report_intent" in acts or "feedback_intent" in acts or self.state.pending == "what":
            return None
        if "smalltalk" in acts and is_short:
            return "smalltalk"
        if acts & {"close", "thanks", "withdraw", "deny", "skip"} and is_short:
            return "bye" if self.state.filed() or "thanks" in acts else "nothing_open"
        if "greet" in acts and is_short:
            return "again" if self.state.heard else "greeting"
        if acts & {"confirm", "anonymous"} and is_short:
            return "nothing_open"
        return "noted" if reading.reporter and is_short else None

    def _today(self) -> date:
        return self._now.date()
