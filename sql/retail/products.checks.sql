-- The shop's own data: 610 products have no category, 13 one that the translation lacks (pc_gamer,
-- portateis_cozinha_e_preparadores_de_alimentos). Reports use the Portuguese name then.
-- check: a category has an English name (warn)
SELECT product_id, product_category_name
FROM {{ this }}
WHERE product_category_name IS NOT NULL AND product_category_name_english IS NULL
