"""Music: who listens, to what, when."""

from __future__ import annotations

from collections.abc import Iterator

from runner import charts
from runner.charts import Field
from runner.report import Figure, Listing, Numbers, Quality, Section, Window

TITLE = "Music: what was listened to"
ABOUT = (
    "A play is one song played (`music.songplays`). The level, free or paid, is the user's at that moment; "
    "a listener is counted once in whatever is counted."
)

PLAYS = Field("plays", "plays")


def sections(window: Window) -> Iterator[Section]:
    days = window.days()
    yield Section("At a glance", (_numbers(days), _per_day(days), _listeners_per_day(days)))
    yield Section("When", (_by_hour(days), _by_weekday_and_hour(days)))
    yield Section("What", (_songs(days), _artists(days), _lengths(days)))
    yield Section("Who", (_levels(days), _places(days), _sessions(days), _upgrades(window)))
    yield Section(
        "Data quality",
        (
            _read(days),
            _matched(days),
            *map(
                Quality,
                [
                    "music.events",
                    "music.rejected_events",
                    "music.songplays",
                    "music.times",
                    "music.users",
                    "music.songs",
                    "music.artists",
                ],
            ),
        ),
        "Every line of the logs is an event or a rejected line. Columns are described by one scan each.",
    )


def _numbers(days: str) -> Numbers:
    return Numbers(
        f"""
SELECT
  count(*) AS plays,
  count(DISTINCT user_id) AS listeners,
  count(DISTINCT session_id, user_id) AS sessions,
  count(DISTINCT song, artist) AS songs,
  sum(length) / 3600 AS hours,
  avg(IF(level = 'paid', 1, 0)) AS paid
FROM music.songplays
WHERE {days}""",
        (
            PLAYS,
            Field("listeners", "listeners"),
            Field("sessions", "sessions"),
            Field("songs", "different songs"),
            Field("hours", "hours of music", ",.0f"),
            Field("paid", "of the plays paid", ".1%"),
        ),
    )


def _per_day(days: str) -> Figure:
    return Figure(
        "Plays per day",
        f"""
SELECT dt, level, count(*) AS plays
FROM music.songplays
WHERE {days}
GROUP BY dt, level
ORDER BY dt, level""",
        charts.columns(Field("dt", "day (UTC)"), PLAYS, hue=Field("level", "level"), time=True),
    )


def _listeners_per_day(days: str) -> Figure:
    return Figure(
        "Listeners per day",
        f"""
SELECT
  dt,
  count(DISTINCT user_id) AS all_listeners,
  count(DISTINCT IF(level = 'paid', user_id, NULL)) AS paid_listeners
FROM music.songplays
WHERE {days}
GROUP BY dt
ORDER BY dt""",
        charts.line(
            Field("dt", "day (UTC)"), Field("all_listeners", "all listeners"), Field("paid_listeners", "paid")
        ),
        "A user who listens on two days counts on both.",
    )


def _by_hour(days: str) -> Figure:
    return Figure(
        "Plays by hour of the day",
        f"""
SELECT date_format(start_time, 'HH') AS hour, level, count(*) AS plays
FROM music.songplays
WHERE {days}
GROUP BY date_format(start_time, 'HH'), level
ORDER BY hour, level""",
        charts.columns(Field("hour", "hour of the day (UTC)"), PLAYS, hue=Field("level", "level")),
    )


def _by_weekday_and_hour(days: str) -> Figure:
    return Figure(
        "Plays by weekday and hour",
        f"""
SELECT
  weekday(start_time) AS number,
  date_format(start_time, 'EEEE') AS weekday,
  date_format(start_time, 'HH') AS hour,
  count(*) / count(DISTINCT dt) AS plays
FROM music.songplays
WHERE {days}
GROUP BY weekday(start_time), date_format(start_time, 'EEEE'), date_format(start_time, 'HH')
ORDER BY number, hour""",
        charts.heatmap(
            Field("hour", "hour of the day (UTC)"),
            Field("weekday", ""),
            Field("plays", "plays on such a day", ",.1f"),
            step=26,
        ),
        "Mean over the days that had a play in that hour.",
    )


def _songs(days: str) -> Figure:
    return Figure(
        "Most played songs",
        f"""
SELECT concat(song, ' · ', artist) AS song, count(*) AS plays, count(DISTINCT user_id) AS listeners
FROM music.songplays
WHERE {days}
GROUP BY song, artist
ORDER BY plays DESC, song
LIMIT 15""",
        charts.bars(Field("song", "song"), PLAYS),
        "Song and artist as the app named them.",
    )


def _artists(days: str) -> Figure:
    return Figure(
        "Most played artists",
        f"""
SELECT artist, count(*) AS plays, count(DISTINCT user_id) AS listeners
FROM music.songplays
WHERE {days}
GROUP BY artist
ORDER BY plays DESC, artist
LIMIT 15""",
        charts.bars(Field("artist", "artist"), PLAYS),
    )


def _lengths(days: str) -> Figure:
    return Figure(
        "Length of the songs played",
        f"""
SELECT 0.5 * bin AS low, 0.5 * (bin + 1) AS high, count(*) AS plays
FROM (
  SELECT least(CAST(floor(length / 30) AS INT), 20) AS bin
  FROM music.songplays
  WHERE {days} AND length IS NOT NULL
) AS binned
GROUP BY bin
ORDER BY bin""",
        charts.histogram(Field("low", "length in minutes", ",~r"), "high", PLAYS),
        "Half a minute a bar; the last takes all that is longer than ten minutes.",
        wide=True,
    )


def _levels(days: str) -> Listing:
    return Listing(
        "Free and paid",
        f"""
SELECT
  level,
  count(*) AS plays,
  count(DISTINCT user_id) AS listeners,
  count(*) / count(DISTINCT user_id) AS plays_each,
  sum(length) / 3600 AS hours,
  count(*) / count(DISTINCT session_id, user_id) AS per_session
FROM music.songplays
WHERE {days}
GROUP BY level
ORDER BY level""",
        (
            Field("level", "level"),
            PLAYS,
            Field("listeners", "listeners"),
            Field("plays_each", "plays per listener", ",.1f"),
            Field("hours", "hours of music", ",.1f"),
            Field("per_session", "plays per session", ",.1f"),
        ),
        "A user who changed level counts in both.",
    )


def _places(days: str) -> Figure:
    return Figure(
        "Where listeners are",
        f"""
SELECT location, count(DISTINCT user_id) AS listeners, count(*) AS plays
FROM music.songplays
WHERE {days} AND location IS NOT NULL
GROUP BY location
ORDER BY plays DESC, location
LIMIT 12""",
        charts.bars(Field("location", "place"), PLAYS),
        "Metropolitan areas as the app has them, by plays.",
    )


def _sessions(days: str) -> Figure:
    return Figure(
        "Songs in a session",
        f"""
SELECT 5 * bin AS low, 5 * (bin + 1) AS high, count(*) AS sessions
FROM (
  SELECT least(CAST(floor((count(*) - 1) / 5) AS INT), 20) AS bin
  FROM music.songplays
  WHERE {days}
  GROUP BY session_id, user_id
) AS sessions
GROUP BY bin
ORDER BY bin""",
        charts.histogram(Field("low", "songs in the session"), "high", Field("sessions", "sessions")),
        "Five songs a bar, 1 to 5 in the first; the last takes all with more than a hundred.",
    )


def _upgrades(window: Window) -> Figure:
    return Figure(
        "Users by level, and the day that it began",
        f"""
SELECT date_format(level_since, 'yyyy-MM-dd') AS day, level, count(*) AS users
FROM music.users
WHERE level_since >= DATE '{window.start}' AND level_since < DATE '{window.end}' + INTERVAL 1 DAY
GROUP BY date_format(level_since, 'yyyy-MM-dd'), level
ORDER BY day, level""",
        charts.columns(
            Field("day", "day (UTC)"), Field("users", "users"), hue=Field("level", "level"), time=True
        ),
        "When the users' latest level began; for many that is the first event known of them.",
        wide=True,
    )


def _read(days: str) -> Figure:
    return Figure(
        "Lines that could not be read",
        f"""
SELECT dt, reason, count(*) AS lines
FROM music.rejected_events
WHERE {days}
GROUP BY dt, reason
ORDER BY dt, reason""",
        charts.columns(
            Field("dt", "day (UTC)"), Field("lines", "lines"), hue=Field("reason", "reason"), time=True
        ),
    )


def _matched(days: str) -> Figure:
    return Figure(
        "Plays whose song is described",
        f"""
SELECT dt, avg(IF(song_id IS NULL, 0, 1)) AS matched
FROM music.songplays
WHERE {days}
GROUP BY dt
ORDER BY dt""",
        charts.line(Field("dt", "day (UTC)"), Field("matched", "share of plays in music.songs", ".0%")),
        "A play is matched by title, artist and length. The real sample of songs matches next to nothing.",
    )
