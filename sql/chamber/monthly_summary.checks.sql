-- check: amounts add up to those of expenses
SELECT *
FROM (
  SELECT
    month,
    sum(expenses) AS expenses,
    sum(document_value) AS document_value,
    sum(disallowed_value) AS disallowed_value,
    sum(net_value) AS net_value,
    sum(refund_value) AS refund_value
  FROM {{ this }}
  GROUP BY month
) AS summary
FULL JOIN (
  SELECT
    month,
    count(*) AS expenses,
    sum(document_value) AS document_value,
    sum(disallowed_value) AS disallowed_value,
    sum(net_value) AS net_value,
    sum(refund_value) AS refund_value
  FROM chamber.expenses
  WHERE year = '{{ year }}'
  GROUP BY month
) AS source ON source.month = summary.month
WHERE NOT (
  summary.expenses <=> source.expenses
  AND summary.document_value <=> source.document_value
  AND summary.disallowed_value <=> source.disallowed_value
  AND summary.net_value <=> source.net_value
  AND summary.refund_value <=> source.refund_value
)

-- check: one row for each month, deputy, party, state and category
SELECT month, deputy_id, party, state, category_id, count(*) AS repeats
FROM {{ this }}
GROUP BY month, deputy_id, party, state, category_id
HAVING count(*) > 1
