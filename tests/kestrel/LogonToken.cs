// The published sign-in: a token of the server's own, in X-AMT-LogonToken.
using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Kestrel;

public sealed class LogonTokens(Style style)
{
    private readonly ConcurrentDictionary<string, (string, DateTime)> tokens =
        new();

    public string New(string user)
    {
        var token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        tokens[token] = (user, DateTime.UtcNow.AddSeconds(style.Lifetime));
        return token;
    }

    public string? User(string token) =>
        tokens.TryGetValue(token, out var found) &&
        found.Item2 > DateTime.UtcNow ? found.Item1 : null;
}

public sealed class LogonTokenOptions : AuthenticationSchemeOptions;

public sealed class LogonTokenHandler(
    IOptionsMonitor<LogonTokenOptions> options, ILoggerFactory logger,
    UrlEncoder encoder, LogonTokens tokens)
    : AuthenticationHandler<LogonTokenOptions>(options, logger, encoder)
{
    public new const string Scheme = "LogonToken";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = Request.Headers["X-AMT-LogonToken"].ToString();
        if (token == "") return Task.FromResult(AuthenticateResult.NoResult());
        var user = tokens.User(token);
        return Task.FromResult(user == null
            ? AuthenticateResult.Fail("The token is unknown or has expired.")
            : AuthenticateResult.Success(new AuthenticationTicket(
                AmtOpConService.Principal(user, Scheme), Scheme)));
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
