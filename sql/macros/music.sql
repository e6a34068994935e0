{#- How the lines of the music service become values. Numbers are read as text first, so that one that
    cannot be read is told apart from one that is missing. -#}

{#- A line as a struct of texts, in `parsed.record`. The line is put into an object of our own: whatever
    follows a complete record, or is missing from one, then spoils the object, and `parsed.whole` is not true.
    It stands in a LATERAL VIEW because a plain column would be computed again, wherever it is used: Spark
    copies it into the filters that it pushes down to the line, for about three times the CPU. -#}
{% macro parsed_records(fields) -%}
LATERAL VIEW explode(array(
      from_json(
        concat('{"record":', coalesce(line, ''), ',"whole":true}'),
        'record STRUCT<{{ fields | join(": STRING, ") }}: STRING>, whole BOOLEAN',
        map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false')
      )
    )) AS parsed
{%- endmacro %}

{#- Why a line is no record; NULL where it is one. -#}
{% macro line_fault(line) -%}
WHEN trim({{ line }}) = '' THEN 'empty'
    WHEN CAST({{ line }} AS BINARY) <> encode({{ line }}, 'UTF-8') THEN 'not_utf8'
    WHEN parsed.whole IS NOT TRUE AND startswith(trim({{ line }}), '{') AND NOT endswith(trim({{ line }}), '}') THEN 'cut'
    WHEN parsed.whole IS NOT TRUE THEN 'not_json'
    WHEN parsed.record IS NULL THEN 'not_an_object'
{%- endmacro %}

{#- Whole numbers come as 12 and as 12.0; 12.5 is none. -#}
{% macro whole_number(text, type="BIGINT") -%}
CASE
      WHEN try_cast({{ text }} AS DECIMAL(30, 6)) % 1 = 0
        THEN try_cast(try_cast({{ text }} AS DECIMAL(30, 6)) AS {{ type }})
    END
{%- endmacro %}

{#- Milliseconds since 1970 as a time; NULL outside the years 1970 to 9999, which not every engine can hold. -#}
{% macro epoch_millis(text) -%}
CASE
      WHEN {{ whole_number(text) }} BETWEEN 0 AND 253402300799999
        THEN timestamp_millis({{ whole_number(text) }})
    END
{%- endmacro %}

{#- A finite number. -#}
{% macro real_number(text) -%}
CASE WHEN abs(try_cast({{ text }} AS DOUBLE)) < double('Infinity') THEN try_cast({{ text }} AS DOUBLE) END
{%- endmacro %}

{#- The lines of the batch's days with what could be read of them, and `reason`: why a line is no event. -#}
{% macro event_lines() -%}
SELECT
  *,
  CASE
    {{ line_fault("line") }}
    WHEN event_time IS NULL THEN 'bad_ts'
    WHEN session_id IS NULL THEN 'bad_sessionId'
    WHEN item_in_session IS NULL THEN 'bad_itemInSession'
    WHEN coalesce(parsed.record.page, '') = '' THEN 'bad_page'
    WHEN status IS NULL AND parsed.record.status <> '' THEN 'bad_status'
    WHEN length IS NULL AND parsed.record.length <> '' THEN 'bad_length'
    WHEN registered_at IS NULL AND parsed.record.registration <> '' THEN 'bad_registration'
  END AS reason
FROM (
  SELECT
    dt,
    line,
    parsed,
    {{ epoch_millis("parsed.record.ts") }} AS event_time,
    {{ whole_number("parsed.record.sessionId") }} AS session_id,
    {{ whole_number("parsed.record.itemInSession", "INT") }} AS item_in_session,
    {{ whole_number("parsed.record.status", "INT") }} AS status,
    {{ real_number("parsed.record.length") }} AS length,
    {{ epoch_millis("parsed.record.registration") }} AS registered_at
  FROM (
    SELECT dt, coalesce(line, '') AS line, parsed
    FROM music.raw_events
    {{ parsed_records([
      "ts", "userId", "sessionId", "itemInSession", "page", "auth", "method", "status", "level", "song",
      "artist", "length", "firstName", "lastName", "gender", "registration", "location", "userAgent",
    ]) }}
    WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
  )
)
{%- endmacro %}

{#- The lines that describe songs, likewise. -#}
{% macro song_lines() -%}
SELECT
  *,
  CASE
    {{ line_fault("line") }}
    WHEN coalesce(parsed.record.song_id, '') = '' THEN 'bad_song_id'
    WHEN coalesce(parsed.record.artist_id, '') = '' THEN 'bad_artist_id'
    WHEN year IS NULL AND parsed.record.year <> '' THEN 'bad_year'
    WHEN duration IS NULL THEN 'bad_duration'
    WHEN latitude IS NULL AND parsed.record.artist_latitude <> '' THEN 'bad_artist_latitude'
    WHEN longitude IS NULL AND parsed.record.artist_longitude <> '' THEN 'bad_artist_longitude'
  END AS reason
FROM (
  SELECT
    line,
    parsed,
    {{ whole_number("parsed.record.year", "INT") }} AS year,
    {{ real_number("parsed.record.duration") }} AS duration,
    {{ real_number("parsed.record.artist_latitude") }} AS latitude,
    {{ real_number("parsed.record.artist_longitude") }} AS longitude
  FROM (
    SELECT coalesce(line, '') AS line, parsed
    FROM music.raw_songs
    {{ parsed_records([
      "song_id", "title", "artist_id", "artist_name", "year", "duration", "artist_location",
      "artist_latitude", "artist_longitude",
    ]) }}
  )
)
{%- endmacro %}
