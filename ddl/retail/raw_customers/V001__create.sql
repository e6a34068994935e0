CREATE EXTERNAL TABLE retail.raw_customers (
  line STRING COMMENT 'One record as JSON, values as the source has them'
)
COMMENT 'Customers as the shop exported them, one per order'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the purchase, yyyy-MM-dd')
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES ('serialization.last.column.takes.rest' = 'true')
STORED AS TEXTFILE;
