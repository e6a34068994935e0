"""Java's time zone is pinned on every engine, beside whatever options a target gives."""

from __future__ import annotations

from warehouse.settings import in_utc


def test_java_is_told_the_zone_last() -> None:
    given = {
        "spark.driver.extraJavaOptions": "-Xss2m -Duser.timezone=Asia/Tokyo",
        "spark.ui.enabled": "false",
    }
    assert in_utc(given) == {
        "spark.driver.extraJavaOptions": "-Xss2m -Duser.timezone=Asia/Tokyo -Duser.timezone=UTC",
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.ui.enabled": "false",
    }
