# SPDX-License-Identifier: MIT OR Unlicense
# One file from amt.h and the headers it includes, for make single:
#   awk -f extras/single.awk amt.h amt_http.h backends/*.h >single/amt.h
# Each header stands where it is first included. Two have no guard and stand in
# several places: amt_address.h in each kind of sockets, and in each of the
# three readers of amt_wide.h its part of that.

FNR == 1 { name = FILENAME; sub(/.*\//, "", name); names[++files] = name }
{ text[name] = text[name] $0 "\n" }

END {
  if (names[1] != "amt.h" || files < 3) fail("usage: see the first lines")
  put("amt.h")
  if (alone != 2) fail("amt.h no longer begins with what it needs beside it")
}

function fail(why)
{
  print "single.awk: " why >"/dev/stderr"
  exit 1
}

function put(name,  line, lines, n, i, wanted, licence)
{
  if (!(name in text)) fail(name " is included, and was not given")
  done[name]++
  n = split(text[name], lines, "\n") - 1
  for (i = 1; i <= n; i++) {
    line = lines[i]
    # The licence stands at the end of amt.h, once.
    if (name != "amt.h" && lines[i + 1] ~ /^   This software is available/)
      return
    if (name == "amt_wide.h" && skipped(line)) continue
    if (name == "amt.h" && !started) line = opening(line)
    if (name == "amt.h" && !started && line ~ /^#/) start()
    if (line !~ /^#include "amt_/) { print line; continue }
    wanted = line
    gsub(/^#include "|".*$/, "", wanted)
    if (!done[wanted] || wanted ~ /^amt_(address|wide)\.h$/) put(wanted)
  }
}

# amt.h begins with the files that it needs. The single header needs none.
function opening(line)
{
  alone += sub(/Needs amt_http\.h beside it and, for sockets$/,
               "All of it is here, with sockets and TLS:", line)
  alone += sub(/^   and TLS, what is in backends\/\./,
               "   no other file is needed.", line)
  return line
}

# Before the first directive.
function start()
{
  print "/* Made of amt.h, amt_http.h and backends/ by make single: read and change"
  print "   those. Where a program includes one of them alone, it includes this. */"
  print "#define AMT_SINGLE"
  started = 1
}

# amt_wide.h: its opening and the first part, then the second, then the third.
function skipped(line)
{
  if (line ~ /^#(if|elif|else).*AMT__WIDE_JSON/) { part++; return 1 }
  if (line == "#endif /* AMT__WIDE_JSON */") { part = 0; return 1 }
  return (part == 0 ? 1 : part) != done["amt_wide.h"]
}
