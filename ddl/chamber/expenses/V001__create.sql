CREATE EXTERNAL TABLE chamber.expenses (
  expense_id        STRING        COMMENT 'Key: a hash of the year and the record without CPFs, and repeat_number. The same whenever it is computed',
  document_id       BIGINT        COMMENT 'ideDocumento; NULL for what has no document of its own, such as tickets and phone bills',
  deputy_id         BIGINT        COMMENT 'chamber.deputies.deputy_id (nuDeputadoId): who spent it, a deputy or a leadership',
  deputy_name       STRING        COMMENT 'Name of the deputy or leadership as the record has it',
  register_id       BIGINT        COMMENT 'ideCadastro of the deputy; NULL for leaderships',
  card_number       STRING        COMMENT 'Number of the deputy\'s card in the legislature; NULL for leaderships',
  legislature       INT           COMMENT 'Year in which the legislature began; NULL for leaderships',
  state             STRING        COMMENT 'State that elected the deputy, two letters; NULL for leaderships',
  party             STRING        COMMENT 'chamber.parties.party: the deputy\'s party as the record has it; NULL for leaderships',
  category_id       INT           COMMENT 'chamber.categories.category_id (numSubCota)',
  category          STRING        COMMENT 'What it was spent on, as the record has it',
  specification     STRING        COMMENT 'Closer description, used for fuel: what was fuelled; NULL elsewhere',
  supplier_id       STRING        COMMENT 'chamber.suppliers.supplier_id: the CNPJ of a company; no CPF, but what stands for one',
  supplier_name     STRING        COMMENT 'Name of the supplier as the record has it; a CPF in it is masked',
  supplier_kind     STRING        COMMENT 'company (CNPJ), person (CPF), unregistered (no number) or other (a number that is neither)',
  supplier_document STRING        COMMENT 'CNPJ, 14 digits with leading zeros, or a masked CPF such as ***.123.456-**; NULL for the rest',
  document_number   STRING        COMMENT 'Number on the document, as written; eleven digits are masked like a CPF',
  document_type     INT           COMMENT 'indTipoDocumento: 0 invoice, 1 receipt, 2 expense abroad, others as the Chamber numbers them',
  issue_date        DATE          COMMENT 'Date on the document; NULL where it has none or one that cannot be read',
  document_value    DECIMAL(18,2) COMMENT 'Value of the whole document in reais; negative for refunded tickets. Repeated where a document is split',
  disallowed_value  DECIMAL(18,2) COMMENT 'Glosa: what the Chamber did not accept, in reais; 0 where nothing',
  net_value         DECIMAL(18,2) COMMENT 'What was charged to the quota, in reais; negative for refunded tickets. This is the one to add up',
  refund_value      DECIMAL(18,2) COMMENT 'What the deputy paid back, in reais; 0 where nothing',
  installment       INT           COMMENT 'numParcela: number of the installment; 0 where paid at once',
  passenger         STRING        COMMENT 'Passenger of a ticket; NULL elsewhere',
  route             STRING        COMMENT 'Route of a ticket, airports by their codes; NULL elsewhere',
  batch_id          BIGINT        COMMENT 'numLote: cover of the documents handed in together; NULL where none',
  reimbursement_id  STRING        COMMENT 'numRessarcimento: the payment that it was part of; NULL where none',
  repeat_number     INT           COMMENT '1 for the first of several equal records of a year, 2 for the second, ...'
)
COMMENT 'Fact: one row per record of the yearly files, refunds among them. Months follow the quota that was charged, not the document'
PARTITIONED BY (
  year  STRING COMMENT 'Year of the quota, yyyy',
  month STRING COMMENT 'Month of the quota, 01 to 12'
)
STORED AS PARQUET;
