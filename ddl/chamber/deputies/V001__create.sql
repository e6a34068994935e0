CREATE EXTERNAL TABLE chamber.deputies (
  deputy_id     BIGINT  COMMENT 'nuDeputadoId: the key',
  name          STRING  COMMENT 'Parliamentary name, as in the latest expense',
  is_leadership BOOLEAN COMMENT 'True for the offices of party and government leaders, which spend but are no person',
  register_id   BIGINT  COMMENT 'ideCadastro, as in the latest expense; NULL for leaderships',
  card_number   STRING  COMMENT 'Number of the card in the legislature, as in the latest expense; NULL for leaderships',
  legislature   INT     COMMENT 'Year in which the legislature of the latest expense began; NULL for leaderships',
  state         STRING  COMMENT 'State that elected the deputy, as in the latest expense; NULL for leaderships',
  party         STRING  COMMENT 'chamber.parties.party, as in the latest expense; NULL for leaderships',
  first_month   STRING  COMMENT 'Month of the first expense, yyyy-MM',
  last_month    STRING  COMMENT 'Month of the latest expense, yyyy-MM'
)
COMMENT 'Dimension: who spent, deputies and leaderships, with the latest known attributes'
STORED AS PARQUET;
