"""What the clerk does besides taking reports: questions, status, figures, privacy, small talk."""

import re

from townhall.clerk.conversation import ToolCall
from townhall.clerk.figures import figures_asked
from townhall.clerk.state import Decision, Say, State
from townhall.clerk.text import fold, words
from townhall.clerk.understanding import Reading
from townhall.clerk.vocabulary import load_vocabulary

# A question for figures may name a place: "give me the number of thefts on Luna Street".
_ASKS_FIGURES = load_vocabulary("figures").pattern("asks", re.IGNORECASE)
_ABOUT_ITSELF = (("who_are_you", "who"), ("human", "human"), ("help", "help"))


def serve(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    """Do what is no report; True if the message is answered by that."""
    has_content = bool(reading.reports or reading.opinions)
    if "said_before" in reading.acts:
        key = "said_before" if state.previous else "said_nothing"
        decision.says.append(Say(key, {"text": state.previous}))
        return True
    withdraws = "withdraw" in reading.acts and bool(state.matters)
    if "privacy" in reading.acts and not reading.reports and not withdraws:
        decision.says.append(Say("privacy"))
        return True
    asks = _ASKS_FIGURES.match(text) is not None or not any(each.place for each in reading.reports)
    compares = "figures" in reading.acts and asks
    if has_content and not (compares and not reading.opinions):
        _answer(state, reading, decision)
        return False
    if reading.injected:
        decision.says.append(Say("injection"))
        return True
    return (
        _look_up(state, reading, text, decision)
        or _count(state, reading, text, decision)
        or _answer(state, reading, decision)
    )


def _look_up(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    if reading.acts & {"withdraw", "correct"} and not reading.references:
        return False
    if "status" not in reading.acts and not reading.references:
        return False
    if reading.references and reading.acts & {"withdraw"}:
        return False
    own = [matter.reference for matter in state.filed() if matter.reference]
    if set(reading.references) <= set(own) and _says_what_is_wrong(reading, text):
        return False
    references = list(reading.references) or own[-1:]
    if not references:
        decision.says.append(Say("status_help"))
        decision.asks.append(Say("ask_reference"))
    elif state.offers("look_up_report"):
        decision.calls += [ToolCall("look_up_report", {"reference": each}) for each in references]
    else:
        decision.says.append(Say("status_elsewhere"))
    return True


def _says_what_is_wrong(reading: Reading, text: str) -> bool:
    """Whether a correction follows the reference, as in what the button of a card begins."""
    if not reading.references or "correct" not in reading.acts or "status" in reading.acts:
        return False
    last = reading.references[-1]
    return len(words(text[text.upper().rfind(last) + len(last) :])) > 1


def _count(state: State, reading: Reading, text: str, decision: Decision) -> bool:
    follows = state.figures is not None and fold(text).startswith(
        ("and ", "what about ", "how about ")
    )
    if "figures" not in reading.acts and not follows:
        return False
    state.figures = figures_asked(state.town, text, state.figures if follows else None)
    if state.offers("town_figures"):
        decision.calls.append(ToolCall("town_figures", dict(state.figures)))
    else:
        decision.says.append(Say("figures_unknown"))
    return True


def _answer(state: State, reading: Reading, decision: Decision) -> bool:
    """Answer questions; True if there were any and nothing else is left to take in."""
    for act, key in _ABOUT_ITSELF:
        if act in reading.acts and not state.open():
            decision.says.append(Say(key))
            return len(reading.details) < 40
    if "report_intent" in reading.acts:
        return False
    changes = "correct" in reading.acts and bool(state.open()) and bool(reading.places)
    if changes or not reading.questions or reading.acts & {"smalltalk", "withdraw"}:
        return False
    if state.offers("search_town_information"):
        query = " ".join(reading.questions)
        decision.calls.append(ToolCall("search_town_information", {"query": query}))
    else:
        decision.says.append(Say("dont_know"))
    return not (state.open() and reading.details)
