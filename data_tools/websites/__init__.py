"""Websites that a config names: `crawl` reads them politely and keeps copies, `pages` makes entries and passages of the copies."""
