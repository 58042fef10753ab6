"""The place that a resident names, in their own words: streets, landmarks, lots, Japanese places."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from townhall.clerk.spelling import is_known_word
from townhall.clerk.text import fold, has_cjk

_STREET = (
    r"(?:street|st|str|road|rd|avenue|ave|av|lane|ln|drive|dr|boulevard|blvd|highway|hwy|expressway|"
    r"freeway|way|close|court|crescent|cres|square|sq|alley|row|terrace|place|circle|loop|extension|ext|"
    r"subdivision|subd|village|heights|estates?|gardens?|green|hill|quay|walk|path|trail|parkway|pkwy|"
    r"bypass|route|interior|kalye|eskinita)\b"
)
_LANDMARK = (
    r"(?:park|bridge|footbridge|overpass|underpass|tunnel|market|mall|plaza|school|kindergarten|daycare|"
    r"college|university|church|chapel|mosque|temple|cathedral|hospital|clinic|health cent(?:er|re)|pharmacy|"
    r"station|terminal|stop|pier|port|wharf|landing|jetty|dock|library|museum|theatre|theater|cinema|stadium|"
    r"gym|court|courts|pool|playground|skatepark|field|oval|arena|cockpit|cemetery|hall|city hall|"
    r"town hall|municipal hall|capitol|annex|building|tower|towers|apartments?|condo(?:minium)?|flats?|house|"
    r"hotel|inn|restaurant|cafe|canteen|bakery|store|shop|supermarket|grocery|carinderia|bank|atm|office|"
    r"gas station|petrol station|garage|parking lot|car park|parking|lot|warehouse|factory|plant|mill|"
    r"river|riverbank|riverside|creek|canal|lake|beach|dam|gate|corner|intersection|junction|crossing|"
    r"roundabout|rotonda|crosswalk|sidewalk|footpath|square|block|phase|lot|unit|purok|sitio|barangay|brgy|bgy|"
    r"zone|district|neighbou?rhood|compound|fountain|statue|monument|jollibee|mcdonald'?s|7-?eleven|tennis|"
    r"basketball|salon|barber|tailor|dentist|pawnshop|laundry|laundromat|bar|pub|club|karaoke|farm|pond|"
    r"bus|jeepney|jeep|train|taxi|ferry|tricycle|shelter|wall|fence|floor|stairs|steps|side|bench|footbridge|elementary|academy|institute|resort|eaves|pavilion|boardwalk|embankment|weir|silo|shed|boathouse|boat|motel|dorm|dormitory|residence|mansion|villas?|homes|palace|cockpit arena|site|post office|police station|fire station|waiting shed|stairwell|alley|entrance|exit|"
    r"driveway|yard|backyard|roof|platform|kanto|palengke|simbahan|eskwelahan|paaralan|tulay|ilog|plasa|"
    r"munisipyo|ospital|sementeryo|parke|tindahan|iskwelahan|calle|avenida|plazuela|paseo|camino|carretera|"
    r"puente|mercado|iglesia|escuela|parque|esquina|barrio|colonia|estación|terminal|biblioteca|hospital|"
    r"colegio|ayuntamiento|farmacia|tienda|gasolinera|jardín|cancha|centro comercial)"
)
_PREPOSITION = (
    r"(?:right |just |directly |straight |somewhere |further |all along |all over |out )?"
    r"(?:in front of|at the front of|at the back of|at the end of|at the top of|at the bottom of|"
    r"at the foot of|at the entrance of|at the entrance to|on the corner of|at the corner of|corner of|"
    r"the corner of|on top of|on the side of|by the side of|across the street from|across the road from|"
    r"across from|across|opposite|next door to|next to|close to|closest to|near to|nearby|near|beside|"
    r"behind|outside of|outside|inside of|inside|under|underneath|below|beneath|above|between|along|"
    r"alongside|around|towards?|past|by|at|on|in|off|of|to|from|over|into|through|within|@|"
    r"sa harap ng|sa tapat ng|sa may|sa likod ng|sa tabi ng|sa loob ng|sa labas ng|malapit sa|"
    r"harap ng|tapat ng|tabi ng|likod ng|dito sa|diyan sa|doon sa|papunta sa|mula sa|sa|"
    r"en frente de|enfrente de|enfrente del|frente al|frente a la|frente a|al lado del|al lado de|"
    r"cerca del|cerca de|detrás del|detrás de|delante del|delante de|junto al|junto a|en la esquina de|"
    r"esquina de|entre|sobre|bajo|debajo de|dentro de|fuera de|por|en el|en la|en los|en las|en)"
)
# A place ends before these words; they begin another thought.
_STOP = (
    r"(?:is|are|was|were|be|been|has|have|had|hasn'?t|haven'?t|isn'?t|wasn'?t|aren'?t|won'?t|doesn'?t|"
    r"does|do|did|didn'?t|can|can'?t|could|will|would|should|might|may|must|keeps?|keep|got|gets?|"
    r"since|yesterday|today|tonight|tomorrow|last (?:night|week|month|monday|tuesday|wednesday|thursday|"
    r"friday|saturday|sunday|year|evening)|this (?:morning|afternoon|evening|week|month|noon)|every|each|"
    r"again|because|becaause|that|which|who|whose|when|while|where|after|before|until|till|if|so|as|"
    r"but|not|however|please|pls|plz|with|without|about|for|right now|now|just now|still|always|already|also|too|there|it|its|"
    r"i|i'?m|i'?ve|we|we'?re|he|she|they|you|my name|this is|near(?= midnight)|"
    r"going|coming|looks?|smells?|stuck|broken|blocked|stinks?|needs?|lying|hanging|leaking|burning|"
    r"flooded|overflowing|kahapon|kanina|kagabi|ngayon|ngayong|simula|noong|nung|pero|kasi|dahil|at hindi|"
    r"na|po|ay|mula|pa|ayer|hoy|anoche|esta|este|desde|está|están|que|porque|hace|pero|no|se|hay|"
    r"(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?|"
    r"(?:at|around|about|since|from|between|like) (?:around |about )?\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]\.?m|o'?clock)|"
    r"around (?:lunch|noon|dinner|breakfast|midnight|\d)|(?:at|around|about) (?:noon|midnight|night|half past|quarter)|an hour|a few|\d+ (?:hours?|days?|weeks?|months?|minutes?|years?))\b"
)
_WORD = r"[^\W_][^\s,.!?;:()\"“”—–]*"
_NUMBERED = re.compile(
    rf"\b(?:no\.? ?|number |unit |#)?\d+[a-z]?(?:-\d+)?,? (?:(?!(?:and|or|every|i|is|was|are|years?|days?|in|on|at|of|the|to|times?|people|men|cars|big|small|meters?|metres?)\b){_WORD} ){{1,4}}?{_STREET}\.?",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    rf"^(?:,? (?:{_PREPOSITION}|and|cor\.?|corner(?: of)?|kanto ng|y|esquina(?: con)?)\s|,\s*(?=(?:{_WORD} ){{0,3}}(?:{_STREET}|{_LANDMARK}\b)|[A-Z]))",
    re.IGNORECASE,
)
_STREET_NAME = re.compile(
    rf"(?:\b\d+[A-Za-z]?(?:-\d+)? )?\b(?:[A-Z][\w'’.\-]*|\d+(?:st|nd|rd|th))(?: (?:[A-Z][\w'’.\-]*|de|del|la|los|of|the)){{0,4}} (?i:{_STREET})"
)
_LANDMARK_NAME = re.compile(
    rf"\b(?!(?:The|My|Our|A|An|This|In|At|On|Near|From|Please|Hi|Hello|And|But)\b)[A-Z][\w'’\-]*(?: [A-Z][\w'’\-]*){{0,3}} (?=[A-Z])(?i:{_LANDMARK})(?: [A-Z][\w'’]*)?\b"
)
_LOTS = re.compile(
    r"\b(?:(?:unit|lot|block|blk|bldg|building|phase|zone|room|flat|apt\.?|apartment)\s+#?(?-i:[A-Z]?\d[\w\-]*|[A-Z]\b)|(?:purok|sitio|barangay|brgy\.?|bgy\.?)\s+(?!ang|ng|na|po|namin|natin|captain|hall|clearance|tanod|officials?|health|kagawad|is|has|and|the)(?:(?:san|santa|santo|sta\.?|sto\.?|new|old|upper|lower|poblacion) )?[^\W_][\w'’\-]*(?: (?-i:[A-Z][\w]+))?)",
    re.IGNORECASE,
)
_OF = r"(?:(?:de|del|la|las|los|el|y|con)\s+)*"
_CAPITAL = r"(?-i:[A-ZÁÉÍÓÚÑ0-9][\w'’\-]*)"
_ES_STREET = re.compile(
    rf"\b(?:(?:calle|avenida|av\.|rue|kalye)\s+{_OF}[^\W_][\w'’\-]*|"
    rf"(?:via|rua|piazza|plaza|paseo|camino|carretera|barrio|colonia|puente|parque|esquina|calzada)\s+{_OF}{_CAPITAL})"
    rf"(?:\s+{_OF}{_CAPITAL})*",
    re.IGNORECASE,
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|AM|PM|Ene|Abr|Ago|Dic)"
# A house number before a name, whatever the street is called: "33 Willow Bend".
_ADDRESS = re.compile(
    rf"(?:(?:^|[,;]|\b(?:at|in|near|by|outside|sa|en|of|no\.|number|is|it's))\s*)(?P<place>\d{{1,4}}[A-Za-z]?,? (?!{_MONTH})[A-Z][a-zñ]+(?: [A-Z][a-zñ]+){{0,2}})\b"
)
_JA = re.compile(
    r"[^\s、。,.!?！？「」はがをにでとものへ]*(?:[^\s、。,.!?！？「」はがをにで]{0,20}?)"
    r"(?:駅前|駅|通り沿い|通り|交差点|公園|橋|小学校|中学校|高校|大学|学校|病院|図書館|商店街|市役所|役場|広場|神社|寺|"
    r"丁目(?:\d+番地?)?|番地|町|村|区|前|横|隣|裏|近く|付近|そば|角|駐車場|スーパー|コンビニ|ホテル|マンション|アパート|川|海岸|港|バス停|"
    r"乗り場|ベンチ|トイレ|階段|玄関|建物|アーケード|広場|堤防|河川敷|ビル|モール|市場|プール|体育館|道路|歩道)(?:の?(?:前|横|隣|裏|近く|付近|そば|角|入口|出口|中|向かい|南口|北口|東口|西口))*"
)
_JA_NOISE = re.compile(
    r"^(?:.*(?:なく|なくて)(?=.))?(?:実は|あの|いや|すみません)?(?:昨日|今日|今朝|昨夜|昨晩|一昨日|さっき|先ほど)?(?:の)?(?:夜|朝|昼|夕方|午前|午後)?(?:\d+時(?:半|\d+分)?)?(?:ごろ|頃)?(?:に|、|の|から)?"
)
_NOT_A_PLACE = re.compile(
    r"^(?:the |my |our |his |her |their |your |a |an |this |that |all |some |any )?(?:night|morning|afternoon|evening|day|"
    r"time|moment|noon|midnight|least|all|once|first|last|least|way|area here|same time|advance|"
    r"me|us|him|her|it|them|you|everyone|people|someone|mine|everybody|kids|children|"
    r"purpose|fire|red|green|yellow|hold|foot|weekdays?|weekends?|top|case|order|general|"
    r"life|mind|car|truck|van|head|face|leg|arm|calf|hand|chest|ankles?|knees?|hoodie|cap|shirt|jacket|"
    r"row|rain|storm|dark|sun|heat|rush hour|danger|trouble|pain|english|total|"
    r"report|town|city|website|app|chat|internet|phone|facebook|online|today|yesterday|tonight|"
    r"months?|weeks?|years?|hours?|minutes?|days?|while|fact|question|feedback|suggestion|complaint|"
    r"january|february|march|april|may|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|noise|smell|music|work|fun|"
    r"name|line|queue|opinion|future|past|clock|outside|others?|ones?|rest)s?\b(?! (?:of|street|st|road|ave))",
    re.IGNORECASE,
)
# From this score on a place has a name, a number or a landmark.
NAMED = 0.5
# Places that say little by themselves; another one is preferred.
_GENERIC = re.compile(
    r"(?i)(?:go round |round |up |down |out )?(?:by |on |in |at |inside |between |under |of |to |from |over |along )?(?:the |a |an |our |my |his |her |their |this |that |some |one |two |three |four |several )?"
    r"(?:(?:same|other|next|left|right|front|back|whole|entire|busy|main|dark|narrow|old|new|nearby|side|inside|outside|empty|vacant|middle|big|small|footpath) )?(?:road|street|sidewalk|lane|floors?|side|houses?|roofs?|walls?|gate|corner|building|line|entrance|exit|bus|office|school|store|shop|lot|yard|driveway|stairs|steps|cars?|homes?|site|walk|path|bench|shelter|boat|bar|block|room|unit|calle|casa)"
)
_JA_NOT = re.compile(
    r"(?:[日時分年月間]|以|名|この|その)前$|^(?:この|その|あの)?(?:町|道路|前|横|区|村)$"
)
_DANGLING = re.compile(
    r"\s+(?:r|n|u|and|around|about|at|on|in|by|the|a|an|of|to|from|mga|na|kaninang|y|de|po|near|like|past)$",
    re.IGNORECASE,
)
_MORE_NAME = re.compile(r",\s*(?:[A-Z][\w'’\-]+)(?:\s[A-Z][\w'’\-]+){0,3}(?=\s*(?:[.;!]|$))")
_PREPOSED = re.compile(rf"(?<![\w'’-])(?P<prep>{_PREPOSITION})\s+(?=\S)", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?:[A-Z]\.|(?:st|ave|rd|blvd|brgy|bgy|dr|mr|mrs|sto|sta)\.(?=\s)|(?!{_STOP}){_WORD})",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Place:
    """A place as written, where it stands in the text, and how sure it is one.

    `core` is where the place proper begins: in "the swings in Ferry Park", at the park.
    """

    text: str
    start: int
    end: int
    score: float
    core: int = -1

    @property
    def span(self) -> tuple[int, int]:
        """Where the place proper stands."""
        return (self.core if self.core >= 0 else self.start, self.end)


def places_in(text: str, skip: Iterable[tuple[int, int]] = ()) -> list[Place]:
    """Return every place named in `text`, in order; `skip`: stretches that are no place, as days."""
    for start, end in skip:
        text = text[:start] + ";" * (end - start) + text[end:]
    if has_cjk(text):
        return _japanese(text)
    candidates = _preposed(text) + _named(text)
    merged: list[Place] = []
    for place in sorted(candidates, key=lambda each: (each.start, -each.end)):
        if merged and place.start <= merged[-1].end + 2 and _joins(text, merged[-1], place):
            end = max(place.end, merged[-1].end)
            score = max(place.score, merged[-1].score) + 0.3
            start = merged[-1].start
            merged[-1] = Place(text[start:end], start, end, score)
        elif not merged or place.start >= merged[-1].end:
            merged.append(place)
    finished = [_finished(text, each) for each in merged if each.score >= NAMED]
    return [
        replace(each, score=0.4) if _GENERIC.fullmatch(each.text) else each for each in finished
    ]


def _finished(text: str, place: Place) -> Place:
    """Take off a word that hangs on, and add the name of the estate after a lot."""
    end = place.end
    if _LOTS.search(place.text) and (more := _MORE_NAME.match(text, end)):
        end = more.end()
    while dangling := _DANGLING.search(text, place.start, end):
        end = dangling.start()
    return Place(
        text[place.start : end].strip(" ,"), place.start, end, place.score, _core(text, place)
    )


def _core(text: str, place: Place) -> int:
    """Return where a name or landmark begins, after the things that are only in front of it."""
    for match in _PREPOSED.finditer(text, place.start, place.end):
        before = text[place.start : match.start()]
        if before.strip() and _score(before) == 0 and not re.search(r"(?:[A-Z]|\d)", before):
            return match.end()
        if before.strip():
            break
    return place.start


def _joins(text: str, before: Place, place: Place) -> bool:
    between = text[before.end : place.start]
    return place.start < before.end or fold(between.strip()) in (
        "",
        ",",
        "of",
        "to",
        "at",
        "on",
        "in",
    )


def _preposed(text: str) -> list[Place]:
    found = []
    for match in _PREPOSED.finditer(text):
        end = _noun_end(text, match.end(), fold(match.group("prep")))
        body = text[match.end() : end].strip(" ,'’-")
        refused = _NOT_A_PLACE.match(body)
        if not body or (refused and _score(body[refused.end() :]) == 0):
            continue
        prep = fold(match.group("prep"))
        score = _score(body) + _lead(prep, body)
        if prep in ("of", "to") and not re.search(
            rf"\b(?:{_STREET}|{_LANDMARK}\b)", body, re.IGNORECASE
        ):
            continue
        start = match.start() if _is_telling(match.group("prep")) else match.end()
        found.append(
            Place(
                text[start : match.end() + len(body)].strip(), start, match.end() + len(body), score
            )
        )
    return found


def _lead(preposition: str, body: str) -> float:
    """Return what the preposition adds; a word that is in no dictionary is probably a name."""
    if preposition in ("of", "to"):
        return -0.15
    name = re.match(r"(?:the )?([a-z]{4,})\b", body)
    unknown = name is not None and not is_known_word(name.group(1))
    return (0.15 if len(preposition) > 3 else 0.0) + (0.5 if unknown else 0.0)


def _is_telling(preposition: str) -> bool:
    """Whether the preposition says more than "there": "behind", but not "at"."""
    return fold(preposition) not in (
        "at", "on", "in", "@", "from", "sa", "en", "en el", "en la", "dito sa", "by", "into", "off",
        "of", "to", "around", "over", "through", "past", "across", "within", "por", "en los", "en las",
    )  # fmt: skip


def _noun_end(text: str, start: int, preposition: str) -> int:
    """Return where the place that begins at `start` ends: at a verb, a time or a comma."""
    here = start
    previous = ""
    joined = False
    for _ in range(9):
        match = _TAIL.match(text, here)
        if match is None or _ends_after(previous, match.group()):
            break
        word = fold(match.group())
        if word in ("and", "y", "n", "to", "hanggang"):
            if joined or not _and_continues(text, match.end(), preposition, word):
                break
            joined = True
        here = match.end()
        previous = word
        gap = re.match(r"\s+", text[here:])
        if gap is None:
            break
        here += gap.end()
    return len(text[:here].rstrip())


_VERBS = frozenset(
    "just grabbed robbed took stole me nos le snatched ran went came asked told said keep keeps threw "
    "dumped hit fell broke smashed collapsed jumped stopped started".split()
)


def _ends_after(previous: str, word: str) -> bool:
    """Whether `word` goes on with something else: "Laurel Street lets", "Ferry Park hangs"."""
    if not word[0].islower() or re.fullmatch(
        f"{_PREPOSITION}|{_LANDMARK}s?|and|y|n|corner|cor", word
    ):
        return False
    if re.fullmatch(_STREET, previous) or word in _VERBS:
        return True
    return bool(re.fullmatch(_LANDMARK, previous) and re.search(r"(?:s|ed|ing|y)$", word))


def _and_continues(text: str, at: int, preposition: str, word: str) -> bool:
    """Whether "and" joins two streets, as in "corner of Luna and Hidalgo"."""
    if word in ("to", "hanggang"):
        goes = re.match(rf"\s+(?:the )?(?:[A-Z]|{_LANDMARK}\b)", text[at:]) is not None
        return goes or preposition in ("from", "between", "mula sa", "closest", "close")
    following = text[at:].lstrip()
    if preposition.endswith(("corner of", "esquina de")) or preposition in ("between", "entre"):
        return True
    if word == "n":
        return True
    return bool(
        re.match(
            rf"[A-Z][\w'’\-]*(?!\s+(?:was|is|has|said|told))|(?!the |a |an |my |our )(?:{_WORD} ){{1,2}}{_STREET}",
            following,
        )
    )


def _score(body: str) -> float:
    score = 0.0
    if re.match(
        r"(?i)(?:\w+ )?(?:building|parking|school|bus|house|business|fence|market|upload|barangay) (?:permit|code|ticket|fees?|schedule|supplies|rules|clearance|boy|kids?|bag)",
        body,
    ):
        return score
    if re.search(rf"\b{_STREET}", body, re.IGNORECASE):
        score += 1.0
    if re.search(rf"\b{_LANDMARK}s?\b", body, re.IGNORECASE):
        score += 0.7
    if re.search(r"(?<![.!?]\s)\b[A-ZÁÉÍÓÚÑ][\w'’]+", body):
        score += 0.6
    if re.search(r"\b(?:number|no\.?|house|#) ?\d+", body, re.IGNORECASE):
        score += 0.5
    elif re.search(r"\b\d+[A-Za-z]?\b", body):
        score += 0.2
    return score


def _named(text: str) -> list[Place]:
    found = []
    for pattern, score in (
        (_STREET_NAME, 1.4),
        (_NUMBERED, 1.3),
        (_LOTS, 1.0),
        (_LANDMARK_NAME, 1.0),
        (_ES_STREET, 1.2),
    ):
        found += [
            Place(
                match.group().rstrip(" ."),
                match.start(),
                match.start() + len(match.group().rstrip(" .")),
                score,
            )
            for match in pattern.finditer(text)
        ]
    found += [
        Place(match.group("place"), match.start("place"), match.end("place"), 1.1)
        for match in _ADDRESS.finditer(text)
    ]
    return found


def _score_japanese(body: str) -> float:
    # A street or station says more than "the flat".
    named = 0.9 if re.search(r"通り|丁目|番地|駅|町|区|\d", body) else 0.0
    return 0.6 + named + 0.05 * len(body)


def _japanese(text: str) -> list[Place]:
    found = []
    for match in _JA.finditer(text):
        noise = _JA_NOISE.match(match.group())
        skip = noise.end() if noise else 0
        body = match.group()[skip:]
        if len(body) >= 2 and not _JA_NOT.search(body):
            found.append(Place(body, match.start() + skip, match.end(), _score_japanese(body)))
    return found
