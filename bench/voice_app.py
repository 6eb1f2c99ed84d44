"""The app of a Celery worker that has 100 jobs a second. Run as a program it sends them, until it is ended."""

import os
import time

from celery import Celery

app = Celery("voice_app", broker=os.environ["BROKER_URL"])


@app.task(name="voice.work", ignore_result=True)
def work():
    time.sleep(0.001)


if __name__ == "__main__":
    due = time.monotonic()
    while True:
        work.delay()
        due += 0.01
        time.sleep(max(0, due - time.monotonic()))
