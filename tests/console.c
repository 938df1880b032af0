/* SPDX-License-Identifier: MIT OR Unlicense */
/* console.c - for tests under Wine: starts a program as a service may, without
   a console and without standard output, and passes on to it what Windows tells
   services: each line of standard input is the number of an event, such as 5,
   CTRL_LOGOFF_EVENT. Windows, too, does so in a thread of the program that
   begins at CtrlRoutine. Ends with the program's exit status.
   usage: console.exe PROGRAM WORD...   no word needs quotes */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static HANDLE program;

static DWORD WINAPI pass_events_on(void *routine)
{
  char line[16];
  while (fgets(line, sizeof line, stdin) != NULL)
    CreateRemoteThread(program, NULL, 0, (LPTHREAD_START_ROUTINE)routine,
                       (void *)(INT_PTR)atoi(line), 0, NULL);
  return 0;
}

int main(int argc, char **argv)
{
  static char         line[32768];
  static STARTUPINFOA how;
  PROCESS_INFORMATION made;
  DWORD               status = 1;
  FARPROC             routine = GetProcAddress(GetModuleHandleA("kernelbase"),
                                               "CtrlRoutine");
  int                 i;
  how.cb = sizeof how;
  for (i = 1; i < argc; i++) strcat(strcat(line, argv[i]), " ");
  if (routine == NULL ||
      !CreateProcessA(NULL, line, NULL, NULL, FALSE, DETACHED_PROCESS, NULL,
                      NULL, &how, &made)) return 1;
  program = made.hProcess;
  CreateThread(NULL, 0, pass_events_on, (void *)(INT_PTR)routine, 0, NULL);
  WaitForSingleObject(program, INFINITE);
  GetExitCodeProcess(program, &status);
  return (int)status;
}
