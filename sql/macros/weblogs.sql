{# The lines of the batch's hours, cut into the fields of Apache's combined format.

   One row per line: dt, hour, line, repeat_number and `fields`, an array of
   [host, ident, user, time, request, status, bytes, referer, agent], or of fewer entries where the line
   is not in that format, and `parts`: [method, target, protocol] of the request, or fewer likewise.
   The format demands the closing quote of the agent, so no cut line passes for a whole one.

   The regular expression runs once a line: replacing the match by its groups with \u0001 between them
   and splitting there is much cheaper than nine times regexp_extract. Its repetitions of alternatives
   are possessive (*+), which keeps Java from recursing over long lines. #}
{% macro parsed_log_lines() %}
SELECT
  dt,
  hour,
  line,
  repeat_number,
  fields,
  split(regexp_replace(get(fields, 4), r'^([A-Z][A-Z_-]*) (\S.*?)(?: (HTTP/\d(?:\.\d)?))?$', '$1\u0001$2\u0001$3'), '\u0001') AS parts
FROM (
  SELECT
    dt,
    hour,
    line,
    -- Equal lines cannot be told apart, so any order among them gives the same rows.
    CAST(row_number() OVER (PARTITION BY dt, hour, line ORDER BY line) AS INT) AS repeat_number,
    split(
      regexp_replace(
        line,
        r'^(\S+) (\S+) (\S+) \[([^\]]*)\] "((?:[^"\\]|\\.)*+)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*+)" "((?:[^"\\]|\\.)*+)"\s*$',
        '$1\u0001$2\u0001$3\u0001$4\u0001$5\u0001$6\u0001$7\u0001$8\u0001$9'
      ),
      '\u0001'
    ) AS fields
  FROM (
    -- A text table reads a line of just \N as NULL; bytes that are not UTF-8 become U+FFFD.
    SELECT dt, hour, decode(CAST(coalesce(line, r'\N') AS BINARY), 'UTF-8') AS line
    FROM weblogs.raw_lines
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
      AND concat(dt, 'T', hour) BETWEEN '{{ start_ts[:13] }}' AND '{{ end_ts[:13] }}'
  )
)
{% endmacro %}

{# Why a parsed line is no request; NULL where it is one. #}
{% macro log_line_reject_reason() -%}
CASE
    WHEN trim(line) = '' THEN 'empty'
    WHEN size(fields) <> 9 AND line RLIKE r'^\S+ \S+ \S+ \[' AND line NOT RLIKE r'"\s*$' THEN 'cut'
    WHEN size(fields) <> 9 THEN 'malformed'
    WHEN {{ log_line_time() }} IS NULL THEN 'bad_time'
    WHEN size(parts) <> 3 THEN 'bad_request'
    WHEN get(fields, 5) NOT BETWEEN '100' AND '599' THEN 'bad_status'
    -- A petabyte in one answer is no size, and sums of such would overflow.
    WHEN length(get(fields, 6)) > 15 THEN 'bad_bytes'
  END
{%- endmacro %}

{% macro log_line_time() -%}
try_to_timestamp(get(fields, 3), 'dd/MMM/yyyy:HH:mm:ss Z')
{%- endmacro %}
