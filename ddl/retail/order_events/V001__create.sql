CREATE EXTERNAL TABLE retail.order_events (
  order_id                      STRING    COMMENT 'Key of the order',
  customer_id                   STRING    COMMENT 'retail.customers.customer_id, one per order',
  change_number                 INT       COMMENT 'Changes of the order up to this one, from 1',
  change                        STRING    COMMENT 'What happened: purchase, approved, carrier, delivered, or status (a status without a time of its own)',
  changed_at                    TIMESTAMP COMMENT 'UTC time of the change',
  order_status                  STRING    COMMENT 'Status from this change on',
  order_purchase_timestamp      TIMESTAMP COMMENT 'When the order was made',
  order_approved_at             TIMESTAMP COMMENT 'When its payment was approved; NULL: not yet',
  order_delivered_carrier_date  TIMESTAMP COMMENT 'When the carrier took it over; NULL: not yet',
  order_delivered_customer_date TIMESTAMP COMMENT 'When the customer received it; NULL: not yet',
  order_estimated_delivery_date TIMESTAMP COMMENT 'Day by which delivery was promised, at midnight'
)
COMMENT 'History of orders: one row for each change, the order as it was then'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the change, yyyy-MM-dd')
STORED AS PARQUET;
