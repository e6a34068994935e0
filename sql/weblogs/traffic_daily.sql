/* ---
owner: web-analytics
description: Hits, bytes, clients, status classes and top paths of every day
tags: [daily]
grain: daily
checks:
  - not_null: [hits, bytes, hosts, bot_hits, top_paths]
  - unique: [dt]
  - expression: status_1xx + status_2xx + status_3xx + status_4xx + status_5xx = hits
  - expression: hits >= hosts AND hits >= bot_hits AND hosts >= 1
  - expression: size(top_paths) BETWEEN 1 AND 10
--- */
INSERT OVERWRITE TABLE weblogs.traffic_daily PARTITION (dt)
WITH requests AS (
  SELECT dt, host, path, status, bytes, bot
  FROM weblogs.requests
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),
totals AS (
  SELECT
    dt,
    count(*) AS hits,
    sum(bytes) AS bytes,
    count(DISTINCT host) AS hosts,
    count(bot) AS bot_hits,
    count_if(status < 200) AS status_1xx,
    count_if(status BETWEEN 200 AND 299) AS status_2xx,
    count_if(status BETWEEN 300 AND 399) AS status_3xx,
    count_if(status BETWEEN 400 AND 499) AS status_4xx,
    count_if(status >= 500) AS status_5xx
  FROM requests
  GROUP BY dt
),
paths AS (
  SELECT
    dt,
    path,
    hits,
    bytes,
    row_number() OVER (PARTITION BY dt ORDER BY hits DESC, path) AS place
  FROM (SELECT dt, path, count(*) AS hits, sum(bytes) AS bytes FROM requests GROUP BY dt, path)
),
top AS (
  SELECT
    dt,
    -- collect_list promises no order: the place is sorted by, then left out.
    transform(
      sort_array(collect_list(struct(place, path, hits, bytes))),
      p -> struct(p.path, p.hits, p.bytes)
    ) AS top_paths
  FROM paths
  WHERE place <= 10
  GROUP BY dt
)
SELECT
  t.hits,
  t.bytes,
  t.hosts,
  t.bot_hits,
  t.status_1xx,
  t.status_2xx,
  t.status_3xx,
  t.status_4xx,
  t.status_5xx,
  p.top_paths,
  t.dt
FROM totals AS t
JOIN top AS p ON p.dt = t.dt
