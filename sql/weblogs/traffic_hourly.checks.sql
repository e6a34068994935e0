-- check: hits and bytes are those of requests
SELECT t.dt, t.hour, t.hits, t.bytes, r.hits AS request_hits, r.bytes AS request_bytes
FROM {{ this }} AS t
JOIN (
  SELECT dt, hour, count(*) AS hits, sum(bytes) AS bytes
  FROM weblogs.requests
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    AND concat(dt, 'T', hour) BETWEEN '{{ start_ts[:13] }}' AND '{{ end_ts[:13] }}'
  GROUP BY dt, hour
) AS r ON r.dt = t.dt AND r.hour = t.hour
WHERE t.hits <> r.hits OR t.bytes <> r.bytes
