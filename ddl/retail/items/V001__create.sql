CREATE EXTERNAL TABLE retail.items (
  order_id            STRING        COMMENT 'retail.orders.order_id',
  order_item_id       INT           COMMENT 'Number of the item in its order, from 1',
  product_id          STRING        COMMENT 'retail.products.product_id',
  seller_id           STRING        COMMENT 'retail.sellers.seller_id',
  shipping_limit_date TIMESTAMP     COMMENT 'Until when the seller must hand it to the carrier',
  price               DECIMAL(12,2) COMMENT 'Price of the item in reais',
  freight_value       DECIMAL(12,2) COMMENT 'Freight of the item in reais'
)
COMMENT 'Items of orders, one row a piece'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the purchase, yyyy-MM-dd')
STORED AS PARQUET;
