"""What a reply asks: any model's words, in the languages of the sample town."""

import pytest

from townhall.evaluation.questions import asked, asks_for


@pytest.mark.parametrize(
    ("reply", "topics"),
    [
        ("", ()),
        ("Your report is filed: INC-7KQ4-M2XD. Keep the reference.", ()),
        ("Where is it? A street or a landmark is enough.", ("location",)),
        ("Could you tell me which street it is on?", ("location",)),
        ("What is the correct address?", ("location",)),
        ("I'm sorry. Please tell me where it happened.", ("location",)),
        ("Can you confirm where this happened?", ("location",)),
        ("When did it happen? The day and, if you know it, the time.", ("date",)),
        ("What time was that?", ("date",)),
        ("When and where did you last see it?", ("location", "date")),
        ("When did it take place?", ("date",)),
        ("Where was it? And what is your name?", ("location", "name")),
        ("What is your name? It is optional.", ("name",)),
        ("Would you like to give your full name?", ("name",)),
        ("Who am I speaking with?", ("name",)),
        ("What is the name of the street?", ("other",)),
        ("Who did it, and what did they look like?", ("person",)),
        ("Could you describe the man?", ("person",)),
        ("What happened exactly, and where is it?", ("location", "what")),
        ("Can you describe the problem?", ("what",)),
        ("What would you like to report?", ("what",)),
        ("I have noted: a pothole on Mabini Street. Is that right? Say yes.", ("is_right",)),
        ("A pothole where you drive to work, is that correct?", ("is_right",)),
        ("Shall I file it?", ("is_right",)),
        ("Would you like me to submit this report?", ("is_right",)),
        ("Is that right? And may I have your name?", ("is_right", "name")),
        ("Did this happen right now?", ("whether",)),
        ("Is anyone hurt?", ("whether",)),
        ("How deep is it?", ("other",)),
        ("What colour is the car?", ("other",)),
        ("Is there anything else you would like to add?", ("more",)),
        ("Filed. Let me know if there is anything else.", ("more",)),
        ("Is this a complaint or a suggestion?", ("feedback_kind",)),
        ("Where is it? You said: by the school. Is that right?", ("is_right",)),
        ("Saan po ito nangyari?", ("location",)),
        ("Kailan po ito nangyari?", ("date",)),
        ("Ano po ang nangyari?", ("what",)),
        ("Ano po ang pangalan ninyo?", ("name",)),
        ("Tama po ba ito?", ("is_right",)),
        ("May iba pa po ba?", ("more",)),
        ("場所はどこですか。", ("location",)),
        ("いつ起きましたか？", ("date",)),
        ("お名前を伺ってもよろしいですか。", ("name",)),
        ("この内容でよろしいですか？", ("is_right",)),
        ("何が起きたか教えてください。", ("what",)),
        ("他に何かありますか？", ("more",)),
        ("けがをした人はいますか？", ("whether",)),
        ("¿Dónde ocurrió?", ("location",)),
        ("¿Cuándo fue?", ("date",)),
        ("¿Cuál es su nombre?", ("name",)),
        ("¿Es correcto?", ("is_right",)),
        ("¿Qué pasó exactamente?", ("what",)),
        ("¿Algo más?", ("more",)),
    ],
)
def test_questions_are_understood(reply: str, topics: tuple[str, ...]) -> None:
    """The questions at the end of a reply are told by their words."""
    assert asked(reply) == topics


@pytest.mark.parametrize(
    ("reply", "is_asked"),
    [
        ("What is your name? Then I will ask where it is.", True),
        ("Please tell me your name.", True),
        ("You may add your name if you like.", False),
        ("Your name is not part of the report. Is that right?", False),
        ("What is her name?", False),
    ],
)
def test_name_is_asked_or_only_mentioned(reply: str, is_asked: bool) -> None:
    """Asking for the resident's name is more than to mention names."""
    assert asks_for(reply, "name") is is_asked
