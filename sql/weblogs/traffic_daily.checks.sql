-- check: hits and bytes are those of requests
SELECT t.dt, t.hits, t.bytes, r.hits AS request_hits, r.bytes AS request_bytes
FROM {{ this }} AS t
JOIN (
  SELECT dt, count(*) AS hits, sum(bytes) AS bytes
  FROM weblogs.requests
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  GROUP BY dt
) AS r ON r.dt = t.dt
WHERE t.hits <> r.hits OR t.bytes <> r.bytes
