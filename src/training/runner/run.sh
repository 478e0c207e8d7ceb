#!/bin/sh
# Runs one attempt of the job in this folder: sh run.sh ATTEMPT. Whoever starts it, and however often, it runs once.
# Exit status, here and in attempts/ATTEMPT/exit: 0 trained, 75 interrupted and to be started again, else failed.
cd "$(dirname "$0")" || exit 1
here=attempts/$1
mkdir -p "$here"
mkdir "$here/claimed" 2>/dev/null || exit 0
echo $$ >"$here/pid.part" && mv "$here/pid.part" "$here/pid"
exec >>"$here/log.txt" 2>&1

child=
stop() { stopped=1; [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; }
trap stop TERM USR1 INT

finish() {
  echo "$1" >"$here/exit.part" && mv "$here/exit.part" "$here/exit"
  exit "$1"
}

if [ -s python ]; then python=$(cat python); else python=$(python3 runner/environment.py) || finish 1; fi
{ [ -n "$stopped" ] || [ -e cancelled ]; } && finish 75

processes=$(cat processes 2>/dev/null || echo 1)
if [ "$processes" -gt 1 ]; then
  "$python" -m torch.distributed.run --standalone --nproc-per-node="$processes" runner/train.py . "$1" &
else
  "$python" runner/train.py . "$1" &
fi
child=$!
while :; do
  wait "$child"
  status=$?
  # A signal ends the wait before its time.
  kill -0 "$child" 2>/dev/null || break
done
# torch.distributed.run has a status of its own.
tail -n 1 events.jsonl 2>/dev/null | grep -q '^{"type": "preempted", "attempt": '"$1"',' && status=75
finish "$status"
