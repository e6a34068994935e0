CREATE DATABASE weblogs COMMENT 'Web server access logs: lines as they were written, requests, traffic';
