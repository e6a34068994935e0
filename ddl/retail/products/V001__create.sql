CREATE EXTERNAL TABLE retail.products (
  product_id                    STRING COMMENT 'Key of the product',
  product_category_name         STRING COMMENT 'Category in Portuguese',
  product_category_name_english STRING COMMENT 'Category in English; NULL: the shop has no translation',
  product_name_lenght           INT    COMMENT 'Characters of the name (spelt as in the source)',
  product_description_lenght    INT    COMMENT 'Characters of the description (spelt as in the source)',
  product_photos_qty            INT    COMMENT 'Number of photos',
  product_weight_g              INT    COMMENT 'Weight in grams',
  product_length_cm             INT    COMMENT 'Length in centimetres',
  product_height_cm             INT    COMMENT 'Height in centimetres',
  product_width_cm              INT    COMMENT 'Width in centimetres'
)
COMMENT 'Products with their categories in English'
STORED AS PARQUET;
