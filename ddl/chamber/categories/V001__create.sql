CREATE EXTERNAL TABLE chamber.categories (
  category_id INT    COMMENT 'numSubCota: the key',
  name        STRING COMMENT 'What is bought, as in the latest expense',
  first_month STRING COMMENT 'Month of the first expense, yyyy-MM',
  last_month  STRING COMMENT 'Month of the latest expense, yyyy-MM'
)
COMMENT 'Dimension: what the quota may be spent on'
STORED AS PARQUET;
