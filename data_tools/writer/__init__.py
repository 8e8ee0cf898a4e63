"""Questions that a language model drafts for entries and passages with few wordings, where the config names one (`data.writer`)."""
