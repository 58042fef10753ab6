"""What the assistant can do. Owner, session, turn and time come from the context, not the model.

A tool never raises for what a model got wrong: it answers with a refusal that says what to do.
"""

from agents import Tool

from townhall.assistant.tools.changes import amend_report, withdraw_report
from townhall.assistant.tools.filing import file_feedback, file_incident
from townhall.assistant.tools.information import (
    look_up_report,
    search_town_information,
    town_figures,
)

TOOLS: list[Tool] = [
    file_incident,
    file_feedback,
    amend_report,
    withdraw_report,
    look_up_report,
    search_town_information,
    town_figures,
]
# What a person reads while the tool works.
LABELS = {
    "file_incident": "Filing your report",
    "file_feedback": "Filing your feedback",
    "amend_report": "Changing your report",
    "withdraw_report": "Withdrawing your report",
    "look_up_report": "Looking up the report",
    "search_town_information": "Searching the town's pages",
    "town_figures": "Counting the reports",
}
