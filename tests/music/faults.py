"""Lines as no app should write them, and what becomes of each: the reason, or None for an event."""

from __future__ import annotations

import json
from typing import Any

DAY = "2018-11-15"
TS = 1542241826796  # in that day


def event(**changed: Any) -> bytes:
    """A play, with other values; ``...`` leaves a field out."""
    record = {
        "artist": "Harmonia",
        "auth": "Logged In",
        "firstName": "Ryan",
        "gender": "M",
        "itemInSession": 0,
        "lastName": "Smith",
        "length": 655.77751,
        "level": "free",
        "location": "San Jose-Sunnyvale-Santa Clara, CA",
        "method": "PUT",
        "page": "NextSong",
        "registration": 1541016707796.0,
        "sessionId": 583,
        "song": "Sehr kosmisch",
        "status": 200,
        "ts": TS,
        "userAgent": '"Mozilla/5.0 (X11; Linux x86_64)"',
        "userId": "26",
    } | changed
    kept = {name: value for name, value in record.items() if value is not ...}
    return json.dumps(kept, separators=(",", ":")).encode()


LINES: tuple[tuple[bytes, str | None], ...] = (
    (event(), None),
    # Delivered twice: two events, one play.
    (event(), None),
    (event(sessionId=1, userId=26), None),
    (event(sessionId=2, ts=float(TS)), None),
    (event(sessionId=3, itemInSession="7", length="3.5"), None),
    (event(sessionId=4, length=None, song=None, artist=None, page="Home"), None),
    (event(sessionId=5, userId="", page="Home", registration=None, firstName=None), None),
    (event(sessionId=6, userId=...), None),
    (event(sessionId=7, level="paid", ts=TS + 1), None),
    (event(sessionId=8, song="tab\tnul\x00 \x01 | ; , \\N \u2028 夜 \ufffd", extra={"a": [1]}), None),
    (event(sessionId=9, song='"quoted" \\ back', artist="O'Brien \N{MUSICAL SYMBOL G CLEF}"), None),
    (event(sessionId=10).replace(b"Harmonia", b"Harmonia\x7f"), None),
    (b"  " + event(sessionId=11) + b"  ", None),
    (event(sessionId=12, song={"title": "x"}), None),
    (event(sessionId=13, registration="", status=None), None),
    (event(sessionId=14, length=0), None),
    (event(sessionId=15, song="x" * 3_000_000), None),
    (event(sessionId=16, sessionid=99, TS=1), None),
    (b"", "empty"),
    (b"   ", "empty"),
    (event()[:200], "cut"),
    (event()[:1], "cut"),
    (event()[200:], "not_json"),
    (b"\\N", "not_json"),
    (b"NULL", "not_json"),
    (b"<html>502 Bad Gateway</html>", "not_json"),
    (event() + event(), "not_json"),
    (event() + b"}", "not_json"),
    (event() + b" trailing", "cut"),
    (b"\x01" + event(), "not_json"),
    (event().replace(b'"', b"'"), "not_json"),
    (event().replace(b"655.77751", b"NaN"), "not_json"),
    (event().replace(b"655.77751", b"0655"), "not_json"),
    (event().replace(b"Harmonia", b"Har\tmonia"), "not_json"),
    (b"[" * 5000, "not_json"),
    (event().replace(b"Harmonia", b"Harmoni\xe9"), "not_utf8"),
    (b"\xff\xfe", "not_utf8"),
    (b"\xed\xa0\x80", "not_utf8"),
    (b"12", "not_an_object"),
    (b'"text"', "not_an_object"),
    (b"null", "not_an_object"),
    (b"[" + event() + b"]", "not_an_object"),
    (b"{}", "bad_ts"),
    (event(ts="yesterday"), "bad_ts"),
    (event(ts=None), "bad_ts"),
    (event(ts=True), "bad_ts"),
    (event(ts=-1), "bad_ts"),
    (event(ts=TS + 0.5), "bad_ts"),
    (event(ts=10**15), "bad_ts"),
    (event(ts=10**30), "bad_ts"),
    (event(ts={"s": 1}), "bad_ts"),
    (event(sessionId=...), "bad_sessionId"),
    (event(sessionId=2**63), "bad_sessionId"),
    (event(itemInSession=2**31), "bad_itemInSession"),
    (event(itemInSession="0x1"), "bad_itemInSession"),
    (event(page=...), "bad_page"),
    (event(page=""), "bad_page"),
    (event(status="OK"), "bad_status"),
    (event(length="long"), "bad_length"),
    (event().replace(b"655.77751", b"1e999"), "bad_length"),
    (event(registration="never"), "bad_registration"),
)
"""None holds a line feed or a carriage return: those end lines."""
