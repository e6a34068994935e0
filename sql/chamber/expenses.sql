/* ---
owner: open-government
description: Expenses of deputies and leaderships, typed, one row per record of the year's file
tags: [yearly]
grain: yearly
checks:
  - not_null: [expense_id, deputy_id, deputy_name, category_id, supplier_id, supplier_kind]
  - not_null: [document_value, disallowed_value, net_value, refund_value, repeat_number]
  - unique: [expense_id]
  - accepted_values: {column: month, values: ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12']}
  - accepted_values: {column: supplier_kind, values: [company, person, unregistered, other]}
  - expression: "supplier_kind <> 'company' OR supplier_document RLIKE '^[0-9]{14}$'"
  - expression: "supplier_kind <> 'person' OR supplier_document RLIKE '^[*]{3}[.][0-9]{3}[.][0-9]{3}-[*]{2}$'"
  - expression: (party IS NULL) = (register_id IS NULL)
    severity: warn
--- */
INSERT OVERWRITE TABLE chamber.expenses PARTITION (year = '{{ year }}', month)
WITH
{{ expense_lines() }},
expenses AS (
  SELECT
    *,
    -- Some years write 12.345.678/0001-90, others the digits alone.
    nullif(regexp_replace(coalesce(record.txtCNPJCPF, ''), '[^0-9]', ''), '') AS supplier_digits
  FROM lines
  WHERE reason IS NULL
)
SELECT
  concat(line_key, '-', CAST(repeat_number AS STRING)) AS expense_id,
  {{ number_or_none("record.ideDocumento") }} AS document_id,
  CAST(record.nuDeputadoId AS BIGINT) AS deputy_id,
  coalesce(trim({{ masked("record.txNomeParlamentar") }}), '') AS deputy_name,
  {{ number_or_none("record.ideCadastro") }} AS register_id,
  {{ masked("record.nuCarteiraParlamentar") }} AS card_number,
  {{ number_or_none("record.nuLegislatura", "INT") }} AS legislature,
  {{ masked("record.sgUF") }} AS state,
  {{ masked("record.sgPartido") }} AS party,
  CAST(record.numSubCota AS INT) AS category_id,
  {{ masked("record.txtDescricao") }} AS category,
  {{ masked("record.txtDescricaoEspecificacao") }} AS specification,
  CASE
    WHEN length(supplier_digits) = 14 THEN supplier_digits
    WHEN length(supplier_digits) = 11 THEN concat('cpf-', {{ pseudonym("supplier_digits") }})
    WHEN supplier_digits IS NOT NULL THEN concat('other-', {{ pseudonym("supplier_digits") }})
    ELSE concat('name-', left(sha2(upper(trim({{ masked("coalesce(record.txtFornecedor, '')") }})), 256), 24))
  END AS supplier_id,
  {{ masked("record.txtFornecedor") }} AS supplier_name,
  CASE
    WHEN length(supplier_digits) = 14 THEN 'company'
    WHEN length(supplier_digits) = 11 THEN 'person'
    WHEN supplier_digits IS NOT NULL THEN 'other'
    ELSE 'unregistered'
  END AS supplier_kind,
  CASE
    WHEN length(supplier_digits) = 14 THEN supplier_digits
    WHEN length(supplier_digits) = 11 THEN {{ masked("supplier_digits") }}
  END AS supplier_document,
  {{ masked("record.txtNumero") }} AS document_number,
  try_cast(record.indTipoDocumento AS INT) AS document_type,
  try_cast(left(record.datEmissao, 10) AS DATE) AS issue_date,
  document_value,
  disallowed_value,
  net_value,
  refund_value,
  try_cast(record.numParcela AS INT) AS installment,
  {{ masked("trim(record.txtPassageiro)") }} AS passenger,
  {{ masked("record.txtTrecho") }} AS route,
  {{ number_or_none("record.numLote") }} AS batch_id,
  nullif({{ masked("record.numRessarcimento") }}, '0') AS reimbursement_id,
  repeat_number,
  lpad(CAST(CAST(record.numMes AS INT) AS STRING), 2, '0') AS month
FROM expenses
