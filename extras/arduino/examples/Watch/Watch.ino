/* Watch: starts a job on an AMT Batch Server and prints its log on Serial. It
   uses an Ethernet shield; any other Client will do as well. loop() never waits
   for the job: in each turn it looks at it, and does its other work.

   The connection is plain http, so use it in a network that you trust. On a
   Mega 2560, constants take RAM, too: without error texts and other wire tables
   there are fewer. */

#include <Ethernet.h>

#define AMT_IMPLEMENTATION
#define AMT_DEFAULT_WIRE_ONLY
#define AMT_NO_TEXT
#include <amt.h>
#include <AmtClient.h>

static byte           mac[] = {0x02, 0x41, 0x4d, 0x54, 0x00, 0x01};
static EthernetClient ethernet;
static AmtClient      sock;
static char           buffer[256], token[128];
static amt_slot       slot;
static amt_pool       pool;
static amt_session    session;
static amt_task       task;
static amt_job        job;
static bool           over;

void setup()
{
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);
  Ethernet.begin(mac);
  amt_client_init(&sock, &ethernet);
  slot.http.stream = &sock.stream;
  pool.conn = &slot;
  pool.count = 1;
  pool.buf = buffer;
  pool.size = sizeof buffer;
  session.url = "http://192.168.1.10:42000";
  session.user = "ocadm";
  session.password = "opconxps";
  session.token = token;
  session.token_room = sizeof token;
  task.application = "DEMO2";
  task.job = "REPORTTEST01";
  amt_start(&job, &session, &task);
}

static void look_at_job()
{
  switch (amt_poll(&pool, &job, millis())) {
  case AMT_STARTED:
    Serial.print(F("started: "));
    Serial.println(job.id);
    break;
  case AMT_MESSAGE: /* long ones come in pieces; the text is only lent */
    Serial.write(job.msg, job.msg_len);
    if (!job.msg_more) Serial.println();
    break;
  case AMT_DONE:
    Serial.print(F("ended: "));
    Serial.println(job.code);
    over = true;
    break;
  case AMT_FAILED:
    Serial.print(F("failed: "));
    Serial.println(job.error);
    over = true;
    break;
  default: break; /* nothing yet */
  }
}

void loop()
{
  digitalWrite(LED_BUILTIN, millis() / 500 % 2 ? HIGH : LOW);
  if (!over) look_at_job();
}

/* SPDX-License-Identifier: MIT OR Unlicense */
