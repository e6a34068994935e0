-- Requests are made before this table. Should it run alone, while requests of other lines are published,
-- it fails: run both.
-- check: requests and rejected lines are all lines
SELECT s.dt, s.hour, s.lines, coalesce(r.requests, 0) AS requests, coalesce(t.rejected, 0) AS rejected
FROM (
  SELECT dt, hour, count(*) AS lines
  FROM weblogs.raw_lines
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    AND concat(dt, 'T', hour) BETWEEN '{{ start_ts[:13] }}' AND '{{ end_ts[:13] }}'
  GROUP BY dt, hour
) AS s
LEFT JOIN (
  SELECT dt, hour, count(*) AS requests
  FROM weblogs.requests
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    AND concat(dt, 'T', hour) BETWEEN '{{ start_ts[:13] }}' AND '{{ end_ts[:13] }}'
  GROUP BY dt, hour
) AS r ON r.dt = s.dt AND r.hour = s.hour
LEFT JOIN (
  SELECT dt, hour, count(*) AS rejected FROM {{ this }} GROUP BY dt, hour
) AS t ON t.dt = s.dt AND t.hour = s.hour
WHERE s.lines <> coalesce(r.requests, 0) + coalesce(t.rejected, 0)
