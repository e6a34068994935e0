-- Any bytes that a line may hold must come through: fields end where lines do (10 is the line feed; with the
-- default, Trino cuts at \001), and only an empty line is NULL (with the default, \N would be one).
CREATE EXTERNAL TABLE retail.raw_sellers (
  line STRING COMMENT 'One record as JSON, values as the source has them; NULL where the line is empty'
)
COMMENT 'Sellers as the shop exported them'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
  'field.delim' = '10',
  'serialization.last.column.takes.rest' = 'true',
  'serialization.null.format' = ''
)
STORED AS TEXTFILE;
