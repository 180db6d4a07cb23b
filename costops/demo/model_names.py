"""The models that several programs of the demo company call, by the name that they call them."""

from typing import Final

OPUS: Final = "claude-opus-4-1-20250805"
SONNET: Final = "claude-sonnet-4-5-20250929"
HAIKU: Final = "claude-3-5-haiku-20241022"
O1: Final = "o1-2024-12-17"
GPT_4O: Final = "gpt-4o-2024-08-06"
MINI: Final = "gpt-4o-mini-2024-07-18"
GPT_45: Final = "gpt-4.5-preview-2025-02-27"
TURBO: Final = "gpt-4-turbo-2024-04-09"
AWS_SONNET: Final = "anthropic.claude-3-sonnet-20240229-v1:0"
AWS_HAIKU: Final = "anthropic.claude-3-haiku-20240307-v1:0"
DEPLOYMENT: Final = "eu-documents"  # a name of the company's own, for a model at Azure
UNPRICED: Final = "acme-llm-2"
