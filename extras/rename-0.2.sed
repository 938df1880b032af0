# SPDX-License-Identifier: MIT OR Unlicense
# Replaces the names of 0.1 by those of 0.2 in your source:
#   sed -E -i.old -f extras/rename-0.2.sed main.c
# id_text has no new name: save and give back job.id alone, which is JSON.
s/^( *)amt_out +(\w+) *= *amt_out_window\(/\1amt_window \2;\n\1amt_window_init(\&\2, /
s/\b(\w+) = amt_out_window\(/amt_window_init(\&\1, /g
s/\bamt_out\b/amt_window/g; s/\bamt_conn\b/amt_slot/g; s/\bAMT_R_/AMT_REPLY_/g
s/\bAMT_SAID\b/AMT_SERVER_TEXT/g; s/\bAMT_ANSWERED\b/AMT_STOP_ANSWERED/g
s/\bAMT_E_TWICE\b/AMT_E_DUPLICATE/g; s/\bAMT_E_MORE\b/AMT_E_LOG_REPEATS/g
s/\bAMT_E_HOPELESS\b/AMT_E_PERMANENT/g; s/\bamt_tls_seen\b/amt_tls_report/g
s/\bamt_bearssl_more\b/amt_bearssl_legacy_ciphers/g
s/\bhttp\.quiet\b/http.known_idle/g; s/\bops->want\b/ops->waits_for/g
