"""Web logs: who asks for what, and what they get."""

from __future__ import annotations

from collections.abc import Iterator

from runner import charts
from runner.charts import Field
from runner.report import Figure, Numbers, Quality, Section, Window

TITLE = "Web logs: traffic of the site"
ABOUT = (
    "A request is one line of the access log that could be read (`weblogs.requests`). Programs that say in "
    "their user agent what they are count as bots; those that do not cannot be told from people."
)

HITS = Field("hits", "requests")
TIME = Field("time", "hour (UTC)")
MEGABYTES = Field("megabytes", "MB", ",.1f")


def sections(window: Window) -> Iterator[Section]:
    days = window.days()
    yield Section("At a glance", (_numbers(days), _per_hour(days), _bytes(days)))
    yield Section("What the server answered", (_statuses(days), _missing(days), _failing(days)))
    yield Section("What is asked for", (_paths(days), _heavy(days), _sizes(days)))
    yield Section("Who asks", (_hosts(days), _browsers(days), _bots(days), _referers(days)))
    yield Section("Rhythm", (_rhythm(days),))
    yield Section(
        "Data quality",
        (
            _rejected(days),
            *map(
                Quality,
                [
                    "weblogs.requests",
                    "weblogs.rejected_lines",
                    "weblogs.traffic_hourly",
                    "weblogs.traffic_daily",
                ],
            ),
        ),
        "Every line of the logs is a request or a rejected line. Columns are described by one scan each.",
    )


def _numbers(days: str) -> Numbers:
    return Numbers(
        f"""
SELECT
  count(*) AS hits,
  count(DISTINCT host) AS hosts,
  sum(bytes) / 1e6 AS megabytes,
  avg(IF(bot IS NOT NULL, 1, 0)) AS bots,
  avg(IF(status BETWEEN 400 AND 499, 1, 0)) AS client_errors,
  avg(IF(status >= 500, 1, 0)) AS server_errors
FROM weblogs.requests
WHERE {days}""",
        (
            HITS,
            Field("hosts", "hosts"),
            Field("megabytes", "MB sent", ",.0f"),
            Field("bots", "by bots", ".1%"),
            Field("client_errors", "answered 4xx", ".1%"),
            Field("server_errors", "answered 5xx", ".2%"),
        ),
    )


def _per_hour(days: str) -> Figure:
    return Figure(
        "Requests per hour",
        f"""
SELECT concat(dt, 'T', hour, ':00:00Z') AS time, hits - bot_hits AS others, bot_hits AS bots
FROM weblogs.traffic_hourly
WHERE {days}
ORDER BY time""",
        charts.line(TIME, Field("others", "all others"), Field("bots", "bots"), area=True),
        "Stacked. Hours without a request have no row.",
        wide=True,
    )


def _bytes(days: str) -> Figure:
    return Figure(
        "Megabytes sent per hour",
        f"""
SELECT concat(dt, 'T', hour, ':00:00Z') AS time, bytes / 1e6 AS megabytes, hosts
FROM weblogs.traffic_hourly
WHERE {days}
ORDER BY time""",
        charts.line(TIME, Field("megabytes", "MB sent in an hour", ",.1f")),
        wide=True,
    )


def _statuses(days: str) -> Figure:
    return Figure(
        "Answers per day by class",
        f"""
SELECT dt, class, sum(hits) AS hits
FROM (
  SELECT
    dt,
    stack(5, '1xx', status_1xx, '2xx', status_2xx, '3xx', status_3xx, '4xx', status_4xx, '5xx', status_5xx)
      AS (class, hits)
  FROM weblogs.traffic_daily
  WHERE {days}
) AS classes
WHERE hits > 0
GROUP BY dt, class
ORDER BY dt, class""",
        charts.columns(Field("dt", "day (UTC)"), HITS, hue=Field("class", "class")),
    )


def _missing(days: str) -> Figure:
    return Figure(
        "Paths most often not found (404)",
        f"""
SELECT left(path, 80) AS path, count(*) AS hits
FROM weblogs.requests
WHERE {days} AND status = 404
GROUP BY left(path, 80)
ORDER BY hits DESC, path
LIMIT 12""",
        charts.bars(Field("path", "path"), HITS),
    )


def _failing(days: str) -> Figure:
    return Figure(
        "Share of answers that are errors, by hour",
        f"""
SELECT
  concat(dt, 'T', hour, ':00:00Z') AS time,
  status_4xx / hits AS client_errors,
  status_5xx / hits AS server_errors
FROM weblogs.traffic_hourly
WHERE {days} AND hits > 0
ORDER BY time""",
        charts.line(
            TIME, Field("client_errors", "4xx", ".1%"), Field("server_errors", "5xx", ".1%"), height=180
        ),
        wide=True,
    )


def _paths(days: str) -> Figure:
    return Figure(
        "Paths most asked for",
        f"""
SELECT left(path, 80) AS path, count(*) AS hits, count(DISTINCT host) AS hosts
FROM weblogs.requests
WHERE {days}
GROUP BY left(path, 80)
ORDER BY hits DESC, path
LIMIT 15""",
        charts.bars(Field("path", "path"), HITS),
        "Without what follows the question mark; long paths are cut.",
    )


def _heavy(days: str) -> Figure:
    return Figure(
        "Paths that send most",
        f"""
SELECT left(path, 80) AS path, sum(bytes) / 1e6 AS megabytes, count(*) AS hits
FROM weblogs.requests
WHERE {days}
GROUP BY left(path, 80)
ORDER BY megabytes DESC, path
LIMIT 15""",
        charts.bars(Field("path", "path"), MEGABYTES),
        "MB of answers' bodies.",
    )


def _sizes(days: str) -> Figure:
    return Figure(
        "Size of an answer",
        f"""
SELECT
  CASE
    WHEN bytes = 0 THEN 'empty'
    ELSE concat(format_number(power(10, bin), 0), ' to ', format_number(power(10, bin + 1), 0))
  END AS size,
  count(*) AS hits
FROM (
  SELECT IF(bytes > 0, 1, 0) AS bytes, IF(bytes > 0, CAST(floor(log10(bytes)) AS INT), -1) AS bin
  FROM weblogs.requests
  WHERE {days}
) AS binned
GROUP BY bytes, bin
ORDER BY bin""",
        charts.bars(Field("size", "bytes"), HITS),
        "Bytes of the body; the bins grow tenfold.",
        wide=True,
    )


def _hosts(days: str) -> Figure:
    return Figure(
        "Clients with most requests",
        f"""
SELECT host, count(*) AS hits, IF(count(bot) > count(*) / 2, 'bot', 'other') AS kind
FROM weblogs.requests
WHERE {days}
GROUP BY host
ORDER BY hits DESC, host
LIMIT 15""",
        charts.bars(Field("host", "host"), HITS, hue=Field("kind", "mostly")),
        "Addresses or names as logged: personal data, where this page goes.",
    )


def _browsers(days: str) -> Figure:
    return Figure(
        "Browsers",
        f"""
SELECT coalesce(browser, IF(agent IS NULL, 'says nothing', 'none')) AS browser, count(*) AS hits,
  count(DISTINCT host) AS hosts
FROM weblogs.requests
WHERE {days} AND bot IS NULL
GROUP BY coalesce(browser, IF(agent IS NULL, 'says nothing', 'none'))
ORDER BY hits DESC, browser""",
        charts.bars(Field("browser", "browser"), HITS),
        "Requests that are not by bots.",
    )


def _bots(days: str) -> Figure:
    return Figure(
        "Kinds of bots",
        f"""
SELECT bot, count(*) AS hits, count(DISTINCT host) AS hosts
FROM weblogs.requests
WHERE {days} AND bot IS NOT NULL
GROUP BY bot
ORDER BY hits DESC, bot""",
        charts.bars(Field("bot", "kind"), HITS),
    )


def _referers(days: str) -> Figure:
    return Figure(
        "Where requests come from",
        f"""
SELECT left(site, 60) AS site, count(*) AS hits
FROM (
  SELECT regexp_extract(referer, '^https?://([^/?#:]+)', 1) AS site
  FROM weblogs.requests
  WHERE {days} AND referer IS NOT NULL
) AS sites
WHERE site <> ''
GROUP BY left(site, 60)
ORDER BY hits DESC, site
LIMIT 12""",
        charts.bars(Field("site", "site"), HITS),
        "Host in the Referer header: the site itself among them.",
    )


def _rhythm(days: str) -> Figure:
    return Figure(
        "Requests by day and hour",
        f"""
SELECT dt, hour, hits
FROM weblogs.traffic_hourly
WHERE {days}
ORDER BY dt, hour""",
        charts.heatmap(Field("hour", "hour of the day (UTC)"), Field("dt", ""), HITS, step=22),
        wide=True,
    )


def _rejected(days: str) -> Figure:
    return Figure(
        "Lines that are no request",
        f"""
SELECT reason, count(*) AS lines
FROM weblogs.rejected_lines
WHERE {days}
GROUP BY reason
ORDER BY lines DESC, reason""",
        charts.bars(Field("reason", "reason"), Field("lines", "lines")),
        wide=True,
    )
