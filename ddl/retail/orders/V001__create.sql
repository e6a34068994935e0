CREATE EXTERNAL TABLE retail.orders (
  order_id                      STRING    COMMENT 'Key of the order',
  customer_id                   STRING    COMMENT 'retail.customers.customer_id, one per order',
  order_status                  STRING    COMMENT 'Latest known status',
  order_purchase_timestamp      TIMESTAMP COMMENT 'When the order was made',
  order_approved_at             TIMESTAMP COMMENT 'When its payment was approved; NULL: not yet',
  order_delivered_carrier_date  TIMESTAMP COMMENT 'When the carrier took it over; NULL: not yet',
  order_delivered_customer_date TIMESTAMP COMMENT 'When the customer received it; NULL: not yet',
  order_estimated_delivery_date TIMESTAMP COMMENT 'Day by which delivery was promised, at midnight',
  changes                       INT       COMMENT 'Changes of the order so far',
  last_changed_at               TIMESTAMP COMMENT 'UTC time of the latest change'
)
COMMENT 'Every order in its latest state; its history is retail.order_events'
STORED AS PARQUET;
