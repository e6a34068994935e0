-- Of the shop's 96,478 delivered orders 8 have no date of delivery: they are kept as they are.
-- check: a delivered order has its date of delivery (warn)
SELECT order_id, order_status, order_delivered_customer_date
FROM {{ this }}
WHERE order_status = 'delivered' AND order_delivered_customer_date IS NULL
