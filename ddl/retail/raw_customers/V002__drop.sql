-- How lines are read cannot be altered: the next file creates the table anew. Its files stay where they lie.
DROP TABLE retail.raw_customers;
