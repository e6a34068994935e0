"""What those must be allowed who make a lake and put raw files there: neither runs nor publishes anything."""

from __future__ import annotations

from warehouse.policy_documents import Json, allow, deny
from warehouse.policy_names import RUN, Arns, Names, Needs, inside, outside


def setup(needs: Needs, names: Names) -> list[Json]:
    """``lake create``: the bucket and how it is set up, and no object in it."""
    arn = Arns(needs)
    actions = (
        "CreateBucket", "ListBucket", "PutBucketPublicAccessBlock",
        "GetEncryptionConfiguration", "PutEncryptionConfiguration", "PutBucketVersioning",
        "GetLifecycleConfiguration", "PutLifecycleConfiguration",
    )  # fmt: skip
    return [allow("MakeTheBucket", [f"s3:{action}" for action in actions], arn.buckets([needs.lake]))]


def landing(needs: Needs, names: Names) -> list[Json]:
    """``land``: the files of sources. It compares with what is there, and so reads them, too."""
    sources = [t for t in needs.tables if not t.run and not t.dropped]
    if not needs.lake or not sources:
        return []
    arn = Arns(needs)
    lying = [f"{needs.lake}/{db}/{table}" for db, table in names(inside(needs, sources))]
    return [
        allow("LandFiles", ["s3:GetObject", "s3:PutObject"], arn.below(sources, names, "*")),
        *arn.listing("ListFiles", "s3:ListBucket", [*lying, *outside(needs, sources)]),
        # Where sources are too many to be named, their neighbours' rows must not come within reach.
        deny("NeverWhatRunsWrote", ["s3:PutObject"], arn.inside(f"*/{RUN}/*")),
        deny("NeverTheState", ["s3:PutObject"], arn.inside("_warehouse/*")),
    ]
