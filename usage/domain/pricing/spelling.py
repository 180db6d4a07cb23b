"""How people spell providers and models: from a name as called to who charges and the names a price list may know.

Nothing here knows a price. Every form that is offered must still be found exactly in a list (``catalogue``).
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final, NamedTuple

LONGEST_NAME: Final = 300

#: Spellings of providers as SDKs, gateways and OpenTelemetry write them, after ``tidy``.
_PROVIDERS: Final[dict[str, str]] = {
    spelled: canonical
    for canonical, spellings in {
        "openai": "open-ai openai-chat openai-responses openai-chat-completions text-completion-openai",
        "azure": "azure-openai azureopenai azure-open-ai azure-ai azure-ai-openai az-ai-openai azure-openai-service "
        "azure-ai-inference az-ai-inference azure-ai-foundry azure-foundry azure-openai-responses azure-text "
        "microsoft microsoft-azure microsoft-foundry",
        "aws": "bedrock aws-bedrock amazon-bedrock amazon bedrock-converse bedrock-runtime aws-bedrock-converse",
        "google": "gemini vertex vertexai vertex-ai google-vertex google-vertex-ai google-ai google-gemini googleai "
        "google-genai google-gen-ai google-gla google-generative-ai google-ai-studio gcp gcp-vertex-ai gcp-gemini "
        "gcp-gen-ai vertex-ai-anthropic-models vertex-ai-language-models google-vertex-anthropic",
        "anthropic": "claude",
        "mistral": "mistralai mistral-ai",
        "x-ai": "xai grok",
        "deepseek": "deep-seek",
        "cohere": "cohere-chat cohere-ai",
        "groq": "groqcloud",
        "together": "togetherai together-ai",
        "fireworks": "fireworks-ai fireworksai",
        "perplexity": "perplexityai perplexity-ai",
        "openrouter": "open-router openrouter-ai",
        "moonshotai": "moonshot moonshot-ai",
        "zai": "z-ai",
        "zhipuai": "zhipu zhipu-ai",
        "voyageai": "voyage voyage-ai",
        "github-copilot": "copilot",
        "cloudflare": "workers-ai cloudflare-workers-ai",
        "litellm": "litellm-proxy",
    }.items()
    for spelled in [canonical, *spellings.split()]
}

#: Providers that only pass calls on: the name of the model says who charges.
_PASSING_ON: Final = frozenset({None, "litellm"})

#: Whose models a cloud sells under the maker's name.
_SOLD_BY: Final[dict[str, frozenset[str]]] = {
    "azure": frozenset({"openai", "anthropic", "azure"}),
    "google": frozenset({"google", "anthropic"}),
}

#: Families whose bare name says who made them and who charges. Open-weight families (Llama, Qwen, gpt-oss, Kimi, GLM,
#: DeepSeek R1 and V3 ...) are not here: many hosts sell them under one name, each at its own price.
_FAMILIES: Final[tuple[tuple[str, str | None], ...]] = (
    ("gpt-oss*", None),
    ("gpt-35-*", "azure"),
    ("gpt-*", "openai"),
    ("chatgpt-*", "openai"),
    ("o[134]", "openai"),
    ("o[134]-*", "openai"),
    ("codex-mini*", "openai"),
    ("computer-use-preview*", "openai"),
    ("text-embedding-[3a]*", "openai"),
    ("text-davinci-*", "openai"),
    ("davinci-002", "openai"),
    ("babbage-002", "openai"),
    ("omni-moderation-*", "openai"),
    ("text-moderation-*", "openai"),
    ("ft:*", "openai"),
    ("claude-*@*", "google"),
    ("claude-*", "anthropic"),
    ("gemini-*", "google"),
    ("grok-*", "x-ai"),
    ("command-*", "cohere"),
    ("embed-v4.0", "cohere"),
    ("mistral-large*", "mistral"),
    ("mistral-medium*", "mistral"),
    ("mistral-small-latest", "mistral"),
    ("mistral-embed*", "mistral"),
    ("codestral-*", "mistral"),
    ("magistral-medium*", "mistral"),
    ("sonar*", "perplexity"),
    ("voyage-*", "voyageai"),
    ("deepseek-chat", "deepseek"),
    ("deepseek-reasoner", "deepseek"),
    ("deepseek-flash", "deepseek"),
    ("@cf/*", "cloudflare"),
    ("accounts/fireworks/models/*", "fireworks"),
)

#: Names that a price list knows in another word order.
_RENAMED: Final[dict[tuple[str, str], str]] = {
    ("google", "gemini-1.5-flash-8b"): "gemini-flash-1.5-8b",
    ("anthropic", "claude-2.0"): "claude-2",
    ("anthropic", "claude-2.1"): "claude-2",
}

_BEDROCK_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)/(.+)")
_BEDROCK_MAKERS = (
    "ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral|moonshotai|nvidia|openai|qwen|writer|zai"
)
_BEDROCK_ID = re.compile(rf"(?:[a-z]{{2,6}}(?:-gov)?\.)?(?:{_BEDROCK_MAKERS})\.[a-z0-9].*")
_BEDROCK_REGION = re.compile(r"(?:us|eu|apac|ap|jp|au|ca|sa|in|me|global)\.")
_BEDROCK_VERSION = re.compile(r"-v\d+(?::\d+)?(?::\d+k)?$|:\d+$")
_AWS_REGION = re.compile(r"[a-z]{2}(?:-gov)?-[a-z]+-\d/")
_VERTEX_PATH = re.compile(r"(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/")
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")
_SNAPSHOT = re.compile(
    r"(?:[-@]20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|-20\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"|@default|@latest)$"
)
_GOOGLE_SNAPSHOT = re.compile(r"-(?:00\d|latest|\d{2}-20\d{2}|\d{2}-\d{2}|preview(?:-\d{2}-\d{2}|-\d{2}-20\d{2})?)$")
_SHORT_SNAPSHOT = re.compile(r"-\d{4}$")


class Spelled(NamedTuple):
    """Who charges for the call (None: the name does not say) and the names under which a list may know the model,
    the most literal first."""

    provider: str | None
    names: tuple[str, ...]


def tidy(text: str) -> str:
    """Lower case, with ``-`` for blanks, dots and underscores."""
    return re.sub(r"[\s_.]+", "-", text.strip().lower())


def provider_id(spelled: str | None) -> str | None:
    """The one id of a provider however it is spelled; an unknown one keeps its tidied name; None and "" give None."""
    if spelled is None or not (tidied := tidy(spelled)):
        return None
    return _PROVIDERS.get(tidied, tidied)


def maker_of(name: str) -> str | None:
    """Who charges for a model of this bare name, where the name alone says so without doubt."""
    return next((maker for pattern, maker in _FAMILIES if fnmatchcase(name, pattern)), None)


def snapshot_base(name: str, provider: str) -> str | None:
    """The name without the suffix that dates it, in a form that ``provider`` uses; None when it has none."""
    found = _SNAPSHOT.search(name)
    if found is None and provider == "google":
        found = _GOOGLE_SNAPSHOT.search(name)
    if found is None and provider == "anthropic" and name.endswith("-latest"):
        return name.removesuffix("-latest")
    return name[: found.start()] if found else None


def dated_base(name: str) -> str | None:
    """The name without any suffix that looks like a date, the short ones (-0613) too: to find a model's siblings."""
    found = _SNAPSHOT.search(name) or _SHORT_SNAPSHOT.search(name)
    return name[: found.start()] if found else None


def bedrock_plain(name: str) -> str:
    """A Bedrock id without its version: ``anthropic.claude-3-haiku-20240307-v1:0`` loses ``-v1:0``."""
    return _BEDROCK_VERSION.sub("", name)


def bedrock_forms(name: str) -> tuple[str, ...]:
    """A Bedrock id, then without its version, then without its region, then without its maker."""
    plain = bedrock_plain(name)
    local = _BEDROCK_REGION.sub("", plain, count=1) if _BEDROCK_REGION.match(plain) else plain
    maker, dot, model = local.partition(".")
    return tuple(dict.fromkeys([name, plain, local, *([model] if dot and maker in _BEDROCK_MAKERS.split("|") else [])]))


@lru_cache(maxsize=8192)
def spell(provider: str | None, model: str) -> Spelled:
    """Reads a call's provider and model as people write them."""
    name = model.strip().lower()
    if not name or len(name) > LONGEST_NAME:
        return Spelled(provider_id(provider), ())
    who, routed = _route(provider_id(provider), name)
    if who is None:
        who = maker_of(routed)
    return Spelled(who, tuple(dict.fromkeys([name, *_forms(who, routed)])) if who else (name,))


def _route(who: str | None, name: str) -> tuple[str | None, str]:
    """Takes the part of a name that says where the call went off it, as far as it agrees with the provider."""
    if who == "aws":
        name = _AWS_REGION.sub("", name.removeprefix("bedrock/").removeprefix("converse/"))
    if name.startswith("arn:"):
        arn = _BEDROCK_ARN.fullmatch(name)
        return ("aws", arn[1]) if arn and who in _PASSING_ON | {"aws", "anthropic"} else (who, name)
    if (path := _VERTEX_PATH.match(name)) and who in _PASSING_ON | {"google", "anthropic"}:
        return "google", name[path.end() :]
    if name.startswith("models/") and who in _PASSING_ON | {"google"}:
        return "google", name.removeprefix("models/")
    if _BEDROCK_ID.fullmatch(name) and who in _PASSING_ON | {"aws", "anthropic"}:
        return "aws", name
    head, slash, rest = name.partition("/")
    to = _PROVIDERS.get(tidy(head)) if slash and rest else None
    if to is None or to == "litellm":
        return (None if who == "litellm" else who), name
    if who in _PASSING_ON:
        if to in {"aws", "google", "azure", "openrouter"}:
            return _route(to, rest)
        return to, rest
    if to == who or to in _SOLD_BY.get(who or "", ()):
        return who, rest
    if (who, to) == ("openai", "azure"):
        return "azure", rest
    return who, name


def _forms(who: str, name: str) -> tuple[str, ...]:
    forms = [_RENAMED.get((who, name), name)]
    if who in {"azure", "openai"} and name.startswith("gpt-35-"):
        forms.append("gpt-3.5-" + name.removeprefix("gpt-35-"))
    if who in {"google", "anthropic"}:
        bare = re.sub(r"@(?:default|latest)$", "", name.removesuffix("[1m]"))
        forms += [bare, bare.replace("@", "-"), re.sub(r"-v\d@", "-", bare)]
    if who == "openrouter" and "/" not in name and (maker := maker_of(name)):
        forms.append(f"{maker}/{name}")
    if who == "fireworks" and "/" not in name:
        forms.append(f"accounts/fireworks/models/{name}")
    forms += [dashed for form in forms if (dashed := _COMPACT_DATE.sub(r"-\1-\2-\3", form)) != form]
    return tuple(dict.fromkeys(forms))
