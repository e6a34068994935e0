/* ---
owner: open-government
description: Parties whose deputies spent
tags: [yearly]
checks:
  - not_null: [party, deputies, states, first_month, last_month]
  - unique: [party]
--- */
INSERT OVERWRITE TABLE chamber.parties
SELECT
  party,
  count(DISTINCT deputy_id) AS deputies,
  count(DISTINCT state) AS states,
  min(concat(year, '-', month)) AS first_month,
  max(concat(year, '-', month)) AS last_month
FROM chamber.expenses
WHERE year <= '{{ year }}'
  AND party IS NOT NULL
GROUP BY party
