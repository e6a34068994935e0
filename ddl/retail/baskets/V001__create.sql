CREATE EXTERNAL TABLE retail.baskets (
  order_id         STRING        COMMENT 'retail.orders.order_id',
  customer_state   STRING        COMMENT 'State of the customer; unknown: the customer is',
  product_category STRING        COMMENT 'English name, else Portuguese, else unknown; no_items',
  category_rank    INT           COMMENT '1: the category with most of the price, its leading one',
  is_new_order     BOOLEAN       COMMENT 'Whether the order was made on this day (false: only items or payments came)',
  items            BIGINT        COMMENT 'Items of the category',
  price            DECIMAL(14,2) COMMENT 'Their prices in reais',
  freight_value    DECIMAL(14,2) COMMENT 'Their freight in reais'
)
COMMENT 'What an order holds of a category; an order without items has one row, category no_items'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the purchase, yyyy-MM-dd')
STORED AS PARQUET;
