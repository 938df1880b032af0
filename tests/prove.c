/* prove.c - Frama-C's Eva proves that these functions have no run-time errors:
   each is called once, from any state, with any bytes. tests/prove.sh runs
   it. */
#define AMT_IMPLEMENTATION
#include "amt.h"
#include "__fc_builtin.h"

static unsigned char  bytes[256];
static amt_json       json;
static amt_json_token token;
static amt_http_reply reply;
static amt_job        job;

static size_t any_bytes(void)
{
  Frama_C_make_unknown((char *)bytes, sizeof bytes);
  return Frama_C_size_t_interval(0, sizeof bytes);
}

int prove_tokenizer(void)
{
  size_t used, n = any_bytes();
  Frama_C_make_unknown((char *)&json, sizeof json);
  return amt_json_next(&json, bytes, n, &used, &token) +
         amt_json_end(&json, &token);
}

int prove_page(void)
{
  size_t n = any_bytes();
  Frama_C_make_unknown((char *)&job.call__.json, sizeof job.call__.json);
  Frama_C_make_unknown((char *)&job.page__, sizeof job.page__);
  Frama_C_make_unknown((char *)&job.left__, sizeof job.left__);
  return amt__page(&job, bytes, n, AMT_MSG_PAGE) <= n;
}

int prove_http(void)
{
  size_t used, body, n = any_bytes();
  Frama_C_make_unknown((char *)&reply, sizeof reply);
  return amt_http_reply_next(&reply, bytes, n, &used, &body) +
         amt_http_reply_eof(&reply) + amt_http_reply_keeps(&reply);
}

#if AMT_WIDE > 0
/* Each scanner stays within the bytes, wherever it starts. */
int prove_wide(void)
{
  size_t n = any_bytes(), i = Frama_C_size_t_interval(0, sizeof bytes);
  if (i > n) return 0;
  return (int)(amt__over(bytes, i, n, AMT__STRING) +
               amt__over(bytes, i, n, AMT__TO_SEND) +
               amt__over(bytes, i, n, AMT__LITERAL) +
               amt__over(bytes, i, n, AMT__ASCII) +
               amt__over(bytes, i, n, AMT__VALUE_TEXT) +
               amt__over(bytes, i, n, AMT__NAME_TEXT));
}
#endif

/* SPDX-License-Identifier: MIT OR Unlicense */
