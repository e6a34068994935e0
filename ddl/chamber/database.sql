CREATE DATABASE chamber COMMENT 'Expenses of the deputies of Brazil\'s Chamber that its quota for parliamentary activity pays';
