CREATE EXTERNAL TABLE retail.raw_geolocation (
  line STRING COMMENT 'One record as JSON, values as the source has them'
)
COMMENT 'Points of zip code prefixes as the shop exported them'
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES ('serialization.last.column.takes.rest' = 'true')
STORED AS TEXTFILE;
