/* ---
owner: open-government
description: Companies and persons that were paid, each under its most usual name
tags: [yearly]
checks:
  - not_null: [supplier_id, kind, first_month, last_month]
  - unique: [supplier_id]
  - accepted_values: {column: kind, values: [company, person, unregistered, other]}
  - expression: "kind <> 'company' OR document RLIKE '^[0-9]{14}$'"
--- */
INSERT OVERWRITE TABLE chamber.suppliers
WITH names AS (
  SELECT
    supplier_id,
    supplier_kind,
    supplier_document,
    supplier_name,
    count(*) AS expenses,
    min(concat(year, '-', month)) AS first_month,
    max(concat(year, '-', month)) AS last_month
  FROM chamber.expenses
  WHERE year <= '{{ year }}'
  GROUP BY supplier_id, supplier_kind, supplier_document, supplier_name
)
SELECT
  supplier_id,
  -- Deputies' offices spell names as they like: the usual spelling wins, of equally usual ones the greatest.
  max(struct(expenses, supplier_name)).supplier_name AS name,
  supplier_kind AS kind,
  supplier_document AS document,
  min(first_month) AS first_month,
  max(last_month) AS last_month
FROM names
GROUP BY supplier_id, supplier_kind, supplier_document
