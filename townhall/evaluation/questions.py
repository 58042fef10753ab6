"""What a reply asks the resident, told by the words of its questions in the sample's languages.

Any model is to be understood, so the cues are the plain words of a question, not ours.
"""

import re
from collections.abc import Mapping
from typing import Literal

from townhall.evaluation.comparison import fold

Topic = Literal[
    "is_right",  # a read-back: is it so, shall I file it
    "more",  # anything else
    "feedback_kind",
    "location",
    "date",
    "name",
    "person",
    "what",
    "whether",  # yes or no to something that nobody here knows
    "other",
]


def asked(reply: str) -> tuple[Topic, ...]:
    """Return what the reply ends by asking; empty if it asks nothing.

    Only the last questions in a row count: earlier ones are answered by what follows them.
    """
    questions: list[str] = []
    for sentence in reversed(_sentences(reply)):
        if _is_question(sentence):
            questions.append(sentence)
        elif questions:
            break
    if not questions:
        questions = [sentence for sentence in _sentences(reply) if _REQUEST.search(sentence)]
    topics = [topic for question in reversed(questions) for topic in _topics(question)]
    return tuple(dict.fromkeys(topics))


def asks_for(reply: str, topic: Topic) -> bool:
    """Whether some sentence of the reply asks for `topic`."""
    return place_of(reply, topic) is not None


def place_of(reply: str, topic: Topic) -> int | None:
    """Return where the first sentence that asks for `topic` begins in the folded reply."""
    at = 0
    folded = fold(reply)
    for sentence in _sentences(reply):
        at = max(folded.find(sentence, at), 0)
        is_asking = _is_question(sentence) or _REQUEST.search(sentence)
        if is_asking and topic in _topics(sentence):
            return at
    return None


def _sentences(reply: str) -> list[str]:
    parts = re.findall(r"[^.!?。！？\n]+(?:[.!?。！？]+|$)", reply, re.MULTILINE)
    return [fold(part) for part in parts if part.strip()]


def _is_question(sentence: str) -> bool:
    return sentence.endswith("?") or _JAPANESE_QUESTION.search(sentence) is not None


def _topics(question: str) -> list[Topic]:
    if not _OPEN.search(question):
        for topic, cue in _WHOLE.items():
            if cue.search(question):
                return [topic]
    found: list[Topic] = [topic for topic, cue in _PARTS.items() if cue.search(question)]
    if found:
        return found
    return ["whether" if _WHETHER.search(question) else "other"]


def _cue(*patterns: str) -> re.Pattern[str]:
    # Cues are compared with folded text, so they are written folded: lower case, no accents.
    return re.compile("|".join(patterns))


_JAPANESE_QUESTION = re.compile(r"(?:か|ください|下さい)[。]?$")
_REQUEST = _cue(
    r"\b(?:tell|give|send) me\b|\blet me know\b|\bdescribe\b|\bplease (?:share|say|add|provide)\b",
    r"\b(?:pakisabi|sabihin|ilarawan)\b",
    r"\b(?:digame|dime|indique|describa|cuenteme)\b",
)
# "What is the correct address?" asks for the address, not whether something is correct.
_OPEN = _cue(
    r"^(?:and |so |but |also )*(?:what|where|when|which|who|how|whose)\b",
    r"\b(?:confirm|tell me|say|know) (?:what|where|when|which|who|how|your name)\b",
    r"伺|うかが|教え|聞かせ",
)
_WHOLE: Mapping[Topic, re.Pattern[str]] = {
    "is_right": _cue(
        r"\bright\b(?! (?:now|side|lane|hand|away|there|here|in|by|next|at|on)\b)",
        r"\b(?:correct|accurate|confirm)\b|\bis (?:that|this) (?:all|everything|it|ok|okay)\b",
        r"\b(?:shall|should|may|can|could) i (?:now )?(?:file|send|submit|record|register|go)\b",
        r"\b(?:want|like) me to (?:file|send|submit|record|register|go)\b",
        r"\bready to (?:file|submit)|\bgo ahead\b|\b(?:looks?|sounds?|all) good\b",
        r"\btama\b|\bkumpirma|\b(?:i-?file|isumite|itala) ko na\b",
        r"よろしい|合って|あってい?ます|正しい|間違い|相違|いいですか|良いですか",
        r"\bcorrect[oa]s?\b|\bes asi\b|\besta bien\b|\bde acuerdo\b|\bconfirma\b",
    ),
    "more": _cue(
        r"\b(?:anything|something) (?:else|more)\b|\bmore to add\b|\bother details\b",
        r"\banything\b.*\b(?:add|change|correct|help)\b",
        r"\biba pa\b|\bidadagdag\b",
        r"他に|ほかに|以上でしょうか",
        r"\balgo mas\b|\balguna otra cosa\b",
    ),
    "feedback_kind": _cue(
        r"\b(?:complaint|suggestion|praise|compliment)\b.*\bor\b.*\b(?:complaint|suggestion|praise)\b",
        r"\b(?:reklamo|mungkahi|papuri)\b.*\bo\b.*\b(?:reklamo|mungkahi|papuri)\b",
        r"(?:苦情|提案|お褒め).*(?:苦情|提案|お褒め)",
        r"\b(?:queja|sugerencia|elogio)\b.*\bo\b.*\b(?:queja|sugerencia|elogio)\b",
    ),
}
_PARTS: Mapping[Topic, re.Pattern[str]] = {
    "location": _cue(
        r"\bwhere\b|\blocations?\b|\baddress\b|\blandmark\b|(?<!take )(?<!took )\bplace\b",
        r"\b(?:what|which) (?:street|part|area|corner|barangay|road|spot|neighbou?rhood)\b",
        r"\bn?asaan\b|\bsaan\b|\blokasyon\b|\blugar\b|\b(?:anong|aling) kalye\b",
        r"どこ|場所|住所|何丁目|どの(?:通り|辺|あたり)",
        r"\bdonde\b|\bdireccion\b|\bubicacion\b|\b(?:que|cual) calle\b",
    ),
    "date": _cue(
        r"^(?:\w+ ){0,3}when\b|\b(?:what|which) (?:date|day|time)\b|\bdate\b|\bhow long ago\b",
        r"\bwhen (?:did|was|were|is|does|do|has|have|exactly|(?:it|this|that) happened)\b",
        r"\bkailan\b|\banong (?:oras|araw|petsa)\b|\bpetsa\b",
        r"いつ|何時|日時|何日|日付",
        r"\bcuando\b|\bque (?:dia|fecha|hora)\b|\bfecha\b",
    ),
    "name": _cue(
        r"\byour\b[^,;]{0,20}\bname\b|\b(?:what|which|a|under what) name\b(?! of)",
        r"\bwho (?:am i|is) (?:speaking|talking|writing|reporting)\b|\bname yourself\b",
        r"\bpangalan\b(?! ng\b)",
        r"お名前|御名前|氏名",
        r"\b(?:su|tu) nombre\b|\bcomo se llama\b|\bcomo te llamas\b",
    ),
    "person": _cue(
        r"\bwho\b(?! (?:am i|is (?:speaking|talking|writing|reporting))\b)|\blook(?:ed|s)? like\b",
        r"\bdescribe (?:him|her|them|the (?:person|man|woman|driver|people|owner|suspect))\b",
        r"\banyone (?:else )?involved\b|\b(?:person|people) involved\b|\bsuspect\b",
        r"\bsino\b|\bhitsura\b|\btaong\b",
        r"誰|だれ|どんな人|どのような(?:人|方)|人物|特徴",
        r"\bquien(?:es)?\b|\bpersonas?\b",
    ),
    "what": _cue(
        r"\bwhat (?:happened|exactly|kind|sort|type|did you|would you|do you|are you)\b",
        r"\bwhat(?:'s| is) (?:it|this|that|happening|wrong|going|the (?:problem|matter|issue))\b",
        r"\bwhat was (?:stolen|lost|taken|damaged)\b",
        r"\bdescribe (?:it|this|the (?:problem|issue|incident|damage|item)|what)\b",
        r"\bmore (?:detail|about|information)\b|\btell me (?:more|what)\b",
        r"\bano\b.*\b(?:nangyari|problema|ire-?report|gusto|sasabihin|maitutulong)\b",
        r"何が|何を|どのような|どうし(?:ました|たので)|詳しく|状況|内容",
        r"\bque (?:paso|ha pasado|ocurrio|sucedio|pasa|ocurre|desea|quiere|tipo)\b",
        r"\bdescrib(?:a|ir)\b",
    ),
}
_WHETHER = _cue(
    r"^(?:and |so |also |but )*(?:is|are|was|were|do|does|did|has|have|had|can|could|would|will)\b",
    r"\b(?:po )?ba\b",
    r"^(?!.*(?:何|誰|だれ|どこ|どの|どう|いつ|いくつ)).*(?:ます|です|ました|でした)か",
)
