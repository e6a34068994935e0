-- The record of a refunded ticket has a negative value; so has a credit note. Nothing else has.
-- check: disallowed and refunded amounts are not negative (warn)
SELECT * FROM {{ this }} WHERE disallowed_value < 0 OR refund_value < 0

-- A document split over several records repeats its whole value on each, and what was paid back is taken off:
-- 489 of the 157,823 records of 2017 (until August) do not balance.
-- check: net value is the document's less what was disallowed (warn)
SELECT * FROM {{ this }} WHERE document_value - disallowed_value <> net_value

-- check: no CPF is published
SELECT * FROM {{ this }}
WHERE concat_ws(' ', supplier_name, document_number, passenger, route) RLIKE r'(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)'
