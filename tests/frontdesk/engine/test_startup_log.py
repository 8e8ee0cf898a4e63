"""What the log of an engine tells."""

from frontdesk.engine import startup_log as logs


def test_phases_follow_the_log() -> None:
    log, seen = "", [logs.phase("")]
    for marker, name in logs.PHASES:
        log += f"(EngineCore pid=1) INFO 01-01 00:00:00 [x.py:1] {marker}\n"
        assert name == logs.phase(log)
        seen.append(name)
    assert len(seen) == len(set(seen))


def test_reasons_are_the_errors_without_prefix_and_repeats() -> None:
    error = "ValueError: the context does not fit into the cache"
    log = f"start\nTraceback (most recent call last):\n(EngineCore pid=7) ERROR 11-24 12:00:00 [core.py:9] {error}\n{error}\ntail\n"
    assert [error] == logs.reasons(log)
    assert logs.reasons("\na\n\nb\n") == ["a", "b"]
