/* ---
owner: retail-analytics
description: Payments of orders
tags: [daily, etl1]
start: 2016-09-04
checks:
  - not_null: [order_id, payment_sequential, payment_value]
  - unique: [order_id, payment_sequential]
  # not_defined: three payments of 0.00 of canceled orders.
  - accepted_values:
      column: payment_type
      values: [credit_card, boleto, voucher, debit_card, not_defined]
      severity: warn
  - expression: {sql: payment_value >= 0, severity: warn}
--- */
INSERT OVERWRITE TABLE retail.payments PARTITION (dt)
WITH arrived AS (
  SELECT
    {{ json_record(['order_id', 'payment_sequential', 'payment_type', 'payment_installments',
                    'payment_value']) }} AS record,
    line,
    dt
  FROM retail.raw_payments
  WHERE dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
),

typed AS (
  SELECT
    record.order_id AS order_id,
    try_cast(record.payment_sequential AS INT) AS payment_sequential,
    record.payment_type AS payment_type,
    try_cast(record.payment_installments AS INT) AS payment_installments,
    {{ money('record.payment_value') }} AS payment_value,
    line,
    dt
  FROM arrived
),

-- A line that came twice counts once: a day may be landed whole and by the hour.
numbered AS (
  SELECT
    order_id, payment_sequential, payment_type, payment_installments, payment_value,
    row_number() OVER (PARTITION BY dt, order_id, payment_sequential ORDER BY line) AS copy,
    dt
  FROM typed
  WHERE order_id IS NOT NULL AND payment_sequential IS NOT NULL AND payment_value IS NOT NULL
)

SELECT /*+ REBALANCE(dt) */
  order_id,
  payment_sequential,
  payment_type,
  payment_installments,
  payment_value,
  dt
FROM numbered
WHERE copy = 1
