"""Masks personal data in conversations, English and Korean, with placeholders that are the same for the same value: `[PHONE_1]`."""

from data_tools.pii.masker import Allow, Masker, allowed
from data_tools.pii.spans import KINDS, Masked, Span

__all__ = ["KINDS", "Allow", "Masked", "Masker", "Span", "allowed"]
