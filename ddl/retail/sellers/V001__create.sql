CREATE EXTERNAL TABLE retail.sellers (
  seller_id              STRING COMMENT 'Key of the seller',
  seller_zip_code_prefix STRING COMMENT 'First five digits of the zip code, leading zeros kept',
  seller_city            STRING COMMENT 'City as the shop has it',
  seller_state           STRING COMMENT 'Two letters of the state'
)
COMMENT 'Sellers of the market place'
STORED AS PARQUET;
