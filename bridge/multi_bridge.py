"""Lets a Celery worker tell multi how it is: multi-worker(7). multi loads it with -I, for Python 3.7 and Celery 5 or later.

It must be unable to hurt its worker: it prints nothing, raises nothing, takes no signal, and no lock that a fork could leave
locked in a pool process. In the main thread only Exception is caught: others (WorkerShutdown) are the worker's own way to stop.
"""
import os

PAUSE = 0.5  # Shortest time between two writings, seconds; a new state is told at once.
PERIOD = 8.0  # Longest time.
TICK = 0.25  # Between two looks for a wish.
HASTE = 0.1  # Between two looks and two writings while somebody waits for the wish to come true,
HASTY = 5.0  # which is for this long.
PATIENCE = 5.0  # How long an ending worker waits at most for its last words to be written.
WISHES = ['quiet', 'resume']
LIMIT = 16000  # Larger is not believed.


def harmless(function):
    def receiver(*_, **given):
        try:
            function(**given)
        except Exception:
            pass

    return receiver


def originals():
    """A real thread also where gevent or eventlet have patched threads away: greenlets run the worker's signal handlers."""
    import sys

    if 'gevent.monkey' in sys.modules:
        start, lock = sys.modules['gevent.monkey'].get_original('_thread', ['start_new_thread', 'allocate_lock'])
        return start, lock, True
    if 'eventlet.patcher' in sys.modules:
        thread = sys.modules['eventlet.patcher'].original('_thread')
        return thread.start_new_thread, thread.allocate_lock, True
    import _thread

    return _thread.start_new_thread, _thread.allocate_lock, False


def members(weak_set):
    """Without iterating over it: another thread changes it, and its own iterator would hold up what it forgets."""
    data = getattr(weak_set, 'data', None)
    found = list(weak_set) if data is None else [ref() for ref in list(data)]
    return [member for member in found if member is not None]


def scheduled(consumer):
    """Fetched, and waiting for its ETA or for its rate limit: as celery/worker/control.py finds them."""
    from celery.worker.request import Request

    schedule = consumer.timer.schedule
    # Its `queue` is sorted, which takes long where there are many.
    events = list(getattr(schedule, '_queue', None) or schedule.queue)
    waiting = [event.entry.args[:1] for event in events]
    buckets = [bucket for bucket in list(consumer.task_buckets.values()) if bucket]
    return sum(isinstance(one, Request) for args in waiting for one in args) + sum(len(one.contents) for one in buckets)


def is_fetching(channel):
    """On Redis the answer to a BRPOP may bring a job also after its queue was left (celery/celery#4354)."""
    return any(getattr(channel, name, None) for name in ('_active_queues', '_in_poll'))


def connect(path):
    import atexit
    import collections
    import json
    import threading
    import time

    from celery import signals
    from celery.worker import state as worker_state

    class Bridge:
        worker = consumer = soft = reason = face = home = None
        state, queues, over = 'booting', [], False
        ear = mouth = None
        hasty_until = 0.0
        finished = 0
        kept = ()  # All queues that it took jobs from when it was ready first.
        pid = os.getpid()

        def begin(self, sender=None, **_):
            """worker_init: only ever sent in the main process, before the pool is made."""
            if self.worker is not None or self.pid != os.getpid():
                return
            start, lock, self.green = originals()
            self.worker = sender
            for ending in ('.wish', '.heard'):
                try:
                    os.unlink(path + ending)  # One for somebody before.
                except OSError:
                    pass
            harmless(self.listen)()
            # Celery that does not know the setting would not act on it.
            if hasattr(sender, 'wait_for_soft_shutdown'):
                self.soft = (getattr(sender.app.conf, 'worker_soft_shutdown_timeout', 0) or 0) > 0
            # The last wish: filled by the bridge's thread, and emptied by the consumer's.
            self.wishes = collections.deque(maxlen=1)
            self.wake, self.done = lock(), lock()
            self.wake.acquire()
            self.done.acquire()
            atexit.register(harmless(self.end))
            start(self.run, ())

        def ready(self, sender=None, **_):
            self.consumer = sender
            self.call()

        def leave(self, sig=None, how=None, **_):
            """worker_shutting_down: sent inside the worker's signal handler, so only words are left here."""
            self.reason = '%s (%s)' % (sig, str(how).lower())
            # Celery before 5.3 raises WorkerShutdown right in the handler when it sees no thread but its own, in the solo
            # pool so into the running task, which is lost. Threads called Dummy- do not count, so ours is called so else.
            if how == 'Warm' and self.face is not None and members(worker_state.active_requests):
                if getattr(self.worker.pool_cls, '__module__', '') == 'celery.concurrency.solo':
                    self.face.name = 'multi'
            self.call()

        def end(self, **_):
            """worker_shutdown, or atexit after a cold one."""
            if self.over or self.worker is None or self.pid != os.getpid():
                return
            self.over = True
            self.call()
            self.done.acquire(timeout=PATIENCE)

        def listen(self, **_):
            """Into the loop of the consumer, as only its own thread may touch that: a pipe, for each time that it begins."""
            from celery import bootsteps

            class MultiBridge(bootsteps.StartStopStep):
                def register_with_event_loop(self, _, hub):
                    harmless(bridge.listen_in)(hub=hub)

            self.worker.app.steps['consumer'].add(MultiBridge)

        def listen_in(self, hub):
            if self.ear is None:
                self.ear, self.mouth = os.pipe()
                os.set_blocking(self.ear, False)
                os.set_blocking(self.mouth, False)
            hub.add_reader(self.ear, harmless(self.hear))

        def hear(self, **_):
            os.read(self.ear, 1024)
            self.heed()

        def heed(self, **_):
            """The last wish counts: one that was taken back while a job kept the consumer busy does not come true later."""
            try:
                wish = self.wishes.pop()
            except IndexError:
                return
            names = self.kept if wish == 'resume' else [queue.name for queue in list(self.consumer.task_consumer.queues)]
            for name in names:
                self.soon(self.take_queue if wish == 'resume' else self.leave_queue, name)

        def is_heedful(self):
            """Not while it has no broker: there is nothing to leave, and it cannot hear."""
            consumer = self.consumer
            if getattr(consumer, 'task_consumer', None) is None:
                return False
            return not consumer.hub or self.ear in consumer.hub.readers

        def sees_wish(self):
            """One call of the system, which fails as a rule."""
            try:
                os.readlink(path + '.wish')
                # Out of the way first: another one may come while this is read.
                os.rename(path + '.wish', path + '.heard')
                wish = os.readlink(path + '.heard')
                os.unlink(path + '.heard')
            except OSError:
                return False
            if wish not in WISHES:
                return False
            self.wishes.append(wish)
            self.hasty_until = time.monotonic() + HASTY
            return True

        def nudge(self):
            """Has the consumer's thread do what was wished, and what threads of its pool left it to do (acknowledge)."""
            if self.consumer is None:
                return
            if self.consumer.hub:
                os.write(self.mouth, b'.')
            elif self.wishes:
                self.consumer.call_soon(harmless(self.heed))

        def soon(self, change, name):
            """Without a loop the consumer does last what it was given first, and a later wish could come before this one."""
            if self.consumer.hub:
                self.consumer.call_soon(change, name)
            else:
                harmless(lambda: change(name))()

        def leave_queue(self, name):
            """As remote control does it (celery/worker/control.py, cancel_consumer)."""
            self.change(self.consumer.cancel_task_queue, name)

        def take_queue(self, name):
            """As add_consumer; but that leaves it unselected (celery/app/amqp.py), and lost with the next connection."""
            queues = self.consumer.app.amqp.queues
            self.change(lambda name: queues.select_add(queues[name]), name)
            self.change(self.consumer.add_task_queue, name)

        def change(self, how, name):
            try:
                how(name)
            except self.consumer.connection_errors:
                raise  # The consumer knows what to do about a broker that is gone.
            except Exception:
                pass

        def call(self):
            try:
                self.wake.release()
            except RuntimeError:
                pass  # It is awake.

        def run(self):
            try:
                self.face = None if self.green else threading.current_thread()
                said, state, at = None, None, 0.0
                while state != 'gone':
                    try:
                        if self.is_hasty():
                            harmless(self.nudge)()
                        words, now = self.words(), time.monotonic()
                        state = words['state']
                        if words != said or now - at >= PERIOD:
                            self.write(words)
                            said, at = words, now
                    except Exception:
                        state = 'gone' if self.over else None
                    if state != 'gone':
                        self.nap()
            except BaseException:
                pass
            finally:
                self.done.release()

        def is_hasty(self):
            return time.monotonic() < self.hasty_until

        def nap(self):
            """Until there is something to say, or may be."""
            if self.is_hasty():
                self.wake.acquire(timeout=HASTE)
                self.sees_wish()
                return
            end = time.monotonic() + PAUSE
            while not self.wake.acquire(timeout=TICK):
                if self.sees_wish() or time.monotonic() >= end:
                    return

        def words(self):
            # The state first: what came in before it was quiet is counted after.
            self.state = self.state_now()
            active, finished = self.tally()
            self.finished = max(self.finished, finished)
            begun = [at for at in active if at]
            # Monotonic in Celery 4, wall clock since.
            oldest = min(begun) if begun else None
            if oldest is not None and oldest < 1e9:
                oldest += time.time() - time.monotonic()
            reserved, later = len(members(worker_state.reserved_requests)) - len(active), self.later()
            words = {
                'v': 1,
                'pid': self.pid,
                'state': self.state,
                'active': len(active),
                'reserved': max(0, reserved) + later,
                'done': self.finished,
                'oldestStartedAt': oldest and int(oldest * 1000),
                'queues': self.queues,
            }
            if later:
                words['scheduled'] = later
            if self.is_heedful():
                words['heeds'] = WISHES
            if self.home:
                words['home'] = self.home
            if self.soft is not None:
                words['soft'] = self.soft
            if self.over:
                words['exit'] = self.last_words()
            return words

        def tally(self):
            """Since when they run, of all that do, and how many have ended: a job that begins between two looks is neither."""
            begun = sum(list(worker_state.total_count.values()))
            for _ in range(5):
                active = [request.time_start for request in members(worker_state.active_requests)]
                before, begun = begun, sum(list(worker_state.total_count.values()))
                if begun == before:
                    break
            return active, begun - len(active)

        def later(self):
            try:
                return scheduled(self.consumer) if self.consumer else 0
            except Exception:
                return 0  # Another Celery has them elsewhere.

        def state_now(self):
            if self.over:
                return 'gone'
            asked = [worker_state.should_stop, worker_state.should_terminate]
            # RUN is 1, CLOSE 2, TERMINATE 3: HUP and the remote-control shutdown send no worker_shutting_down.
            closing = (getattr(getattr(self.worker, 'blueprint', None), 'state', None) or 0) > 1
            if self.reason or closing or any(why is not None and why is not False for why in asked):
                return 'draining'
            if self.consumer is None:
                return 'booting'
            # None while it looks for a lost broker. Queues that it was told to leave stay left then.
            consumer = getattr(self.consumer, 'task_consumer', None)
            queues = sorted(queue.name for queue in consumer.queues) if consumer else []
            self.queues = queues[:100]
            if consumer is None:
                return self.state if self.state != 'booting' else 'ready'
            # What a worker that was quieted is to be given back.
            self.kept = self.kept or queues
            self.home = self.kept[:100]
            return 'ready' if self.queues or is_fetching(consumer.channel) else 'quiet'

        def last_words(self):
            # Celery before 5.3 ends with 0 whatever it means to: only that is known.
            words = {'code': 0} if getattr(self.worker, 'exitcode', None) == 0 else {}
            return dict(words, reason=self.reason) if self.reason else words

        def write(self, words):
            if self.pid != os.getpid():
                return
            words = dict(words, updatedAt=int(time.time() * 1000))
            text = json.dumps(words).encode()
            if len(text) > LIMIT:
                text = json.dumps({name: words[name] for name in words if name not in ('queues', 'home')}).encode()
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            file = os.open(path + '.tmp', flags, 0o600)
            whole = False
            try:
                whole = os.write(file, text) == len(text)
            finally:
                os.close(file)
                if not whole:
                    os.unlink(path + '.tmp')  # The disk is full, and these may be the last words.
            if whole:
                os.replace(path + '.tmp', path)

    bridge = Bridge()
    for signal, receiver in [
        (signals.worker_init, bridge.begin),
        (signals.worker_ready, bridge.ready),
        (signals.worker_shutting_down, bridge.leave),
        (signals.worker_shutdown, bridge.end),
    ]:
        signal.connect(harmless(receiver), weak=False)


# multi imports it once for a trial before it lets a worker do so: that shall cost nothing.
if os.environ.get('MULTI_VITALS') and not os.environ.get('MULTI_BRIDGE_PROBE'):
    harmless(connect)(path=os.environ['MULTI_VITALS'])
