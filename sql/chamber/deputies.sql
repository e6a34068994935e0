/* ---
owner: open-government
description: Deputies and leaderships that spent, with their latest attributes
tags: [yearly]
checks:
  - not_null: [deputy_id, name, is_leadership, first_month, last_month]
  - unique: [deputy_id]
  - expression: is_leadership = (register_id IS NULL)
--- */
INSERT OVERWRITE TABLE chamber.deputies
WITH latest AS (
  SELECT
    deputy_id,
    -- The greatest of structs is the latest month's; the key decides between records of one day.
    max(struct(year, month, issue_date, expense_id, deputy_name, register_id, card_number, legislature, state, party)) AS expense,
    min(concat(year, '-', month)) AS first_month,
    max(concat(year, '-', month)) AS last_month
  FROM chamber.expenses
  WHERE year <= '{{ year }}'
  GROUP BY deputy_id
)
SELECT
  deputy_id,
  expense.deputy_name AS name,
  expense.register_id IS NULL AS is_leadership,
  expense.register_id AS register_id,
  expense.card_number AS card_number,
  expense.legislature AS legislature,
  expense.state AS state,
  expense.party AS party,
  first_month,
  last_month
FROM latest
