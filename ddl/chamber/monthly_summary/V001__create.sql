CREATE EXTERNAL TABLE chamber.monthly_summary (
  deputy_id        BIGINT        COMMENT 'chamber.deputies.deputy_id',
  party            STRING        COMMENT 'chamber.parties.party in that month; NULL for leaderships',
  state            STRING        COMMENT 'State that elected the deputy; NULL for leaderships',
  category_id      INT           COMMENT 'chamber.categories.category_id',
  expenses         BIGINT        COMMENT 'Records',
  document_value   DECIMAL(28,2) COMMENT 'Sum of expenses.document_value in reais: split documents count several times',
  disallowed_value DECIMAL(28,2) COMMENT 'Sum of expenses.disallowed_value in reais',
  net_value        DECIMAL(28,2) COMMENT 'Sum of expenses.net_value in reais: what the quota paid',
  refund_value     DECIMAL(28,2) COMMENT 'Sum of expenses.refund_value in reais'
)
COMMENT 'Expenses by month, deputy, party, state and category'
PARTITIONED BY (
  year  STRING COMMENT 'Year of the quota, yyyy',
  month STRING COMMENT 'Month of the quota, 01 to 12'
)
STORED AS PARQUET;
