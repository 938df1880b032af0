#!/bin/sh
# SPDX-License-Identifier: MIT OR Unlicense
# make demo: a job from submission to its log, another that is killed, and one
# over https, against simulated servers on free ports of this machine.
# usage: demo.sh AMT AMTSIM
amt=$1 sim=$2
dir=$(mktemp -d) || exit 1
server='' result=0
trap '[ -z "$server" ] || kill $server; wait; rm -rf "$dir"' EXIT

# serve NAME OPTION...: one server; $url is where, $server its process.
serve() {
  name=$1; shift
  "$sim" --port 0 --speed 10 "$@" >"$dir/$name" 2>"$dir/$name.log" &
  server=$! tries=0
  until grep -q listening "$dir/$name"; do
    tries=$((tries + 1))
    if [ $tries -gt 50 ] || ! kill -0 $server 2>/dev/null; then
      echo "demo: amtsim did not start:" >&2; cat "$dir/$name.log" >&2; exit 1
    fi
    sleep 0.1
  done
  url=$(sed 's/.*listening on //' "$dir/$name")
  echo "demo: a server is up at $url"
}

# expect WHAT STATUS WANTED
expect() {
  if [ "$2" -eq "$3" ]; then
    echo "demo: $1 ended with exit status $2, as it should"
  else
    echo "demo: $1 ended with exit status $2, not $3" >&2; result=1
  fi
}

stop() {
  kill $server; wait $server
  [ $? -eq 0 ] || { echo "demo: amtsim did not end well" >&2; result=1; }
  server=
}

plain() {
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
}

over_https() {
  echo "demo: amt --ca cert.pem -an DEMO2 -jn REPORTTEST01"
  "$amt" --ca "$dir/cert.pem" -an DEMO2 -jn REPORTTEST01 --format text \
    --poll 0.3 --initial-delay 0.3
  expect "REPORTTEST01 over https" $? 4
  echo "demo: the same without --ca: the system trusts no such certificate"
  "$amt" -an DEMO2 -jn REPORTTEST01 --format text >"$dir/log"
  status=$? # 78: this system has no certificates at all
  [ $status -eq 78 ] || expect "the run at a server that is refused" $status 23
}

AMT_USER=ocadm AMT_PASSWORD=opconxps AMT_APPLICATION=DEMO2
export AMT_SERVER AMT_USER AMT_PASSWORD AMT_APPLICATION
unset SSL_CERT_FILE
serve http
AMT_SERVER=$url
plain
stop

# A self-signed certificate, for this run alone.
if "$amt" --help | grep -q "built without TLS"; then
  echo "demo: this amt is without TLS, so https is left out"
elif ! command -v openssl >/dev/null; then
  echo "demo: there is no openssl to make a certificate, so https is left out"
elif ! openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=demo \
       -addext subjectAltName=IP:127.0.0.1 -keyout "$dir/key.pem" \
       -out "$dir/cert.pem" 2>"$dir/openssl.log"; then
  echo "demo: openssl made no certificate:" >&2
  cat "$dir/openssl.log" >&2; result=1
else
  serve https --tls "$dir/cert.pem" "$dir/key.pem"
  AMT_SERVER=$url
  over_https
  stop
fi

[ $result -eq 0 ] && echo "demo: all went right"
exit $result
