"""The files that a config names, as text, records and tables: archives unpacked, encodings repaired."""
