CREATE EXTERNAL TABLE retail.customers (
  customer_id              STRING COMMENT 'Key, one per order',
  customer_unique_id       STRING COMMENT 'The person',
  customer_zip_code_prefix STRING COMMENT 'First five digits of the zip code, leading zeros kept',
  customer_city            STRING COMMENT 'City as the shop has it',
  customer_state           STRING COMMENT 'Two letters of the state'
)
COMMENT 'Who made an order: one row per order, persons are customer_unique_id'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the purchase, yyyy-MM-dd')
STORED AS PARQUET;
