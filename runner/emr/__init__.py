"""Clusters of EMR and applications of EMR Serverless: made, found, listed and ended."""
