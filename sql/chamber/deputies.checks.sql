-- check: every expense has its deputy
SELECT e.deputy_id, e.deputy_name
FROM chamber.expenses AS e
LEFT ANTI JOIN {{ this }} AS d ON d.deputy_id = e.deputy_id
WHERE e.year <= '{{ year }}'

-- check: no CPF is published
SELECT * FROM {{ this }} WHERE {{ shows_cpf("concat_ws(' ', name, card_number, state, party)") }}
