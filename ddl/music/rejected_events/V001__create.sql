CREATE EXTERNAL TABLE music.rejected_events (
  line   STRING COMMENT 'The line; bytes that are not UTF-8 are replaced (music.raw_events has them)',
  reason STRING COMMENT 'Why it could not be read: empty, not_utf8, cut, not_json, not_an_object, bad_<field>'
)
COMMENT 'One row per line of the event logs that could not be read; with music.events, every line once'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the log file, yyyy-MM-dd')
STORED AS PARQUET;
