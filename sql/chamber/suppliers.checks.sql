-- check: every expense has its supplier
SELECT e.supplier_id, e.supplier_name
FROM chamber.expenses AS e
LEFT ANTI JOIN {{ this }} AS s ON s.supplier_id = e.supplier_id
WHERE e.year <= '{{ year }}'

-- check: no CPF is published
SELECT * FROM {{ this }} WHERE {{ shows_cpf("concat_ws(' ', name, document)") }}
