-- Any bytes that a line may hold must come through: fields end where lines do (10 is the line feed; with the
-- default, Trino cuts at \001), and only an empty line is NULL (with the default, \N would be one).
CREATE EXTERNAL TABLE music.raw_events (
  line STRING COMMENT 'One line as it arrived; a JSON object where all is well; NULL where it is empty'
)
COMMENT 'Event logs of the app, as they arrived'
PARTITIONED BY (dt STRING COMMENT 'UTC date in the name of the file, yyyy-MM-dd')
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '10',
  'serialization.last.column.takes.rest' = 'true',
  'serialization.null.format' = ''
)
STORED AS TEXTFILE;
