-- The record of a refunded ticket has a negative value; so has a credit note. Nothing else has.
-- check: disallowed and refunded amounts are not negative (warn)
SELECT * FROM {{ this }} WHERE disallowed_value < 0 OR refund_value < 0

-- A document split over several records repeats its whole value on each, and what was paid back is taken off:
-- 489 of the 157,823 records of 2017 (until August) do not balance.
-- check: net value is the document's less what was disallowed (warn)
SELECT * FROM {{ this }} WHERE document_value - disallowed_value <> net_value

-- All texts but the ids that are hashes, in which eleven digits may follow each other by chance.
-- check: no CPF is published
SELECT * FROM {{ this }}
WHERE {{ shows_cpf("concat_ws(
  ' ', deputy_name, card_number, state, party, category, specification, supplier_name, supplier_document,
  document_number, passenger, route, reimbursement_id
)") }}
