"""Who is who: the resident's own name, and the persons they speak of. Words stay as written."""

import re

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold, sentences

_PART = r"(?:(?:[A-Z]|Ma|Vda|Jr|Sr|Sta|Sto)\.|[A-ZÀ-ÖØ-Þ][\w'’\-]*(?: (?:Jr|Sr)\.)?)"
_PARTICLE = r"(?:de|del|dela|la|las|los|da|dos|van|von|der|bin|binti|ibn|al|y|e|vda\.?|ter)"
_NAME = rf"{_PART}(?: (?:{_PARTICLE} )*{_PART}){{0,4}}"
_LOOSE = r"[^\W\d_][\w'’\-]*(?: (?!(?:and|y|at|here|from|by|i|it|is|but|po|who|the|nothing|thats?|my|in|of|for|please|thank|thanks)\b)(?:[^\W\d_]\.|(?i:vda|ma|sta|sto)\.|[^\W\d_][\w'’\-]*)){0,4}(?: (?i:jr|sr)\.)?"
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mister|Dr|Engr|Atty|Capt|Sgt|Aling|Mang|Kuya|Ate|Manong|Manang|Tita|Tito|Sir|Señora?)\.?"
_RELATION = (
    r"(?:son|daughter|child|mother|father|mom|mum|dad|wife|husband|brother|sister|grandson|granddaughter|"
    r"grandmother|grandfather|grandma|grandpa|lola|lolo|aunt|uncle|cousin|nephew|niece|neighbou?r|friend|"
    r"caregiver|nanay|tatay|anak|kapatid|asawa|apo|ex-husband|ex-wife|boyfriend|girlfriend|landlord|boss|"
    r"classmate|roommate|housemate|tenant|student|baby)"
)
# With these words before it, a name is the resident's even in small letters.
_CERTAIN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:my (?:full |real )?name(?: is|'s|’s|s)|(?:the |and )?name(?: is|'s|’s|:)|call me|signed,?(?: by)?|"
        rf"reporter(?: is|'s name is|:)|reported by|mi nombre es|me llamo|ang pangalan ko(?: po)?(?: ay)?(?: si)?|"
        rf"pangalan ko(?: po)?(?: ay)?(?: si)?|ang ngalan ko(?: po)? ay|ako(?: po)?(?: nga)?(?: po)? si)\s*,?\s*(?P<name>{_LOOSE})",
        rf"\b(?:write|put|use|add|note) (?:down )?(?P<name>{_LOOSE}) as (?:the |my )?(?:reporter|name)",
        rf"\b(?:put|add|use|write|include) my name(?: on it| on that| there| too| in| down| as)?,?:? +(?P<name>(?-i:{_NAME}))",
    )
)
_CAPITALISED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:[Tt]his is|[Ii]t'?s|[Hh]ere is)(?: (?:her|his|their|the|your|a|an|my))?(?: {_RELATION})?,? (?P<name>{_NAME})(?=\s*(?:[.,!—–-]|$|from\b|of\b|here\b|speaking\b|and\b|at\b))",
        rf"\b(?:I'm|I’m|I am|i'm|i am|(?:(?<=^)|(?<=[.,!?] ))im|Soy|soy|[Aa]ko(?: po)? ang|[Aa]ko po)(?: (?:her|his|their|the|su|el|la|kanyang|kaniyang) [a-zñáéíóú]+)?,? (?P<name>{_NAME})",
        rf"\b(?P<name>{_NAME}) (?:here|speaking|po ito|is my name|(?:po )?(?:ang )?(?:pangalan|ngalan) ko|reporting|es mi nombre)\b",
        rf"(?:[—–]|\s--?)\s*(?P<name>{_NAME})\s*[.!]?\s*$",
        rf"\b(?:[Tt]hank you|[Tt]hanks|THANKS|[Rr]egards|[Ss]incerely|[Yy]ours(?: truly)?|[Ss]alamat(?: po)?|[Gg]racias|[Aa]tentamente|[Cc]heers|[Rr]espectfully)(?: [a-z]+){{0,3}}\s*[,.!\n—–-]+\s*(?P<name>{_NAME})\s*[.!]?\s*$",
        rf"(?:\d{{3}}|[Tt]hanks|[Tt]hank you|[Pp]lease|po)\s*,\s*(?P<name>{_PART}(?: (?:{_PARTICLE} )*{_PART}){{1,4}})\s*[.!]?\s*$",
        rf"(?:^|[.!?\n;])\s*[Ff]rom:? (?P<name>{_NAME})\s*[.!]?\s*$",
        rf"(?:^|[.!?\n;])\s*(?:{_TITLES} )?(?P<name>{_PART}(?: (?:{_PARTICLE} )*{_PART}){{1,4}})\s*(?:,[^.,!?]{{0,40}})?(?:[.!]|$)",
        rf"^(?P<name>{_PART})\. Just (?P=name)\b",
        r"[.!?\n]\s*(?P<name>[a-zñ]{2,}(?: [a-zñ]{2,}){1,3} (?:jr|sr|iii)\.?)\s*$",
    )
)
_JAPANESE = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:^|[。、.\s])(?:私は|名前は|わたしは)?(?P<name>[\u3400-\u9fff々ァ-ヶー・ぁ-ん\s]{2,14}?)と(?:申します|申す|言います|いいます)",
        r"(?:私は|名前は|氏名は|報告者は)(?P<name>[\u3400-\u9fff々ァ-ヶー・]{2,14})(?:です|。|$)",
        r"(?:^|[。、\s])(?P<name>[\u3400-\u9fff々]{1,4}\s?[\u3400-\u9fff々ァ-ヶー]{1,5})です[。.]?\s*$",
    )
)
_JA_PLACE = re.compile(
    r"公園|駅|通り|町|市|区|前|橋|学校|病院|以上|それ|です|ます|お願|図書館|場|階|丁目|番地|財布|電話"
)
_NO_NAMES = frozenset(
    [
        "anonymous",
        "yes",
        "no",
        "ok",
        "okay",
        "thanks",
        "thank",
        "hello",
        "hi",
        "good",
        "morning",
        "sorry",
        "please",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "today",
        "yesterday",
        "tonight",
        "street",
        "st",
        "road",
        "avenue",
        "lane",
        "filipino",
        "american",
        "spanish",
        "japanese",
        "christmas",
        "happy",
        "the",
        "a",
        "an",
        "not",
        "very",
        "so",
        "just",
        "also",
        "really",
        "happening",
        "in",
        "at",
        "on",
        "there",
        "here",
        "still",
        "done",
        "sure",
        "that",
        "this",
        "it",
        "they",
        "we",
        "he",
        "she",
        "you",
        "my",
        "our",
        "his",
        "her",
        "god",
        "bless",
        "your",
        "town",
        "hall",
        "opo",
        "po",
        "salamat",
        "pls",
        "asap",
        "help",
        "urgent",
        "barangay",
        "purok",
        "brgy",
        "sitio",
        "block",
        "lot",
        "phase",
        "unit",
        "feedback",
        "report",
        "suggestion",
        "complaint",
        "praise",
        "new",
        "nothing",
        "everything",
        "all",
        "great",
        "nice",
        "love",
        "bravo",
        "signed",
        "mr",
        "mrs",
        "ms",
        "city",
        "mayor",
        "dear",
        "sir",
        "madam",
        "if",
        "when",
        "what",
        "where",
        "who",
        "why",
        "how",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "one",
        "two",
        "three",
        "four",
        "five",
        "someone",
        "somebody",
        "people",
        "every",
        "each",
        "several",
        "many",
        "some",
        "no-one",
        "nobody",
        "both",
        "either",
        "mine",
        "mga",
        "ang",
        "sa",
        "na",
        "ng",
        "may",
        "wala",
        "hindi",
        "bakit",
        "paano",
        "saan",
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "hay",
        "no",
        "gracias",
        "hola",
        "buenos",
        "buenas",
        "por",
        "favor",
    ]
)
_NUMBER_WORD = re.compile(r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)\b")
_PHRASE_WORDS = frozenset(
    [
        "i",
        "i'd",
        "id",
        "i'm",
        "im",
        "not",
        "to",
        "that",
        "thats",
        "that's",
        "is",
        "it",
        "its",
        "it's",
        "rather",
        "prefer",
        "want",
        "skip",
        "none",
        "nothing",
        "right",
        "correct",
        "fine",
        "file",
        "go",
        "ahead",
        "all",
        "done",
        "my",
        "name",
        "give",
        "don't",
        "dont",
        "keep",
        "private",
        "secret",
        "send",
        "submit",
        "wala",
        "ayoko",
        "huwag",
        "wag",
        "ayaw",
        "prefiero",
        "quiero",
        "decir",
        "later",
        "pass",
        "nope",
        "nah",
        "yep",
        "yeah",
        "yup",
        "yea",
        "perfect",
        "exactly",
        "good",
        "cool",
        "great",
        "never",
        "mind",
        "forget",
        "nevermind",
        "cancel",
        "stop",
    ]
)
_PLACE_WORD = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|park|plaza|school|market|bridge|mall|church|station|court|"
    r"barangay|brgy|purok|sitio|highway|drive|village|tower|building|hall|library|hospital|river|way|"
    r"square|block|terminal|center|centre|apartments?|calle|kalye|boulevard|blvd|close|subdivision)\b",
    re.IGNORECASE,
)
_PERSON = (
    r"(?:man|men|guys?|woman|women|lad(?:y|ies)|boys?|girls?|teenagers?|teens?|kids?|youths?|persons?|drivers?|"
    r"riders?|neighbou?rs?|vendors?|thie(?:f|ves)|burglars?|snatchers?|strangers?|suspects?|ex-husband|"
    r"ex-wife|ex-boyfriend|ex|husband|wife|boyfriend|landlord|tenants?|gang|students?|workers?|officers?|policem[ae]n|collector|"
    r"official|inspector|owner|occupant|dealer|drunkard|fellow|dude|gentleman|child|toddler|baby|"
    r"couple|clerk|guards?|lalaki|lalake|babae|binata|kabataan|tambay|kapitbahay|matanda|bata|"
    r"hombres?|mujer(?:es)?|chic[oa]s?|joven(?:es)?|tipos?|vecin[oa]s?|muchach[oa]s?|señora?(?:es)?|"
    r"individuos?|ladr(?:ón|ones)|niñ[oa]s?|(?:someone|somebody|people)(?= (?:in an?|with an?|wearing)\b))"
)
_DESCRIBES = r"(?:in|with|wearing|dressed|carrying|holding|driving|riding|on a|named|called|of about|about|around|aged|from|sa|na naka|nakasuot|con|de|vestido|at)"
_VERB = (
    r"(?:is|are|was|were|has|have|had|cut|stole|took|takes?|grabbed|broke|smashed|kicked|threw|dumped|"
    r"backed|ran|got|came|comes|went|sold|selling|tipped|drove|entered|jumped|punched|hit|hits|pushed|"
    r"threatened|asked|asks|said|says|told|tried|keeps?|snatched|attacked|followed|pointed|spray|sprayed|"
    r"painted|slashed|who|that|which|and then|because|last night|yesterday|this morning|today|since|every)\b"
)
_DESCRIPTION = re.compile(
    rf"\b(?:(?:an?|the|two|three|four|some|this|that|my|our|one|another|several|\d+|un|una|dos|tres|dalawang|tatlong|isang|mga|el|la|los|las)\s+)?"
    rf"(?:(?!{_VERB})[\w'’-]+,?\s+){{0,4}}?{_PERSON}\b"
    rf"(?:,?\s+{_DESCRIBES}\s+(?:(?!{_VERB})[\w'’-]+\s?){{1,8}})*"
    rf"(?:,\s*(?:neck tattoo|tattoo\w*|(?:(?!{_VERB})[\w'’-]+\s){{0,3}}(?:tattoo|hair|shirt|hoodie|cap|jacket|beard|glasses|tattoos|backpack|helmet)))*",
    re.IGNORECASE,
)
_LOOKS = re.compile(
    r"\b(?:he|she|they|one|the (?:person|man|guy|woman|thief|suspect|driver|other|boy|girl|kid|snatcher|lady)|his|her|siya|"
    r"isa|both)\b[^.!?]{0,30}?\b(?:wearing|wore|had|has|was in|were in|is in|tall|short|skinny|slim|thin|fat|stocky|bald|tattoo|"
    r"beard|hair|dressed|hoodie|jacket|shirt|cap|mask|helmet|naka\w+)\b[^.!?]*",
    re.IGNORECASE,
)
_NAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_TITLES} {_NAME}",
        rf"\b(?:[Mm]y|[Oo]ur|[Tt]he|[Hh]is|[Hh]er|[Aa]ng|[Ss]i) {_RELATION},? (?P<name>{_NAME})(?:,? (?:aged? )?\d{{1,3}}(?: years? old)?)?",
        rf"\b(?P<name>{_NAME}), (?:aged? )?\d{{1,3}}\b(?! [A-Z])(?: years? old| taong gulang| años)?",
        rf"(?<![Aa]ko )(?<!po )\b[Ss]i (?P<name>{_NAME})(?:, \d{{1,3}}[\w ]*)?",
        rf"\b[Ss]e llama (?P<name>(?:Don |Doña )?{_NAME})",
        rf"\b(?:named|called|a certain|one|nagngangalang|llamad[oa]|owner is|belongs to|suspect is|name of) (?P<name>{_NAME})",
    )
)
_JA_PERSON = re.compile(
    r"[^\s、。はがをに]{0,16}?(?:を着た|の|い)?(?:男性|女性|男の人|女の人|男|女|若者|少年|少女|老人|おじさん|隣人|店員|運転手)(?:[一二三四五\d]人)?"
)


def reporter_in(text: str) -> str | None:
    """Return the resident's own name if they give it in `text`."""
    for pattern in _CERTAIN:
        if (match := pattern.search(text)) and (name := _clean(match.group("name"))):
            return _whole(name, text[match.end() :])
    for pattern in _JAPANESE:
        if (match := pattern.search(text)) and not _JA_PLACE.search(match.group("name")):
            return match.group("name").strip()
    for pattern in _CAPITALISED:
        for match in pattern.finditer(text):
            name = _clean(match.group("name"))
            is_place = _PLACE_WORD.search(match.group("name"))
            if name and (not is_place or "rom:?" in pattern.pattern) and _fits_alone(name):
                return name
    return None


def _whole(name: str, rest: str) -> str:
    """Return the full name after "My name is Ana, Ana Abad"."""
    match = re.match(rf",? ({re.escape(name)} {_NAME})", rest)
    return match.group(1) if match else name


def name_from_answer(text: str) -> str | None:
    """Return the name in the answer to "What is your name?"; the answer may be the bare name."""
    if said := reporter_in(text):
        return said
    bare = re.sub(
        r"^(?:(?:yes|sure|ok|okay|opo|it'?s|it is|sí|si|はい)[,.\s]+)+|\s+(?:po|here|please|by the way)\b.*$|です.*$",
        "",
        text.split(",")[0].strip() if len(text.split(",")[0].split()) > 1 else text.strip(),
        flags=re.IGNORECASE,
    ).strip(" .!,。")
    if re.fullmatch(r"[\u3400-\u9fff々ァ-ヶー・\s]{2,14}", bare):
        return bare
    if re.fullmatch(
        r"[^\W\d_][\w'’.\-]*(?: [^\W\d_][\w'’.\-]*){0,4}", bare
    ) and not _PLACE_WORD.search(bare):
        name = _clean(bare)
        is_phrase = bare.islower() and any(fold(word) in _PHRASE_WORDS for word in bare.split())
        return None if is_phrase or name != _titled(bare) else name
    return None


def people_in(text: str, reporter: str | None) -> str | None:
    """Return the persons described or named in `text`, joined, without the reporter."""
    pieces: list[tuple[int, str]] = []
    for sentence in sentences(text):
        for match in _DESCRIPTION.finditer(sentence.text):
            if not re.fullmatch(
                r"(?i)(?:someone|somebody|people|kids|child|baby|bata|guard|clerk|owner)",
                match.group().strip(),
            ):
                pieces.append((sentence.start + match.start(), match.group()))
        pieces += [(sentence.start + m.start(), m.group()) for m in _LOOKS.finditer(sentence.text)]
        pieces += [
            (sentence.start + m.start(), m.group()) for m in _JA_PERSON.finditer(sentence.text)
        ]
    return _joined(pieces + _names(text, reporter), reporter)


def named_people_in(text: str, reporter: str | None) -> str | None:
    """Return only the persons with a name in `text`, without the reporter."""
    return _joined(_names(text, reporter), reporter)


def _names(text: str, reporter: str | None) -> list[tuple[int, str]]:
    found = []
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 12) : match.start()].rstrip().casefold()
            owned = re.search(r"['’]s(?: |$)", match.group()) is not None
            is_place = (
                owned
                or text[match.end() :].startswith(("'s", "’s"))
                or (pattern is _NAMED[0] and before.endswith((" of", " at", " near", " beside")))
            )
            if not is_place and (reporter is None or fold(reporter) not in fold(match.group())):
                found.append((match.start(), match.group()))
    return found


def _joined(pieces: list[tuple[int, str]], reporter: str | None) -> str | None:
    kept: list[tuple[int, str]] = []
    for start, piece in sorted(pieces, key=lambda each: -len(each[1])):
        clean = _from_article(piece.strip(" ,.;"))
        inside = any(begin <= start < begin + len(other) for begin, other in kept)
        if clean and not inside and (reporter is None or fold(reporter) not in fold(clean)):
            kept.append((start, clean))
    if not kept:
        return None
    return "; ".join(dict.fromkeys(piece for _, piece in sorted(kept)))[:300]


def _from_article(piece: str) -> str:
    """Cut what stands before the article: "I saw a man" is "a man"."""
    head = re.match(rf"(?i)(.*?)\b{_PERSON}\b", piece)
    if head is None:
        return piece
    articles = list(
        re.finditer(
            r"(?i)\b(?:an?|the|two|three|four|some|my|our|his|her|un|una|dos|isang|mga)\s",
            head.group(1),
        )
    )
    if articles:
        return piece[articles[-1].start() :]
    return re.sub(
        r"(?i)^(?:(?:i|we|saw|see|think|that|there|is|was|are|and|to|report|by)\s+)+", "", piece
    )


def _clean(name: str) -> str | None:
    """Return the name without what is not part of one; None if nothing is left."""
    parts = name.strip(" ,.").split()
    while parts and fold(parts[-1].strip(".,")) in _NO_NAMES:
        parts.pop()
    if parts and _NUMBER_WORD.match(fold(parts[0])):
        return None
    for index, part in enumerate(parts):
        if fold(part.strip(".,'")) in _NO_NAMES and fold(part) not in (
            "la",
            "los",
            "las",
            "el",
            "y",
        ):
            parts = parts[:index]
            break
    return _titled(" ".join(parts)) if parts else None


def _titled(name: str) -> str:
    """Return a name written all in small letters with capitals, another as it is."""
    if name != name.lower() or not name.isascii():
        return name
    small = {"de", "del", "dela", "la", "y", "van", "von", "der", "da"}
    return " ".join(part if part in small else part[:1].upper() + part[1:] for part in name.split())


def _fits_alone(name: str) -> bool:
    """Whether a capitalised word after "I'm" is a name and not "I'm Happy"."""
    first = name.split()[0]
    return len(name.split()) > 1 or first == first.capitalize() or not is_known_word(fold(first))
