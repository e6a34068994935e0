-- The properties are those of music.raw_events, for the same reasons.
CREATE EXTERNAL TABLE music.raw_songs (
  line STRING COMMENT 'One line as it arrived; a JSON object where all is well; NULL where it is empty'
)
COMMENT 'Descriptions of songs with their artists, one or more to a file, as they arrived'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '10',
  'serialization.last.column.takes.rest' = 'true',
  'serialization.null.format' = ''
)
STORED AS TEXTFILE;
