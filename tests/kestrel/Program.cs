// The AMTOpCon interface as an ASP.NET Core application: this project's reading
// of it over a real server of that kind, not an AMT server. It is written the
// way .NET teams write such a thing, and each of their habits is a switch.
// tests/kestrel.py runs the tool against it.
//
//   --Book FILE          the jobs, kept over restarts
//   --Speed N            seconds of a job that pass in one
//   --Names Web|Own      camelCase, as ASP.NET Core has it, or as declared
//   --Enums true         statuses as words: "WaitForQueue"
//   --Offsets true       DateTimeOffset in place of DateTime
//   --References true    ReferenceHandler.Preserve: {"$id":…,"$values":[…]}
//   --Problems true      RFC 9457 in place of bare texts and empty replies
//   --Bearer true        AddBearerToken in place of X-AMT-LogonToken
//   --Lifetime N         seconds that a token lasts
using System.Text.Json.Serialization;
using Kestrel;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

var builder = WebApplication.CreateBuilder(args);
var style = builder.Configuration.Get<Style>() ?? new Style();
var services = builder.Services;

builder.Logging.ClearProviders();
services.Configure<KestrelServerOptions>(
    builder.Configuration.GetSection("Kestrel"));
services.AddSingleton(style);
services.AddSingleton<Book>();
services.AddSingleton<LogonTokens>();
services.AddControllers()
    .ConfigureApiBehaviorOptions(o =>
        o.SuppressMapClientErrors = !style.Problems)
    .AddJsonOptions(o =>
    {
        var json = o.JsonSerializerOptions;
        if (style.Names == "Own") json.PropertyNamingPolicy = null;
        if (style.Enums) json.Converters.Add(new JsonStringEnumConverter());
        if (style.References)
            json.ReferenceHandler = ReferenceHandler.Preserve;
    });
if (style.Problems) services.AddProblemDetails();
if (style.Bearer)
{
    services.AddDataProtection().PersistKeysToFileSystem(
        new DirectoryInfo(style.Book + ".keys"));
    services.AddAuthentication(BearerTokenDefaults.AuthenticationScheme)
        .AddBearerToken(o => o.BearerTokenExpiration =
            TimeSpan.FromSeconds(style.Lifetime));
}
else
{
    services.AddAuthentication(LogonTokenHandler.Scheme)
        .AddScheme<LogonTokenOptions, LogonTokenHandler>(
            LogonTokenHandler.Scheme, null);
}
services.AddAuthorization();

var app = builder.Build();
if (style.Problems)
{
    app.UseExceptionHandler();
    app.UseStatusCodePages();
}
app.UseAuthentication();
app.UseAuthorization();
app.MapControllers();
app.MapGet("/counts", (Book book) => book.Counts());
app.Lifetime.ApplicationStarted.Register(() =>
    Console.WriteLine("kestrel: listening on " + string.Join(" ", app.Urls)));
app.Run();

namespace Kestrel
{
    public sealed class Style
    {
        public string Book { get; init; } = "book";
        public double Speed { get; init; } = 1;
        public string Names { get; init; } = "Web";
        public bool Enums { get; init; }
        public bool Offsets { get; init; }
        public bool References { get; init; }
        public bool Problems { get; init; }
        public bool Bearer { get; init; }
        public double Lifetime { get; init; } = 3600;
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
