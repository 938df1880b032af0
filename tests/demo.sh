#!/bin/sh
# make demo: a job from submission to its log, and another that is killed,
# against the simulated server on a free port of this machine.
# usage: demo.sh AMT AMTSIM
amt=$1 sim=$2
dir=$(mktemp -d) || exit 1
"$sim" --port 0 --speed 10 >"$dir/url" 2>"$dir/sim.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$dir"' EXIT
tries=0
until grep -q listening "$dir/url" 2>/dev/null; do
  tries=$((tries + 1))
  if [ $tries -gt 50 ] || ! kill -0 $server 2>/dev/null; then
    echo "demo: amtsim did not start:" >&2; cat "$dir/sim.log" >&2; exit 1
  fi
  sleep 0.1
done
AMT_SERVER=$(sed 's/.*listening on //' "$dir/url")
AMT_USER=ocadm AMT_PASSWORD=opconxps AMT_APPLICATION=DEMO2
export AMT_SERVER AMT_USER AMT_PASSWORD AMT_APPLICATION
result=0

# expect WHAT STATUS WANTED
expect() {
  if [ "$2" -eq "$3" ]; then
    echo "demo: $1 ended with exit status $2, as it should"
  else
    echo "demo: $1 ended with exit status $2, not $3" >&2; result=1
  fi
}

echo "demo: a server is up at $AMT_SERVER"
echo "demo: amt -an DEMO2 -jn REPORTTEST01"
"$amt" -an DEMO2 -jn REPORTTEST01 --poll 0.3 --initial-delay 0.3
expect REPORTTEST01 $? 4

echo "demo: amt -an DEMO2 -jn LONGRUNNINGREPORT --no-wait"
id=$("$amt" -an DEMO2 -jn LONGRUNNINGREPORT --no-wait)
expect "the submission of LONGRUNNINGREPORT" $? 0
sleep 0.5
echo "demo: amt -jt KILL -an DEMO2 -id $id"
"$amt" -jt KILL -an DEMO2 -id "$id" --poll 0.3 --initial-delay 0
expect "the killed LONGRUNNINGREPORT" $? 3

kill $server; wait $server
[ $? -eq 0 ] || { echo "demo: amtsim did not end well" >&2; result=1; }
[ $result -eq 0 ] && echo "demo: all went right"
exit $result
