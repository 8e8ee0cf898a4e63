"""Every text of the page, in each language of the interface."""

from typing import Literal, get_args

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES: dict[Language, str] = {"ko": "한국어", "en": "English"}
"""What the language switch shows, in its order."""

TEXTS: dict[Language, dict[str, str]] = {
    "en": {
        "about": "Automated assistant. It can be wrong; ask for a person at any time.",
        "chat": "Conversation",
        "language": "Language",
        "greeting": "How can we help you?",
        "often_asked": "Often asked",
        "placeholder": "Type your question",
        "send": "Send",
        "stop": "Stop",
        "retry": "Answer again",
        "clear": "New conversation",
        "unreachable": "The assistant is not reachable right now. Your message is kept; please try again in a moment.",
        "busy": "Many people are asking right now. Your message is kept; please try again in a moment.",
        "stopped": "You stopped this answer.",
        "cut": "Your message was longer than 2,000 characters. Only the first 2,000 were sent.",
        "wait": "The assistant is still answering. Wait until it is done, or press Stop.",
        "empty": "The assistant has no answer to this. Please ask in other words, or ask for a person.",
    },
    "ko": {
        "about": "자동 상담 도우미입니다. 답변이 틀릴 수 있으며, 언제든지 상담원 연결을 요청하실 수 있습니다.",
        "chat": "대화",
        "language": "언어",
        "greeting": "무엇을 도와드릴까요?",
        "often_asked": "자주 묻는 질문",
        "placeholder": "궁금한 점을 입력하세요",
        "send": "보내기",
        "stop": "중지",
        "retry": "다시 답변",
        "clear": "새 대화",
        "unreachable": "지금은 상담 도우미에 연결할 수 없습니다. 보내신 메시지는 그대로 남아 있으니 잠시 후 다시 시도해 주세요.",
        "busy": "지금 문의가 많습니다. 보내신 메시지는 그대로 남아 있으니 잠시 후 다시 시도해 주세요.",
        "stopped": "답변을 중지했습니다.",
        "cut": "메시지가 2,000자를 넘어 앞의 2,000자만 전송했습니다.",
        "wait": "아직 답변하는 중입니다. 답변이 끝날 때까지 기다리시거나 중지를 눌러 주세요.",
        "empty": "이 질문에 대한 답을 찾지 못했습니다. 다르게 물어보시거나 상담원 연결을 요청해 주세요.",
    },
}
