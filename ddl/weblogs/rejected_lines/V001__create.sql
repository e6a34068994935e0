CREATE EXTERNAL TABLE weblogs.rejected_lines (
  rejected_id   STRING COMMENT 'Key: a hash of dt, hour and the line, and repeat_number. The same whenever it is computed',
  line          STRING COMMENT 'The line; bytes that are not UTF-8 are shown as U+FFFD',
  reason        STRING COMMENT 'empty, cut, malformed, bad_time, bad_request, bad_status or bad_bytes',
  repeat_number INT    COMMENT '1 for the first of several equal lines of an hour, 2 for the second, ...'
)
COMMENT 'One row per line of raw_lines that is no request: together with requests, every line exactly once'
PARTITIONED BY (
  dt   STRING COMMENT 'UTC date of the hour among whose lines it was found, yyyy-MM-dd',
  hour STRING COMMENT 'UTC hour among whose lines it was found, 00 to 23'
)
STORED AS PARQUET;
