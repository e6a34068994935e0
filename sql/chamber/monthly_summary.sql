/* ---
owner: open-government
description: Expenses by month, deputy, party, state and category
tags: [yearly]
grain: yearly
checks:
  - not_null: [deputy_id, category_id, expenses, document_value, disallowed_value, net_value, refund_value]
  - relationships: {column: deputy_id, to: chamber.deputies, field: deputy_id}
  - relationships: {column: category_id, to: chamber.categories, field: category_id}
  - relationships: {column: party, to: chamber.parties, field: party}
--- */
INSERT OVERWRITE TABLE chamber.monthly_summary PARTITION (year = '{{ year }}', month)
SELECT
  deputy_id,
  party,
  state,
  category_id,
  count(*) AS expenses,
  CAST(sum(document_value) AS DECIMAL(28,2)) AS document_value,
  CAST(sum(disallowed_value) AS DECIMAL(28,2)) AS disallowed_value,
  CAST(sum(net_value) AS DECIMAL(28,2)) AS net_value,
  CAST(sum(refund_value) AS DECIMAL(28,2)) AS refund_value,
  month
FROM chamber.expenses
WHERE year = '{{ year }}'
GROUP BY month, deputy_id, party, state, category_id
