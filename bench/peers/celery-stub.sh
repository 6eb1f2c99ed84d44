#!/bin/sh
# Stands where `celery multi` runs Python with `-m celery worker --detach`: it does what that does to become a worker in the
# background (a session of its own, the log, the pidfile) without the second or two of loading Celery.
for word; do
  case $word in
  --pidfile=*) pidfile=${word#*=} ;;
  --logfile=*) logfile=${word#*=} ;;
  esac
done
setsid sleep 3600 </dev/null >>"$logfile" 2>&1 &
echo $! >"$pidfile"
