"""How customers ask for a person, say yes and say no, in English and Korean: the patterns of
ui/desk/handoff.py.

All are for lower-case text. Korean wishes are searched in text without spaces, because customers space words
freely.
"""

import re
import unicodedata

# English: who, and how one asks for them

KIND = r"(?:(?:real|live|actual|human|proper|customer|support|service|care|sales|different|your|qualified|responsible)\s+)*"
WHO = (
    r"(?:humans?|human beings?|persons?|people|someone|somebody|anyone|agents?|representatives?|reps?|operators?|advis[oe]rs?|"
    r"manager|supervisor|staff|employees?|colleagues?|team|(?:customer )?(?:service|support|care))"
)
PERSON = rf"(?:(?:an?|the|some|any|one of|your|our)\s+)*{KIND}{WHO}\b(?!['-]| else| voice)"
SPEAK = r"(?:talk|speak|chat)(?: directly| now| right now| please)?"
TALK = rf"{SPEAK}(?: to| with)"
REAL = r"(?:an? |the |some )?(?:real |live |actual |human )*"
MACHINE = r"(?:(?:an?|the|this|your)\s+)?(?:chat ?bots?|bots?|robots?|machines?|computers?|ai)\b"
BEFORE = r"(?:(?:please|just|ok|yes|no|now|hi|hello|want to|need to|wanna|like to) )*"
AFTER = r"(?: being| agent| operator| person)?(?: please| now| instead| here| to (?:help|talk|speak|chat|answer|look|call)\b.*)*$"
AT_YOURS = r"(?: (?:from|in|at|of|on) (?:your|the) \w+)?(?: please)?"
DO = r"(?:help|assist|answer|take over|look at|call|contact|write to|get back to) (?:me|this|us|my)\b"
HAND_ON = (
    r"(?:connect|transfer|put|pass|hand|forward|switch|escalate|move) (?:me|us|this|it|my \w+)(?: on| over| through| back)* (?:to|with)"
)
ALONE = r"(?:human|human being|agent|person|representative|operator|customer service|live chat agent)(?: please| now| pls| plz)*$"
WISHES = re.compile(
    "|".join(
        [
            rf"\bi(?: really| just)? (?:want|need|would like|would prefer|would rather|wish|demand|have) (?:to )?{TALK} {PERSON}",
            rf"\bi(?: would|'d|d) (?:like to|prefer to|rather|love to) {TALK} {PERSON}",
            rf"\bi (?:wanna|gotta) {TALK} {PERSON}",
            rf"\b(?:can|could|may) i (?:please )?(?:{TALK}|get|have|reach) {PERSON}",
            rf"\blet me (?:please )?{TALK} {PERSON}",
            rf"\bhow (?:can|do) i (?:{TALK}|get to|reach) (?:an? |the )?(?:real |live |actual )?(?:human|person|agent|someone)\b",
            rf"^{BEFORE}{TALK} {PERSON}",
            rf"\b{HAND_ON} {PERSON}",
            rf"\b(?:get|give|find|send|fetch) me {PERSON}(?! \w+ (?:for|from))",
            rf"\b(?:want|need|would like|'d like|prefer|give me) {REAL}(?:human|person|agent|representative|operator){AFTER}",
            rf"\bis (?:there )?(?:{PERSON}) (?:here |there |around |available )?(?:that |who |whom )?i can {SPEAK}",
            rf"\b(?:can|could|would|will|have|let) {PERSON}{AT_YOURS} {DO}",
            rf"\b(?:not|don't|dont|stop|hate|tired of|instead of) (?:want to |wanna |like to )?{SPEAK}(?:ing)? (?:to|with) {MACHINE}",
            rf"^{BEFORE}{REAL}{ALONE}",
        ]
    )
)
ASKS = re.compile(r"^(?:and |but |so )?(?:when|where|what|which|why|who|do i|do we|does|did|is it|must|should|am i|was|were|if i)\b")
"""A clause that begins so asks about agents, not for one."""
DENIES = re.compile(r"\b(?:not|no need|never|without|don't|dont|didn't|rather than|instead of)\b")
"""Before a wish: then it is none."""
OFFERS = re.compile(
    rf"(?:connect|transfer|pass|put|hand)\b.*\b{WHO}\b|(?:talk|speak) (?:to|with) {PERSON}"
    r"|(?:상담원|상담사|담당자|직원).*(?:연결|바꿔|이어|도와)"
)
CLAUSES = re.compile(r"[.!?;,\n。！？…]+|\s[-–]\s")

# Korean

WHO_KO = (
    "(?:상담원|상담사|상담직원|상담하시는분|담당자|담당직원|직원|실제사람|진짜사람|사람|인간|매니저|책임자|관리자|사장)(?:님|분|들){0,3}"
)
SOON_KO = "(?:직접|바로|지금|빨리|당장|좀|전화로|채팅으로|한번|잠깐|1:1로|일대일로){0,4}"
SAY_KO = "(?:얘기|이야기|대화|상담|통화|말씀|말|채팅|문의|연락|소통)"
WANT_KO = (
    "(?:하고싶|나누고싶|받고싶|드리고싶|할래|할게|하자|하게해|해주|해줘|해줄|좀해|시켜|원해|원합|원함|바랍|바래|부탁|요청|신청|"
    "할수있|가능|될까|되나|되죠|돼요|필요해|필요합)"
)
LINK_KO = "(?:연결|바꿔|바꾸|불러|호출|넘겨|돌려|붙여|나오라|나와주|찾아주)"
MACHINE_KO = "(?:챗봇|봇|로봇|기계|인공지능|ai|자동응답|자동답변)"
WISHES_KO = re.compile(
    "|".join(
        [
            rf"{WHO_KO}(?:을|를|으로|로|에게|한테|과|와|이랑|랑|하고|의|좀|한명|한분|께){{0,4}}{SOON_KO}{LINK_KO}",
            rf"{WHO_KO}(?:과|와|이랑|랑|하고|한테|에게|께|을통해){SOON_KO}{SAY_KO}.{{0,3}}?{WANT_KO}",
            r"^(?:제발|그냥|빨리|아니|저기요|네|여기요|지금)*(?:상담원|상담사|담당자|사람|직원)(?:님|분)?"
            r"(?:좀|요|이요|으로|부탁.*|나와.*|불러.*|원해.*|원합.*|필요.*|어디.*|구함|찾아요|나오세요)*$",
            r"상담(?:을|를)?(?:연결|이관)(?:을)?(?:해|부탁|좀|원|신청|요청|할래|바랍|될까|되나|가능|시켜|$)",
            rf"(?:사람|상담원|상담사|직원|일대일|1:1)(?:과|이랑|하고)?상담(?:을|좀)?(?:{WANT_KO}|$)",
            rf"{MACHINE_KO}(?:이랑|하고|랑|은|는|한테|과|와)?(?:말|얘기|대화|상담)?(?:하기)?"
            r"(?:말고(?:요|$|.{0,4}(?:사람|상담|직원))|싫|그만|필요없|답답)",
        ]
    )
)
AFTER_KO = re.compile(
    "시간|몇시|언제|번호|주소|메일|없이|필요(?:는|가)?없|안해도|하지마|말고|않|불친절|했는데|했어|했더니|했었|됐는데|됐었|"
    "비용|요금|채용|할인|아니(?:라|어도)"
)
"""After a wish: then it is a question about agents, or about the past."""
BEFORE_KO = re.compile(r"(?:몇시에?|언제|다른|배송|택배|설치)$")

# Yes and no. Sets hold single first words, patterns the beginnings of sentences.

_YES = (
    "yes yeah yea yep yup ya y sure ok okay okey k please absolutely definitely certainly alright yess "
    "네 넵 넹 넴 넷 네네 넵넵 예 예예 옙 응 응응 어 ㅇㅇ ㅇㅋ ㅇ 그래 그래요 그럼요 좋아 좋아요 좋습니다 "
    "물론 물론이죠 물론이에요 당연하죠 당연히 부탁 부탁해 부탁해요 부탁합니다 부탁드려요 부탁드립니다 부탁드릴게요 부탁드리겠습니다 "
    "해주세요 해줘 해줘요 오케이 오키 콜 예스"
)
YES = frozenset(unicodedata.normalize("NFKC", _YES).split())
YES_BEGINS = re.compile(
    r"^(?:go ahead|of course|do it|do that|do so|why not|sounds good|that would be|that'd be|i would like that|i'd like that|i would|i do"
    r"|let's do|connect me|put me through|(?:연결|그렇게|그리|바로|빨리|얼른|지금)(?:바로|좀|빨리)?(?:해|부탁|연결|하겠|할게))"
)
NO = re.compile(
    r"\b(?:no|not|nope|nah|never|don't|dont|later|but|first|cancel|won't|without|instead)\b"
    r"|아니|아뇨|됐|괜찮|필요\s*없|싫|나중|말고|안\s*(?:해|할)|하지\s*마|근데|그런데|잠깐"
)
WHAT = re.compile(r"\W*(?:네|예|응|어|yes|what)\s*\?+\W*")
_FILLERS = (
    "hi hello hey thanks thank thx you please pls ok okay yes no the a an is are do does can could i it me my to of for in on at and so um "
    "well just really again then 네 예 안녕하세요 안녕 감사합니다 감사해요 고마워요 고맙습니다 "
    "혹시 저기요 그럼 좀 그리고 다시 아니 아니요 제가 저는 저"
)
FILLERS = frozenset(unicodedata.normalize("NFKC", _FILLERS).split())
"""Words without content."""
MATTER = re.compile(r"\b(?:about|because|regarding|my order|since|for my)\b|때문|관련|관해|대해|문제|건으로|주문")
"""In a wish for a person: words that also say what for."""
