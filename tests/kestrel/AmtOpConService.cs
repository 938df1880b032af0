// The interface: a sign-in and its three functions.
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Kestrel;

public enum BatchStatus
{
    Idle, Queued, Running, Killed, Done, Suspended, SkippedByOps, RunManual,
    RunForced, RunDebug, DelQueue, Error, Aborted, WaitForFile,
    WaitForInputRequest, WaitForJob, WaitForReport, RecoverCp = 18, Undefined,
    WaitForQueue, WaitForDebugger, AbortedWithRecover, WebServerError,
    AuthenticationError, InvalidAmtUser = 99
}

public sealed class Credentials
{
    public required string User { get; init; }
    public required string Password { get; init; }
}

public sealed class JobAction
{
    public required string Action { get; init; }
    public required string ApplicationName { get; init; }
    public long BatchRequestId { get; init; }
    public string? TaskType { get; init; }
    public string? JobName { get; init; }
    public string? ScriptName { get; init; }
    public string? SubmitUser { get; init; }
    public string? User { get; init; }
    public string? Station { get; init; }
    public string? QueueName { get; init; }
    public List<string> TaskValues { get; init; } = [];
    public List<string> Parameters { get; init; } = [];
}

public sealed class JobQuery
{
    public required string ApplicationName { get; init; }
    public required long BatchRequestId { get; init; }
    public long AfterSequence { get; init; }
}

public sealed class JobReply
{
    public long BatchRequestId { get; init; }
    public BatchStatus Status { get; init; }
    public string? Message { get; init; }
}

public sealed class LogonReply
{
    public required string AmtLogonToken { get; init; }
    public double ExpiresIn { get; init; }
}

public sealed class JobMessage
{
    public long Sequence { get; init; }
    public required object Time { get; init; }
    public required string Text { get; init; }
}

public sealed class MessagesReply
{
    public required List<JobMessage> Messages { get; init; }
    public bool More { get; init; }
}

[ApiController, Authorize, Route("AmtOpConService")]
public sealed class AmtOpConService(Book book, Style style) : ControllerBase
{
    private const int Page = 1000;

    public static ClaimsPrincipal Principal(string user, string scheme) =>
        new(new ClaimsIdentity(
            [new(ClaimTypes.Name, user),
             new(ClaimTypes.Role, user == "ocadm" ? "submit" : "read")],
            scheme));

    [AllowAnonymous, HttpPost("Authenticate")]
    public IActionResult Authenticate(
        Credentials given, [FromServices] LogonTokens tokens)
    {
        if (given is not { User: "ocadm" or "reader", Password: "opconxps" })
            return Unauthorized();
        book.SignedIn();
        if (style.Bearer)
            return SignIn(
                Principal(given.User, BearerTokenDefaults.AuthenticationScheme),
                BearerTokenDefaults.AuthenticationScheme);
        return Ok(new LogonReply
        {
            AmtLogonToken = tokens.New(given.User), ExpiresIn = style.Lifetime
        });
    }

    [Authorize(Roles = "submit"), HttpPost("OpConJobAction")]
    public IActionResult OpConJobAction(JobAction asked)
    {
        if (asked.Action == "START") return Start(asked);
        if (asked.Action is not ("STOP" or "KILL"))
            return Refused(400, $"There is no action {asked.Action}.");
        var job = book.Find(asked.BatchRequestId);
        if (job == null) return Unknown(asked.BatchRequestId);
        book.End(job, asked.Action == "KILL" ? BatchStatus.Killed
                                             : BatchStatus.Aborted);
        return Ok(Reply(job));
    }

    [HttpPost("MonitorJob")]
    public IActionResult MonitorJob(JobQuery asked)
    {
        var job = book.Find(asked.BatchRequestId);
        return job == null ? Unknown(asked.BatchRequestId) : Ok(Reply(job));
    }

    [HttpPost("GetMessages")]
    public IActionResult GetMessages(JobQuery asked)
    {
        var job = book.Find(asked.BatchRequestId);
        if (job == null) return Unknown(asked.BatchRequestId);
        var all = job.Messages(asked.AfterSequence).Take(Page + 1).ToList();
        return Ok(new MessagesReply
        {
            More = all.Count > Page,
            Messages = all.Take(Page).Select(m => new JobMessage
            {
                Sequence = m.Sequence, Text = m.Text,
                Time = style.Offsets
                    ? m.Time.ToOffset(TimeSpan.FromHours(2))
                    : m.Time.UtcDateTime
            }).ToList()
        });
    }

    private IActionResult Start(JobAction asked)
    {
        book.Asked(asked);
        var name = asked.ScriptName ?? asked.JobName;
        if (asked is not { SubmitUser: "BATCH", Station: "OPCON" })
            return Refused(400, "Job submission failed: submit user "
                + $"{asked.SubmitUser}, station {asked.Station}.");
        if (asked.User is not (null or "DEMO"))
            return Ok(new JobReply
            {
                Status = BatchStatus.InvalidAmtUser,
                Message = $"The AMT user {asked.User} is invalid"
            });
        var job = book.Start(asked);
        return job != null ? Ok(Reply(job)) : Refused(404,
            $"Job {name} is not defined in {asked.ApplicationName}.");
    }

    private static JobReply Reply(Job job) => new()
    {
        BatchRequestId = job.Id, Status = job.Status
    };

    private IActionResult Unknown(long id) =>
        Refused(404, $"Batch request {id} is not known.");

    private IActionResult Refused(int status, string why) =>
        style.Problems ? Problem(why, statusCode: status)
                       : StatusCode(status, why);
}

/* SPDX-License-Identifier: MIT OR Unlicense */
