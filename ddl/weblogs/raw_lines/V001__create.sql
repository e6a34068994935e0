-- The serde gives the last column whatever is left of the line, so that no control character cuts it.
CREATE EXTERNAL TABLE weblogs.raw_lines (
  line STRING COMMENT 'One line of an access log as the server wrote it, without its line end'
)
COMMENT 'Source: access logs in Apache''s combined format, sliced by the hour that each line tells'
PARTITIONED BY (
  dt   STRING COMMENT 'UTC date of the lines, yyyy-MM-dd',
  hour STRING COMMENT 'UTC hour of the lines, 00 to 23'
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES ('serialization.last.column.takes.rest' = 'true')
STORED AS TEXTFILE;
