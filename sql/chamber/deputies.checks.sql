-- check: every expense has its deputy
SELECT e.deputy_id, e.deputy_name
FROM chamber.expenses AS e
LEFT ANTI JOIN {{ this }} AS d ON d.deputy_id = e.deputy_id
WHERE e.year <= '{{ year }}'
