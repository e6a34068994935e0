CREATE EXTERNAL TABLE retail.payments (
  order_id             STRING        COMMENT 'retail.orders.order_id',
  payment_sequential   INT           COMMENT 'Number of the payment in its order, from 1',
  payment_type         STRING        COMMENT 'credit_card, boleto, voucher, debit_card or not_defined',
  payment_installments INT           COMMENT 'Number of instalments',
  payment_value        DECIMAL(12,2) COMMENT 'Amount in reais'
)
COMMENT 'Payments of orders; an order may be paid in several ways'
PARTITIONED BY (dt STRING COMMENT 'UTC date of the purchase, yyyy-MM-dd')
STORED AS PARQUET;
