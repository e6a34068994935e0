CREATE EXTERNAL TABLE chamber.suppliers (
  supplier_id STRING COMMENT 'CNPJ of a company; for others a key made from a hash: the key',
  name        STRING COMMENT 'The name that most expenses have; a CPF in it is masked',
  kind        STRING COMMENT 'company (CNPJ), person (CPF), unregistered (no number) or other (a number that is neither)',
  document    STRING COMMENT 'CNPJ, 14 digits with leading zeros, or a masked CPF such as ***.123.456-**; NULL for the rest',
  first_month STRING COMMENT 'Month of the first expense, yyyy-MM',
  last_month  STRING COMMENT 'Month of the latest expense, yyyy-MM'
)
COMMENT 'Dimension: who was paid. Natural persons are known by a hash of their CPF and shown with it masked'
STORED AS PARQUET;
