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
  -d 'the submit user'
complete -c amt -o st -l station -x \
  -d 'the station'
complete -c amt -o qn -l queue -x \
  -d 'the queue'
complete -c amt -o id -l id -x \
  -d 'the BatchrequestId of a job that was started'
complete -c amt -l id-text \
  -d 'the id is a JSON string'
complete -c amt -s c -l config -r -F \
  -d 'a Connector.config'
complete -c amt -s s -l server -x \
  -d 'http:// or https://HOST:PORT'
complete -c amt -l api-user -x \
  -d 'the user who signs in'
complete -c amt -l password-file -r -F \
  -d 'the file whose first line is the password'
complete -c amt -l poll -x \
  -d 'seconds from one look at the status to the next'
complete -c amt -l poll-max -x \
  -d 'seconds to which the poll interval may grow'
complete -c amt -l initial-delay -x \
  -d 'seconds before the first look at the status'
complete -c amt -l timeout -x \
  -d 'seconds that the whole run may take'
complete -c amt -l give-up -x \
  -d 'seconds that the server may stay away'
complete -c amt -l format -x -a 'acs connector text json' \
  -d 'the form of the log'
complete -c amt -l crlf \
  -d 'lines end in CR LF'
complete -c amt -s f -l follow \
  -d 'shows messages as they are written'
complete -c amt -l state -r -F \
  -d 'the file that prevents a second start, even after a power cut'
complete -c amt -l lock-wait -x \
  -d 'seconds to wait for another run with this state file'
complete -c amt -l keep-state \
  -d 'the state file stays, and later runs tell the same end'
complete -c amt -l on-signal -x -a 'kill detach' \
  -d 'what to do at SIGINT, SIGTERM, ...'
complete -c amt -l no-wait \
  -d 'does not wait for the end'
complete -c amt -l id-file -r -F \
  -d 'the file that gets the id as soon as it is known'
complete -c amt -l quiet \
  -d 'does not tell the start on standard error'
complete -c amt -l log-dir -x -a '(__fish_complete_directories)' \
  -d 'the folder that keeps each job log, too'
complete -c amt -l retain-days -x \
  -d 'days to keep job logs'
complete -c amt -l max-log -x \
  -d 'the longest log, in bytes, or with k, M, G'
complete -c amt -l strict-text \
  -d 'ends a log that is not UTF-8'
complete -c amt -l wire -r -F \
  -d 'another wire table: lines of --print-wire'
complete -c amt -l print-wire \
  -d 'prints the wire table'
complete -c amt -l c-source \
  -d 'prints the wire table as C source'
complete -c amt -l output -r -F \
  -d 'for learn: the wire file to write'
complete -c amt -l no-keep-alive \
  -d 'opens a connection for each request'
complete -c amt -l zero-on-done \
  -d 'exit status 0 instead of 4'
complete -c amt -s v -l trace \
  -d 'shows requests and replies on standard error'
complete -c amt -l ca -r -F \
  -d 'trusted certificates, PEM'
complete -c amt -l pin -x \
  -d 'SHA-256 of the public key of the server'
complete -c amt -l cert -r -F \
  -d 'a client certificate, PEM'
complete -c amt -l key -r -F \
  -d 'the key of the client certificate, PEM'
complete -c amt -l insecure \
  -d 'does not verify the certificate of the server'
complete -c amt -l insecure-common-name \
  -d 'takes a common name for the name of the server, too'
complete -c amt -l more-ciphers \
  -d 'offers older ciphers, too: AES-CBC, RSA key exchange'
complete -c amt -l listen -x \
  -d 'for tap: the address that the client connects to'
complete -c amt -l to -x \
  -d 'for tap: the URL of the server'
complete -c amt -l save -r -F \
  -d 'for tap: the file that gets both directions'
complete -c amt -l secrets \
  -d 'for tap: saves passwords and tokens, too'
complete -c amt -l report -r -F \
  -d 'for probe: the file that gets what was asked and answered'
complete -c amt -l help \
  -d 'prints the options'
complete -c amt -l version \
  -d 'prints the version'
