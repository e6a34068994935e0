/* ---
owner: web-analytics
description: Requests, cleaned and typed, from the lines of the access logs
tags: [hourly]
grain: hourly
checks:
  - not_null: [request_id, request_time, host, method, path, status, bytes, repeat_number]
  - unique: [request_id]
  - expression: status BETWEEN 100 AND 599
  - expression: bytes >= 0
  - accepted_values: {column: browser, values: [chrome, edge, firefox, ie, opera, safari, other]}
  - accepted_values: {column: bot, values: [search, feed, seo, archive, tool, other]}
--- */
INSERT OVERWRITE TABLE weblogs.requests PARTITION (dt, hour)
WITH
{{ log_lines() }},
requests AS (
  SELECT *, nullif(nullif(fields[8], '-'), '') AS agent
  FROM lines
  WHERE reason IS NULL
),
classified AS (
  SELECT
    *,
    CASE
      WHEN agent RLIKE '(?i)googlebot|bingbot|msnbot|slurp|baiduspider|yandex|sogou|duckduckbot|exabot|naverbot|yeti/' THEN 'search'
      WHEN agent RLIKE r'(?i)\brss|rss/|feed|newsblur|netvibes|bloglovin|planet' THEN 'feed'
      WHEN agent RLIKE '(?i)ahrefs|mj12bot|ezooms|semrush|dotbot|blexbot|spbot|rogerbot|seokicks' THEN 'seo'
      WHEN agent RLIKE '(?i)archive[.]org|ia_archiver|heritrix' THEN 'archive'
      WHEN agent RLIKE '(?i)curl|wget|python|java/|ruby|perl|libwww|go-http|httpclient|okhttp|chef client|puppet|ansible' THEN 'tool'
      WHEN agent RLIKE '(?i)bot|crawl|spider|fetch|scan|monitor|https?://' THEN 'other'
    END AS bot
  FROM requests
)
SELECT
  concat(line_key, '-', CAST(repeat_number AS STRING)) AS request_id,
  request_time,
  fields[0] AS host,
  nullif(fields[1], '-') AS remote_ident,
  nullif(fields[2], '-') AS remote_user,
  parts[0] AS method,
  split_part(parts[1], '?', 1) AS path,
  CASE WHEN contains(parts[1], '?') THEN substr(parts[1], instr(parts[1], '?') + 1) END AS query,
  nullif(parts[2], '') AS protocol,
  CAST(fields[5] AS INT) AS status,
  CASE WHEN fields[6] = '-' THEN 0L ELSE CAST(fields[6] AS BIGINT) END AS bytes,
  nullif(nullif(fields[7], '-'), '') AS referer,
  agent,
  -- Every browser calls itself by the names of those before it: the newer ones are asked for first.
  CASE
    WHEN agent IS NULL OR bot IS NOT NULL THEN NULL
    WHEN agent RLIKE r'Edge?/' THEN 'edge'
    WHEN agent RLIKE r'Opera|OPR/' THEN 'opera'
    WHEN agent RLIKE r'MSIE |Trident/' THEN 'ie'
    WHEN agent RLIKE r'Firefox/|FxiOS/|Iceweasel/' THEN 'firefox'
    WHEN agent RLIKE r'Chrome/|Chromium/|CriOS/' THEN 'chrome'
    WHEN agent RLIKE r'Safari/' THEN 'safari'
    ELSE 'other'
  END AS browser,
  bot,
  repeat_number,
  dt,
  hour
FROM classified
