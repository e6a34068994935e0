CREATE EXTERNAL TABLE retail.daily_report (
  customer_state       STRING        COMMENT 'State of the customer; unknown: the customer is',
  product_category     STRING        COMMENT 'English name, else Portuguese, else unknown; no_items',
  orders               BIGINT        COMMENT 'Orders made on the day whose leading category this is; adds up over categories',
  orders_with_category BIGINT        COMMENT 'Orders made on the day with an item of the category; does not add up',
  items                BIGINT        COMMENT 'Items ordered',
  revenue              DECIMAL(16,2) COMMENT 'Prices of the items in reais',
  freight_value        DECIMAL(16,2) COMMENT 'Freight of the items in reais',
  payment_value        DECIMAL(16,2) COMMENT 'Payments in reais; of an order with several categories the share by price and freight',
  credit_card_value    DECIMAL(16,2) COMMENT 'Of these by credit card',
  boleto_value         DECIMAL(16,2) COMMENT 'Of these by boleto (bank slip)',
  voucher_value        DECIMAL(16,2) COMMENT 'Of these by voucher',
  debit_card_value     DECIMAL(16,2) COMMENT 'Of these by debit card',
  other_payment_value  DECIMAL(16,2) COMMENT 'Of these in any other way',
  average_basket       DECIMAL(16,2) COMMENT 'revenue / orders_with_category; NULL: no order',
  deliveries           BIGINT        COMMENT 'Orders delivered on the day, by leading category, whenever they were made',
  late_deliveries      BIGINT        COMMENT 'Of these delivered after the promised day'
)
COMMENT 'Orders, revenue, payments and deliveries by day, state of the customer and category'
PARTITIONED BY (dt STRING COMMENT 'UTC date, yyyy-MM-dd')
STORED AS PARQUET;
