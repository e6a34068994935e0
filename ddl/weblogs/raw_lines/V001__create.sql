-- Any bytes that a line may hold must come through: fields end where lines do (10 is the line feed; with the
-- default, Trino cuts at \001), and only an empty line is NULL (with the default, \N would be one).
CREATE EXTERNAL TABLE weblogs.raw_lines (
  line STRING COMMENT 'One line of an access log as the server wrote it, without its line end; NULL where it is empty'
)
COMMENT 'Source: access logs in Apache\'s combined format, sliced by the hour that each line tells'
PARTITIONED BY (
  dt   STRING COMMENT 'UTC date of the lines, yyyy-MM-dd',
  hour STRING COMMENT 'UTC hour of the lines, 00 to 23'
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '10',
  'serialization.last.column.takes.rest' = 'true',
  'serialization.null.format' = ''
)
STORED AS TEXTFILE;
