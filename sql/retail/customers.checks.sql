-- check: a customer comes on the day of the order (warn)
SELECT c.dt, c.customer_id
FROM {{ this }} AS c
LEFT ANTI JOIN retail.order_events AS e
  ON e.dt = c.dt AND e.customer_id = c.customer_id AND e.change_number = 1
  AND e.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
