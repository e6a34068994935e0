CREATE EXTERNAL TABLE retail.raw_orders (
  line STRING COMMENT 'One record as JSON, values as the source has them'
)
COMMENT 'Orders as they were after each of their changes'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the change, yyyy-MM-dd')
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES ('serialization.last.column.takes.rest' = 'true')
STORED AS TEXTFILE;
