"""The Celery application, its tasks and the batch that a task runs."""
