-- Expenses are made before this table. Should it run alone, while expenses of another file are published,
-- it fails: run both.
-- check: expenses and rejected lines are all lines but the one of names
SELECT s.lines, e.expenses, t.rejected
FROM (
  SELECT count(*) AS lines
  FROM chamber.raw_expenses
  WHERE year = '{{ year }}'
    AND coalesce(line, '') NOT RLIKE '(?i)^\ufeff?"?txNomeParlamentar"?;'
) AS s
CROSS JOIN (SELECT count(*) AS expenses FROM chamber.expenses WHERE year = '{{ year }}') AS e
CROSS JOIN (SELECT count(*) AS rejected FROM {{ this }}) AS t
WHERE s.lines <> e.expenses + t.rejected

-- check: no CPF is published
SELECT * FROM {{ this }} WHERE {{ shows_cpf("line") }}
