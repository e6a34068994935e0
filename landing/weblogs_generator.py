"""Made-up access logs: visitors and what their pages pull in, bots, feed readers, bursts, and faults."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterator
from datetime import date
from random import Random

from landing import Piece

PIECE_BYTES = 32 * 1024 * 1024
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SITE = "http://blog.example.net"
_VISITORS = 20_000
_PAGES = 2_000

_BROWSERS = (
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.73 (KHTML, like Gecko) Safari/537.73",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0)",
    "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.289 Version/12.02",
    "Mozilla/5.0 (iPad; CPU OS 7_0_4 like Mac OS X) AppleWebKit/537.51 (KHTML, like Gecko) Safari/9537.53",
    "-",
)
_BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/5.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://www.archive.org/details/archive.org_bot)",
    "curl/7.35.0",
)
_FEED_READERS = (
    "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
    "Tiny Tiny RSS/1.11 (http://tt-rss.org/)",
)
_ASSETS = (("/style2.css", 4877), ("/reset.css", 1015), ("/favicon.ico", 3638), ("/images/banner.png", 52315))
_TOPICS = ("ssl-latency", "dynamic-dns", "xdotool", "log-shipping", "keynav", "fex", "grok")
_STATUSES = ((200, 301, 304, 404, 206, 500, 403), (9000, 160, 440, 210, 45, 3, 2))


def hour_pieces(day: date, hour: int, *, seed: int, rate: float) -> Iterator[Piece]:
    """The log of one hour, the same bytes for the same day, hour, seed and rate; empty where ``rate`` is 0.

    ``rate`` is lines a day. Lines lie up to seconds out of order, as a server writes them when it is done.
    """
    random = Random(f"weblogs/{seed}/{day}T{hour:02}")
    # Evenings are busier than mornings by half.
    mean = rate / 24 * (1 + 0.25 * math.sin((hour - 10) / 24 * 2 * math.pi))
    burst = random.randrange(60) if random.random() < 1 / 48 else None
    held: list[bytes] = []
    size, number = 0, 1
    prefix = f"weblogs/raw_lines/dt={day}/hour={hour:02}/generated"
    for minute in range(60):
        for line in _minute(random, day, hour, minute, mean / 60, burst == minute):
            held.append(line)
            size += len(line)
            if size > PIECE_BYTES:
                yield _piece(prefix, number, held)
                held, size, number = [], 0, number + 1
    if held or number == 1:
        yield _piece(prefix, number, held)


def _piece(prefix: str, number: int, lines: list[bytes]) -> Piece:
    return Piece(f"{prefix}.log" if number == 1 else f"{prefix}.{number:03}.log", b"".join(lines))


def _minute(random: Random, day: date, hour: int, minute: int, mean: float, burst: bool) -> Iterator[bytes]:
    count = _poisson(random, mean)
    lines: list[tuple[float, bytes]] = []
    while len(lines) < count:
        second = random.randrange(60)
        for late, line in enumerate(_visit(random, day, f"{hour:02}:{minute:02}", second)):
            # A page's pictures follow it; a slow answer is written after a quick one.
            lines.append((second + late / 10 + random.random() * 3, _faulty(random, line)))
    del lines[count:]
    if burst:
        # Somebody's script gone wild: ten quiet minutes' worth in one.
        visitor = random.randrange(_VISITORS)
        for n in range(max(20, _poisson(random, mean * 10))):
            line = _line(
                _host(visitor),
                day,
                f"{hour:02}:{minute:02}:{n % 60:02}",
                f"/?page={n}",
                200,
                37932,
                "-",
                _BOTS[-1],
            )
            lines.append((n % 60, line))
    lines.sort()
    for _, line in lines:
        yield line
        if random.random() < 0.002:
            yield line


def _poisson(random: Random, mean: float) -> int:
    """A count around ``mean``: by its definition where it is small, by the normal curve where it is not."""
    if mean > 50:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count


def _visit(random: Random, day: date, clock: str, second: int) -> Iterator[bytes]:
    """The lines of one visit: a page and its parts, or one request of a program."""
    # Few hosts come often, most of them once.
    visitor = int(_VISITORS ** random.random())
    host, time = _host(visitor), f"{clock}:{second:02}"
    kind = random.random()
    if kind < 0.3:
        path = random.choice(("/robots.txt", _page(random), _page(random)))
        yield _line(host, day, time, path, *_answer(random, 8000), "-", _BOTS[visitor % len(_BOTS)])
    elif kind < 0.5:
        path = random.choice(("/?flav=rss20", "/blog/tags/puppet?flav=rss20", "/?flav=atom"))
        yield _line(host, day, time, path, *_answer(random, 14872), "-", _FEED_READERS[visitor % 2])
    else:
        agent, page = _BROWSERS[visitor % len(_BROWSERS)], _page(random)
        referer = random.choice(
            ("-", "-", f"http://www.google.com/url?q={page}", "http://\\xe4\\xe5.\\xf0\\xf4/")
        )
        yield _line(host, day, time, page, *_answer(random, 12000), referer, agent)
        for path, size in _ASSETS[: random.randrange(len(_ASSETS) + 1)]:
            later = f"{clock}:{min(second + random.randrange(4), 59):02}"
            yield _line(host, day, later, path, 200, size, _SITE + page, agent)


def _page(random: Random) -> str:
    # Zipf's law, roughly: a few pages get most of the views.
    number = int(_PAGES ** random.random())
    return f"/blog/{_TOPICS[number % len(_TOPICS)]}/{number}.html"


def _answer(random: Random, size: int) -> tuple[int, int]:
    status = random.choices(_STATUSES[0], _STATUSES[1])[0]
    return status, 0 if status in (304, 301) else max(1, round(size * random.lognormvariate(0, 1)))


@functools.lru_cache(maxsize=_VISITORS)
def _host(visitor: int) -> str:
    a, b, c, d = hashlib.blake2b(b"host%d" % visitor, digest_size=4).digest()
    return f"{a % 222 + 1}.{b}.{c}.{d % 254 + 1}"


def _line(
    host: str, day: date, time: str, path: str, status: int, size: int, referer: str, agent: str
) -> bytes:
    stamp = f"{day.day:02}/{_MONTHS[day.month - 1]}/{day.year:04}:{time} +0000"
    method = "HEAD" if size % 250 == 7 else "GET"
    request = f"{method} {path} HTTP/1.1"
    return f'{host} - - [{stamp}] "{request}" {status} {size or "-"} "{referer}" "{agent}"\n'.encode()


def _faulty(random: Random, line: bytes) -> bytes:
    """The line, or once in five hundred times one of the faults that logs have."""
    if random.random() >= 0.002:
        return line
    match random.randrange(5):
        case 0:
            return line[: random.randrange(1, len(line) - 1)] + b"\n"
        case 1:
            return line.replace(b"/20", b"/99/20", 1)
        case 2:
            return line.replace(b'"GET ', b'"\\x16\\x03\\x01 ', 1)
        case 3:
            return b"\n"
        case _:
            return line.replace(b"Mozilla", b"Mozill\xe1", 1)
