/* ---
owner: open-government
description: Categories of expenses, each under its latest name
tags: [yearly]
checks:
  - not_null: [category_id, name, first_month, last_month]
  - unique: [category_id]
--- */
INSERT OVERWRITE TABLE chamber.categories
SELECT
  category_id,
  max(struct(year, month, category)).category AS name,
  min(concat(year, '-', month)) AS first_month,
  max(concat(year, '-', month)) AS last_month
FROM chamber.expenses
WHERE year <= '{{ year }}'
GROUP BY category_id
