"""Two tasks, enough to watch `multi` with: see README.md."""

import os
import time

from celery import Celery

app = Celery("tasks", broker=os.environ.get("REDIS_URL", "redis://localhost:6379/0"))
# Without a backend `add.delay(2, 3).get()` would have nowhere to get it from.
app.conf.result_backend = app.conf.broker_url
# A job that is lost with its worker goes back to the queue.
app.conf.task_acks_late = True


@app.task
def add(x, y):
    return x + y


@app.task
def sleep_for(seconds):
    """Long enough to stop a worker in the middle of it."""
    time.sleep(seconds)
    return seconds
