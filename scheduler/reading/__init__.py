"""Reading tables of titles and postings: CSV, TSV, JSONL, Parquet and XLSX, as a stream of rows and bad rows."""
