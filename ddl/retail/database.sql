CREATE DATABASE retail COMMENT 'A Brazilian market place: orders, their items, payments, deliveries and reviews';
