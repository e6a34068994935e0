CREATE EXTERNAL TABLE chamber.parties (
  party       STRING COMMENT 'Abbreviation of the party: the key',
  deputies    BIGINT COMMENT 'Distinct deputies who spent as its members',
  states      BIGINT COMMENT 'Distinct states that elected them',
  first_month STRING COMMENT 'Month of the first expense, yyyy-MM',
  last_month  STRING COMMENT 'Month of the latest expense, yyyy-MM'
)
COMMENT 'Dimension: parties of deputies with expenses. Leaderships have none in the source'
STORED AS PARQUET;
