{#- How the lines of access logs become values. -#}

{#- The lines of the batch's hours as a list of CTEs, of which `lines` is the last: each cut into the fields of
    Apache's combined format, with `reason`: why it is no request.

    `fields` are host, ident, user, time, request, status, bytes, referer and agent, `parts` are the request's
    method, target and protocol; either has fewer entries where the text is not of its format. The format
    demands the agent's closing quote, so no line that was cut passes for a whole one.

    One regular expression runs once a line: replacing the match by its groups with \u0001 between them, and
    splitting there, is much cheaper than nine times regexp_extract. Repetitions of alternatives are
    possessive (*+), which keeps Java from recursing over long lines.

    `line_key` and `repeat_number` together are a key. -#}
{% macro log_lines() -%}
raw_lines AS (
  -- An empty line is NULL in the raw table; bytes that are not UTF-8 become U+FFFD.
  SELECT dt, hour, decode(CAST(coalesce(line, '') AS BINARY), 'UTF-8') AS line
  FROM weblogs.raw_lines
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
    AND concat(dt, 'T', hour) BETWEEN '{{ start_ts[:13] }}' AND '{{ end_ts[:13] }}'
),
keyed_lines AS (
  SELECT *, left(sha2(concat(dt, hour, line), 256), 32) AS line_key
  FROM raw_lines
),
numbered_lines AS (
  SELECT
    *,
    -- Equal lines cannot be told apart, so any order among them gives the same rows.
    CAST(row_number() OVER (PARTITION BY dt, hour, line_key ORDER BY line) AS INT) AS repeat_number
  FROM keyed_lines
),
cut_lines AS (
  -- In a LATERAL VIEW a line is cut once. A plain column is computed again in every filter on what follows
  -- from it, because Spark pushes filters down.
  SELECT *
  FROM numbered_lines
  LATERAL VIEW explode(array(
    split(
      regexp_replace(
        line,
        r'^(\S+) (\S+) (\S+) \[([^\]]*)\] "((?:[^"\\]|\\.)*+)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*+)" "((?:[^"\\]|\\.)*+)"\s*$',
        '$1\u0001$2\u0001$3\u0001$4\u0001$5\u0001$6\u0001$7\u0001$8\u0001$9'
      ),
      '\u0001'
    )
  )) AS fields
  LATERAL VIEW explode(array(
    split(
      regexp_replace(
        get(fields, 4),
        r'^([A-Z][A-Z_-]*) (\S.*?)(?: (HTTP/\d(?:\.\d)?))?$',
        '$1\u0001$2\u0001$3'
      ),
      '\u0001'
    )
  )) AS parts
),
typed_lines AS (
  SELECT
    *,
    -- Spark alone would take 17/MAY/02015, too.
    CASE
      WHEN get(fields, 3) RLIKE r'^\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}$'
        THEN try_to_timestamp(fields[3], 'dd/MMM/yyyy:HH:mm:ss Z')
    END AS request_time
  FROM cut_lines
),
lines AS (
  SELECT
    *,
    CASE
      WHEN trim(line) = '' THEN 'empty'
      WHEN size(fields) <> 9 AND line RLIKE r'^\S+ \S+ \S+ \[' AND line NOT RLIKE r'"\s*$' THEN 'cut'
      WHEN size(fields) <> 9 THEN 'malformed'
      WHEN request_time IS NULL THEN 'bad_time'
      WHEN size(parts) <> 3 THEN 'bad_request'
      WHEN get(fields, 5) NOT BETWEEN '100' AND '599' THEN 'bad_status'
      -- A petabyte in one answer is no size, and sums of such would overflow.
      WHEN length(get(fields, 6)) > 15 THEN 'bad_bytes'
    END AS reason
  FROM typed_lines
)
{%- endmacro %}
