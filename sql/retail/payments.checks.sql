-- check: a payment comes on the day its order is made (warn)
SELECT p.dt, p.order_id, p.payment_sequential
FROM {{ this }} AS p
LEFT ANTI JOIN retail.order_events AS e
  ON e.dt = p.dt AND e.order_id = p.order_id AND e.change_number = 1
  AND e.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
