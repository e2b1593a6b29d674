"""Writing tables: JSONL, CSV, XLSX and Parquet, as a stream that survives being killed."""
