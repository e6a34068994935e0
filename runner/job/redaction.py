"""What no error, log or file of ours may tell: accounts, keys, tokens, signed addresses.

Python 3.9, standard library only: it goes to clusters. The one place where this is decided.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote

# Repetitions have bounds where another match may begin inside: a log of one long line is read in no time.
_OWN = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
_ADDRESS = re.compile(r"https?://\S*", re.IGNORECASE)
_SIGNED = re.compile("X-Amz-|Signature=|AWSAccessKeyId=", re.IGNORECASE)
_USER = re.compile(r"""(://)(?:[^\s/"'<>]{,1000}@|[^\s/@:"'<>]{1,200}:[^\s@"'<>]{1,1000}@)""")
"""Before a host; a secret key in the address of a bucket may have slashes."""
_NAMED = re.compile(
    r"""(
        (?: secret | passw(?:or)?d | api[._-]?key | authorization | x-amz-(?:signature|credential)
          # Names of errors are none, after which comes what was wrong.
          | (?<!Invalid) access[._-]?key
          | (?<!Expired) (?<!Invalid) (?<!InvalidClient) (?<!Authentication)
            token (?! [\w.]{,80}(?:Exception|Error)\b )
        )
        [\w.\-]{,80} (?: \\*["']? \s* (?:[=:]|%3D) \s* | >(?=[^<\s]+</) )
        | (?: signature | credential ) (?: = | %3D )
        | <SignatureProvided>
    )
    (?: \S{,80} \s{,9} [=:]\s+ )*  # what is named may have a name itself
    (?: (?:AWS|AWS4-HMAC-SHA256|Basic|Bearer|Digest) \s+ )?
    (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?:(?!</)\S)+ )""",
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(r"(?:FwoG|FQoG|IQoJ)[A-Za-z0-9+/=%_-]{40,}")
"""How the session tokens begin that AWS gives out."""
_KEY = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16,}")
_ACCOUNT = re.compile(r"(?<!\d)(?<!\d\.)\d{12}(?!\d)")
_AWS = re.compile(r"arn\b|aws|amazon|account|\bs3", re.IGNORECASE)
"""One of these stands in what speaks of accounts."""


def redacted(text: str, data: bool = False) -> str:
    """Without account ids, access keys, tokens, what is named a secret, users and passwords before a host,
    signed addresses, and whatever credentials the environment has.

    ``data``: values of rows may stand there, and twelve digits are an account only where AWS is spoken of.
    """
    of_aws = not data or _AWS.search(text) is not None
    for name in _OWN:
        value = os.environ.get(name, "")
        if len(value) >= 16:
            text = text.replace(value, "<key>").replace(quote(value, safe=""), "<key>")
    text = _NAMED.sub(r"\1<hidden>", text)  # before the names go with an address
    text = _ADDRESS.sub(lambda found: "<address>" if _SIGNED.search(found[0]) else found[0], text)
    text = _TOKEN.sub("<token>", _USER.sub(r"\1<hidden>@", text))
    text = _KEY.sub("<key>", text)
    return _ACCOUNT.sub("<account>", text) if of_aws else text
