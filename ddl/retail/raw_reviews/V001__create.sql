CREATE EXTERNAL TABLE retail.raw_reviews (
  line STRING COMMENT 'One record as JSON, values as the source has them'
)
COMMENT 'Reviews as the shop exported them'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the answer, yyyy-MM-dd')
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES ('serialization.last.column.takes.rest' = 'true')
STORED AS TEXTFILE;
