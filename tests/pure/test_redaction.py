"""What errors and logs never tell, whatever text they stand in; and what they go on telling."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engines.words import gist
from runner.job.errors import explain
from runner.job.redaction import redacted

ACCOUNT = "123456789012"
SECRET = "wJalr/UtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "ASIAIOSFODNN7EXAMPLE"
TOKEN = "FwoGZXIvYXdzEJr//////////wEaDOlXc+1z2Ln3k5Yx9iLIAZ0w=="

FORMS = {
    f"arn:aws:sts::{ACCOUNT}:assumed-role/jobs/i-0a1b2c3d": [ACCOUNT],
    f"arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2Fjobs": [ACCOUNT],
    f"aws-logs-{ACCOUNT}-eu-west-1": [ACCOUNT],
    KEY: [KEY],
    "AKIAIOSFODNN7EXAMPLE": ["AKIAIOSFODNN7EXAMPLE"],
    TOKEN: [TOKEN],
    f"fs.s3a.secret.key={SECRET}": [SECRET],
    f"aws_secret_access_key = {SECRET}": [SECRET],
    f'{{"secretKey":"{SECRET}","message":"no"}}': [SECRET],
    f'"{{\\"SessionToken\\":\\"{SECRET}\\"}}"': [SECRET],
    f"<SecretAccessKey>{SECRET}</SecretAccessKey>": [SECRET],
    f"<AWSAccessKeyId>{KEY}</AWSAccessKeyId><SignatureProvided>{SECRET}</SignatureProvided>": [KEY, SECRET],
    f"X-Amz-Security-Token: {SECRET}": [SECRET],
    f"Authorization: Bearer {SECRET}": [SECRET],
    f"authorization: Basic {SECRET}": [SECRET],
    f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20240101/x/s3/aws4_request, "
    f"SignedHeaders=host, Signature={SECRET}": [KEY, SECRET],
    f"javax.jdo.option.ConnectionPassword={SECRET}": [SECRET],
    f"jdbc:mysql://h/db?user=hive&password={SECRET}": [SECRET],
    f"https://b.s3.amazonaws.com/k?X-Amz-Credential={KEY}%2F2024&X-Amz-Signature={SECRET}": [KEY, SECRET],
    f"/b/k?X-Amz-Security-Token={quote(TOKEN, safe='')}&X-Amz-Signature={SECRET}": [
        SECRET,
        quote(TOKEN, safe=""),
    ],
    f"https://b.s3.amazonaws.com/k?AWSAccessKeyId={KEY}&Expires=1&Signature={SECRET}": [KEY, SECRET],
    f"http://hive:{SECRET}@proxy.example:3128/": [SECRET],
    f"thrift://hive:p%40ss-{KEY[4:]}@metastore:9083": [KEY[4:]],
    f"s3a://{KEY}:{SECRET}@lake/music": [KEY, SECRET],
    f"https://{SECRET.replace('/', '')}@git.example/x": [SECRET.replace("/", "")],
}

around = st.one_of(  # also what may be taken for the name of a secret, or for its value
    st.text(max_size=30),
    st.sampled_from(['password="', "token: ", "Authorization: ", "'", '"', "<", "http://h/", "x", "=", ": "]),
)


@given(st.sampled_from(sorted(FORMS)), around, around)
def test_none_survives_whatever_stands_around(form: str, before: str, behind: str) -> None:
    said = redacted(before + form + behind)
    assert not [secret for secret in FORMS[form] if secret in said]


@pytest.mark.parametrize("form", FORMS)
def test_none_is_told_by_spark_or_a_log(form: str) -> None:
    told = explain(RuntimeError(f"Job aborted\nsoftware.amazon.awssdk.S3Exception: no {form}\n\tat a.b(c)\n"))
    logged = gist(f"24/01/01 00:00:00 ERROR x: {form}\n")
    far = gist(f"ERROR {'x ' * 240}{form}\n"), explain(RuntimeError(f"{'x ' * 490}{form}"))[0]
    for text in (told[0], logged, *far):
        assert not [secret for secret in FORMS[form] if secret[:10] in text]


def test_what_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert redacted(f"({SECRET})") == "(<key>)"
    assert redacted(f"({quote(SECRET, safe='')})") == "(<key>)"


@pytest.mark.parametrize(
    "text",
    [
        "ExpiredTokenException: The security token included in the request is expired",
        "ExpiredToken: The provided token has expired.",
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
        "UnrecognizedClientException: The security token included in the request is invalid.",
        "InvalidClientTokenId: The security token included in the request is invalid",
        "MissingAuthenticationToken: no",
        "TokenRetrievalError: Error when retrieving token from sso: Token has expired and refresh failed",
        "fs.s3a.aws.credentials.provider=org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        "run 20240101T000000-01234567 of s3://lake/music/songplays/dt=2018-11-01/part-00000-0a1b.parquet",
        "[CAST_INVALID_INPUT] The value '20181101000000' of the type \"STRING\" cannot be cast",
        "mean 0.123456789012, at 1541106106796; see http://127.0.0.1:5000/lakes?list-type=2",
        "thrift://metastore:9083 is gone",
    ],
)
def test_what_helps_is_told(text: str) -> None:
    assert redacted(text) == text


def test_twelve_digits_are_data_where_aws_is_not_spoken_of() -> None:
    error = "[CAST_INVALID_INPUT] The value '201811010000' of the type \"STRING\" cannot be cast"
    assert explain(RuntimeError(error))[0] == redacted(error, data=True) == error
    assert redacted(error) == error.replace("201811010000", "<account>")


def test_what_is_left() -> None:
    said = redacted(
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/jobs/i-0a1 is not authorized to perform: s3:PutObject on "
        f'resource: "arn:aws:s3:::lake/x" (key {KEY}, at https://h/x?X-Amz-Signature=a, via http://a:b@proxy/)'
    )
    assert said == (
        "User: arn:aws:sts::<account>:assumed-role/jobs/i-0a1 is not authorized to perform: s3:PutObject on "
        'resource: "arn:aws:s3:::lake/x" (key <key>, at <address> via http://<hidden>@proxy/)'
    )


@pytest.mark.parametrize("part", ["token", "secret: ", "http://", "a", "1", "AKIA", "://", "=: ", '"', "\\"])
def test_a_long_text_is_read_in_little_time(part: str) -> None:
    began = time.perf_counter()
    redacted(part * 20_000)
    assert time.perf_counter() - began < 10
