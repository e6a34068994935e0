-- check: changes lie inside their day (warn)
SELECT dt, order_id, change_number, changed_at
FROM {{ this }}
WHERE date_format(changed_at, 'yyyy-MM-dd') <> dt

-- check: nothing is known before it happened
SELECT dt, order_id, change_number, changed_at
FROM {{ this }}
WHERE change <> 'status'
  AND greatest(order_approved_at, order_delivered_carrier_date, order_delivered_customer_date) > changed_at
