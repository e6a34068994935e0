{#- How the lines of the Chamber's yearly files become values. -#}

{#- Eleven digits in a row, bare or as 123.456.789-01, with all but the six in the middle starred out. Whether
    they are a CPF cannot be told for sure, so all of them are taken for one. -#}
{% macro masked(text) -%}
regexp_replace({{ text }}, r'(?<!\d)\d{3}\.?(\d{3})\.?(\d{3})-?\d{2}(?!\d)', '***.$1.$2-**')
{%- endmacro %}

{#- Money, exactly: `4007,06`, `4.007,06` or `4007.06`. What has more than two decimals, more than ten digits
    before them, or could be read in two ways (`4.007`) is NULL. -#}
{% macro reais(text) -%}
CASE
      WHEN {{ text }} RLIKE r'^-?\d{1,10}([.,]\d{1,2})?$'
        THEN try_cast(replace({{ text }}, ',', '.') AS DECIMAL(18,2))
      WHEN {{ text }} RLIKE r'^-?\d{1,3}(\.\d{3}){1,2},\d{1,2}$'
        THEN try_cast(replace(replace({{ text }}, '.', ''), ',', '.') AS DECIMAL(18,2))
    END
{%- endmacro %}

{#- A number that is no quantity: 0 stands for none. -#}
{% macro number_or_none(text, type="BIGINT") -%}
nullif(try_cast({{ text }} AS {{ type }}), 0)
{%- endmacro %}

{#- Whether a text holds what `masked` would star out. -#}
{% macro shows_cpf(text) -%}
{{ text }} RLIKE r'(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)'
{%- endmacro %}

{#- What stands for a number that must not be published: a hash with a salt. It hides the number only from those who
    do not know the salt. The default one is in this file, for all to read: six digits of a CPF are shown by the
    mask, the last two follow from the nine before them, so a thousand hashes with it find the other three. Whoever
    publishes the tables must set var.cpf_salt, and keep it. -#}
{% macro pseudonym(text) -%}
left(sha2(concat('{{ var.cpf_salt | default("chamber of deputies") }}', {{ text }}), 256), 24)
{%- endmacro %}

{#- The year's lines as a list of CTEs, of which `lines` is the last: what could be read of each line in `record`,
    and `reason`: why it is no expense. The line that names the fields is left out.

    `line_key` and `repeat_number` together are a key. The key knows nothing of CPFs: a hash of the whole line
    could be undone by trying the few digits that are masked. -#}
{% macro expense_lines() -%}
raw_lines AS (
  -- An empty line is NULL in the raw table; bytes that are not UTF-8 become U+FFFD.
  SELECT year, decode(CAST(coalesce(line, '') AS BINARY), 'UTF-8') AS line
  FROM chamber.raw_expenses
  WHERE year = '{{ year }}'
),
masked_lines AS (
  SELECT year, line, {{ masked("line") }} AS masked_line
  FROM raw_lines
  WHERE line NOT RLIKE '(?i)^\ufeff?"?txNomeParlamentar"?;'
),
keyed_lines AS (
  SELECT *, left(sha2(concat(year, masked_line), 256), 32) AS line_key
  FROM masked_lines
),
numbered_lines AS (
  SELECT
    year,
    line,
    masked_line,
    line_key,
    -- Equal lines cannot be told apart, so any order among them gives the same rows.
    CAST(row_number() OVER (PARTITION BY year, line_key ORDER BY line) AS INT) AS repeat_number
  FROM keyed_lines
),
records AS (
  -- In a LATERAL VIEW a line is read once. A plain column is computed again in every filter on what follows
  -- from it, because Spark pushes filters down.
  SELECT year, masked_line, line_key, repeat_number, record
  FROM numbered_lines
  LATERAL VIEW explode(array(
    from_csv(
      line,
      'txNomeParlamentar STRING, ideCadastro STRING, nuCarteiraParlamentar STRING, nuLegislatura STRING,
       sgUF STRING, sgPartido STRING, codLegislatura STRING, numSubCota STRING, txtDescricao STRING,
       numEspecificacaoSubCota STRING, txtDescricaoEspecificacao STRING, txtFornecedor STRING,
       txtCNPJCPF STRING, txtNumero STRING, indTipoDocumento STRING, datEmissao STRING,
       vlrDocumento STRING, vlrGlosa STRING, vlrLiquido STRING, numMes STRING, numAno STRING,
       numParcela STRING, txtPassageiro STRING, txtTrecho STRING, numLote STRING,
       numRessarcimento STRING, vlrRestituicao STRING, nuDeputadoId STRING, ideDocumento STRING,
       malformed STRING',
      map('sep', ';', 'quote', '"', 'escape', '"', 'columnNameOfCorruptRecord', 'malformed')
    )
  )) AS record
),
amounts AS (
  SELECT
    *,
    {{ reais("record.vlrDocumento") }} AS document_value,
    {{ reais("coalesce(record.vlrGlosa, '0')") }} AS disallowed_value,
    {{ reais("record.vlrLiquido") }} AS net_value,
    {{ reais("coalesce(record.vlrRestituicao, '0')") }} AS refund_value
  FROM records
),
lines AS (
  SELECT
    *,
    CASE
      WHEN trim(masked_line) = '' THEN 'empty'
      WHEN record.malformed IS NOT NULL THEN 'field_count'
      WHEN try_cast(record.numAno AS INT) IS DISTINCT FROM CAST(year AS INT) THEN 'bad_year'
      WHEN coalesce(try_cast(record.numMes AS INT), 0) NOT BETWEEN 1 AND 12 THEN 'bad_month'
      WHEN try_cast(record.nuDeputadoId AS BIGINT) IS NULL THEN 'bad_deputy'
      WHEN try_cast(record.numSubCota AS INT) IS NULL THEN 'bad_category'
      WHEN document_value IS NULL OR disallowed_value IS NULL OR net_value IS NULL OR refund_value IS NULL THEN 'bad_amount'
    END AS reason
  FROM amounts
)
{%- endmacro %}
