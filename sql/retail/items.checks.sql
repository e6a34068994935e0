-- check: an item comes on the day its order is made (warn)
SELECT i.dt, i.order_id, i.order_item_id
FROM {{ this }} AS i
LEFT ANTI JOIN retail.order_events AS e
  ON e.dt = i.dt AND e.order_id = i.order_id AND e.change_number = 1
  AND e.dt BETWEEN '{{ start_ds }}' AND '{{ end_ds }}'
