# SPDX-License-Identifier: MIT OR Unlicense
# Completion of amt(1) for fish, installed as
# PREFIX/share/fish/vendor_completions.d/amt.fish.

complete -c amt -f
complete -c amt -n __fish_use_subcommand -a 'probe tap learn encrypt anchors'
complete -c amt -n '__fish_seen_subcommand_from learn anchors' -F

complete -c amt -o jt -l job-type -x -a 'START STOP KILL MONITOR MESSAGES ATTACH' \
  -d 'what to do'
complete -c amt -o an -l application -x \
  -d 'the AMT application'
complete -c amt -o jn -l job -x \
  -d 'the job to start'
complete -c amt -o fn -l file -x \
  -d 'the script to start'
complete -c amt -o pa -l param -x \
  -d 'a parameter'
complete -c amt -l param-file -r -F \
  -d 'more parameters, a line each'
complete -c amt -o tv -l task-value -x \
  -d 'a task value'
complete -c amt -s u -l user -x \
  -d 'the AMT user to run as'
complete -c amt -o su -l submit-user -x \
  -d 'who submits'
complete -c amt -o st -l station -x \
  -d 'from where'
complete -c amt -o qn -l queue -x \
  -d 'the queue'
complete -c amt -o id -l id -x \
  -d 'the BatchrequestId of a job that was started'
complete -c amt -l id-text \
  -d 'it is a JSON string'
complete -c amt -s c -l config -r -F \
  -d 'a Connector.config'
complete -c amt -s s -l server -x \
  -d 'http:// or https://HOST:PORT'
complete -c amt -l api-user -x \
  -d 'who signs in'
complete -c amt -l password-file -r -F \
  -d 'its first line is the password'
complete -c amt -l poll -x \
  -d 'from status to status'
complete -c amt -l poll-max -x \
  -d 'lets that grow to this with the age of the job'
complete -c amt -l initial-delay -x \
  -d 'before the first status'
complete -c amt -l timeout -x \
  -d 'of the whole run'
complete -c amt -l give-up -x \
  -d 'how long the server may stay away'
complete -c amt -l format -x -a 'acs connector text json' \
  -d 'the form of the log'
complete -c amt -l crlf \
  -d 'lines end in CR LF'
complete -c amt -s f -l follow \
  -d 'messages as they are written'
complete -c amt -l state -r -F \
  -d 'never starts twice, even after a power cut'
complete -c amt -l lock-wait -x \
  -d 'for another run that uses the state file'
complete -c amt -l keep-state \
  -d 'its file stays: later runs tell the same end'
complete -c amt -l on-signal -x -a 'kill detach' \
  -d 'at SIGINT, SIGTERM, ...'
complete -c amt -l no-wait \
  -d 'not for the end'
complete -c amt -l id-file -r -F \
  -d 'gets the id as soon as it is known'
complete -c amt -l quiet \
  -d 'standard error does not tell the start'
complete -c amt -l log-dir -x -a '(__fish_complete_directories)' \
  -d 'keeps each job log there, too'
complete -c amt -l retain-days -x \
  -d 'for so long'
complete -c amt -l max-log -x \
  -d 'ends a longer log'
complete -c amt -l strict-text \
  -d 'ends a log that is no UTF-8'
complete -c amt -l wire -r -F \
  -d 'another wire table: lines of --print-wire'
complete -c amt -l print-wire \
  -d 'prints the wire table'
complete -c amt -l c-source \
  -d 'of --print-wire: as C'
complete -c amt -l output -r -F \
  -d 'of learn: the wire file'
complete -c amt -l no-keep-alive \
  -d 'a connection for each request'
complete -c amt -l zero-on-done \
  -d 'exit status 0 instead of 4'
complete -c amt -s v -l trace \
  -d 'requests and replies on standard error'
complete -c amt -l ca -r -F \
  -d 'trusted certificates, PEM'
complete -c amt -l pin -x \
  -d 'of the public key of the server'
complete -c amt -l cert -r -F \
  -d 'our own certificate, PEM'
complete -c amt -l key -r -F \
  -d 'its key, PEM'
complete -c amt -l insecure \
  -d 'does not verify the certificate of the server'
complete -c amt -l insecure-common-name \
  -d 'a common name counts, too'
complete -c amt -l more-ciphers \
  -d 'older ones, too: AES-CBC, RSA key exchange'
complete -c amt -l listen -x \
  -d 'of tap: where the client connects to'
complete -c amt -l to -x \
  -d 'of tap: the server'
complete -c amt -l save -r -F \
  -d 'of tap: gets both directions'
complete -c amt -l secrets \
  -d 'of tap: with passwords and tokens'
complete -c amt -l report -r -F \
  -d 'of probe: gets what was asked and answered'
complete -c amt -l help \
  -d 'prints this'
complete -c amt -l version \
  -d 'prints the version'
