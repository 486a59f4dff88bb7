"""What a rule, a provider, a reason and a list are: the shapes of the TOML files, checked when they are read."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bouncelake.rules.codes import enhanced_codes, reply_codes

Category = Literal[
    "spam_content",
    "ip_reputation",
    "domain_reputation",
    "authentication",
    "sender_identity",
    "rate_limit",
    "greylist",
    "policy",
    "recipient",
    "message",
    "routing",
    "network",
    "relay",
    "protocol",
    "system",
    "unclassified",
]
Family = Literal["spam", "identity", "flow", "policy", "recipient", "message", "path", "session", "system", "none"]
Signal = Literal["verdict", "gate", "none", "undecided"]
Bounce = Literal["soft", "hard", "block", "undetermined"]
Owner = Literal["sender_infrastructure", "sender_content", "list_hygiene", "recipient_or_its_admin", "receiving_system"]
Blame = Literal["ip", "netblock", "domain", "url", "helo"]

FAMILIES: dict[Category, Family] = {
    "spam_content": "spam",
    "ip_reputation": "spam",
    "domain_reputation": "spam",
    "authentication": "identity",
    "sender_identity": "identity",
    "rate_limit": "flow",
    "greylist": "flow",
    "policy": "policy",
    "recipient": "recipient",
    "message": "message",
    "routing": "path",
    "network": "path",
    "relay": "session",
    "protocol": "session",
    "system": "system",
    "unclassified": "none",
}


def _several(value: object) -> object:
    """Let a file write one value where a list is meant."""
    return [value] if isinstance(value, str | int) else value


def _one_text(value: object) -> object:
    """Join a list of steps to one text, in order."""
    return " ".join(str(step) for step in value) if isinstance(value, list) else value


def _spelled(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != value.lower():
            raise ValueError(f"must be lower case, as templates are: {value!r}")
        if not value.strip():
            raise ValueError("must not be empty")
    return values


Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
Literals = Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_spelled)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several)]
Steps = Annotated[str, BeforeValidator(_one_text)]
Level = Annotated[int, Field(ge=0, le=5)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Reason(_Strict):
    """One word for why a reply came, with what holds for it unless a rule says otherwise."""

    name: str
    category: Category
    spam_signal: Signal
    bounce: Bounce
    owner: Owner
    severity: Level
    meaning: str
    remedy: Steps
    doc: str = ""


class Provider(_Strict):
    """One party that runs mailboxes or filters mail: how its servers are called, and what only its replies say."""

    id: str
    name: str
    mx: Names = ()
    signature: Literals = ()
    page: str = ""


class Blocklist(_Strict):
    """One list of bad senders: its name here, and the texts that betray it in a reply."""

    name: str
    zones: Literals
    page: str = ""


class Foreign(_Strict):
    """A word of another tool, and the categories here that it may mean; the usual one stands first."""

    tool: str
    word: str
    categories: Annotated[tuple[Category, ...], Field(min_length=1)]


class Rule(_Strict):
    """One meaning of a reply, and the conditions under which a reply has it; all conditions must hold."""

    id: Id
    reason: str
    provider: Names = ()
    reply: Names = ()
    enhanced: Names = ()
    phrase: Literals = ()
    any: Literals = ()
    unless: Literals = ()
    regex: str = ""
    weight: Annotated[int, Field(ge=-2, le=2)] = 0
    category: Category
    spam_signal: Signal
    bounce: Bounce
    temporary: Bounce | None = None
    owner: Owner
    severity: Level
    blames: Blame | None = None
    capture: str = ""
    listed_by: str = ""
    meaning: str
    remedy: Steps
    doc: str = ""
    seen: date
    examples: Annotated[tuple[str, ...], Field(min_length=2)]
    near_misses: Annotated[tuple[str, ...], Field(min_length=1)]
    file: str = ""
    line: int = 0

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: Any) -> Any:  # noqa: ANN401  (what a file holds is not known yet)
        if not isinstance(data, dict):
            return data
        providers = _several(data.get("provider", "any"))
        data["provider"] = () if providers == ["any"] else providers
        data["reply"] = reply_codes(data.get("reply", ()))
        data["enhanced"] = enhanced_codes(data.get("enhanced", ()))
        return data

    @model_validator(mode="after")
    def _conditions(self) -> "Rule":
        if not (self.reply or self.enhanced or self.worded):
            raise ValueError("has no condition: give at least one of reply, enhanced, phrase, any, regex")
        return self

    @property
    def worded(self) -> bool:
        """Tell whether the rule looks at words, not at codes only."""
        return bool(self.phrase or self.any or self.regex)
