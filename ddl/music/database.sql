CREATE DATABASE music COMMENT 'A music streaming service: what its users did in the app, and the songs it knows';
