/* ---
owner: retail-analytics
description: Payments of orders
tags: [daily, etl1]
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
WITH typed AS (
  SELECT {{ few_tasks() }}
    j.order_id,
    try_cast(j.payment_sequential AS INT) AS payment_sequential,
    j.payment_type,
    try_cast(j.payment_installments AS INT) AS payment_installments,
    {{ money('j.payment_value') }} AS payment_value,
    r.line,
    r.dt
  FROM retail.raw_payments AS r
  LATERAL VIEW {{ json_fields(['order_id', 'payment_sequential', 'payment_type',
                               'payment_installments', 'payment_value']) }}
  WHERE r.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
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
