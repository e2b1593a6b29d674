"""The words by which CVs are read, as tables that people edit: dates, headings, roles, organisations."""
