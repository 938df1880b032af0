// The jobs. What a job has done is a matter of the clock alone, so the book has
// a line for each Start and each end by hand, and survives kill -9.
using System.Text.Json;

namespace Kestrel;

public sealed record Line(double At, string Text);

/// <summary>What a job does: its lines, by seconds, and its end.</summary>
public sealed record Plan(IReadOnlyList<Line> Lines, double Seconds,
                          BatchStatus End = BatchStatus.Done,
                          BatchStatus Until = BatchStatus.Running);

public sealed record Entry(string Kind, long Id, DateTimeOffset At,
                           JobAction? Asked, BatchStatus End);

public sealed record Ending(double Age, BatchStatus Status);

public sealed record Count(int Starts = 0, int Jobs = 0, int SignIns = 0);

public sealed class Job(long id, DateTimeOffset begun, Plan plan, double speed)
{
    private volatile Ending? ended; // read by other requests meanwhile

    public long Id => id;

    private double Age(DateTimeOffset at) => (at - begun).TotalSeconds * speed;

    private double Lasts => ended?.Age ?? plan.Seconds;

    public BatchStatus Status =>
        Age(DateTimeOffset.UtcNow) < Lasts ? plan.Until
        : ended?.Status ?? plan.End;

    public void End(DateTimeOffset at, BatchStatus status)
    {
        if (Age(at) < Lasts) ended = new(Age(at), status);
    }

    public IEnumerable<(long Sequence, DateTimeOffset Time, string Text)>
        Messages(long after)
    {
        var age = Math.Min(Age(DateTimeOffset.UtcNow), Lasts);
        for (var i = (int)Math.Clamp(after, 0, plan.Lines.Count);
             i < plan.Lines.Count && plan.Lines[i].At <= age; i++)
            yield return (i + 1, begun.AddSeconds(plan.Lines[i].At / speed),
                          plan.Lines[i].Text);
    }
}

public sealed class Book
{
    private readonly Style style;
    private readonly Lock access = new();
    private readonly Dictionary<long, Job> jobs = [];
    private readonly SortedDictionary<string, Count> counts = [];
    private readonly StreamWriter file;

    public Book(Style style)
    {
        this.style = style;
        if (File.Exists(style.Book))
            foreach (var line in File.ReadLines(style.Book))
                Apply(JsonSerializer.Deserialize<Entry>(line)!);
        file = new StreamWriter(style.Book, true) { AutoFlush = true };
    }

    /// <summary>What came, by application; under "" the sign-ins.</summary>
    public object Counts()
    {
        lock (access) return counts.ToDictionary();
    }

    public void SignedIn() => Write(new("sign-in", 0, default, null, default));

    public void Asked(JobAction asked) =>
        Write(new("asked", 0, default, asked, default));

    public Job? Find(long id)
    {
        lock (access) return jobs.GetValueOrDefault(id);
    }

    public Job? Start(JobAction asked)
    {
        if (Plans.Of(asked) == null) return null;
        lock (access)
        {
            var id = 2112 + jobs.Count;
            Write(new("start", id, DateTimeOffset.UtcNow, asked, default));
            return jobs[id];
        }
    }

    public void End(Job job, BatchStatus status) =>
        Write(new("end", job.Id, DateTimeOffset.UtcNow, null, status));

    private void Write(Entry entry)
    {
        lock (access)
        {
            file.WriteLine(JsonSerializer.Serialize(entry));
            Apply(entry);
        }
    }

    private void Apply(Entry entry)
    {
        var application = entry.Asked?.ApplicationName ?? "";
        var count = counts.GetValueOrDefault(application, new());
        switch (entry.Kind)
        {
            case "sign-in":
                counts[""] = count with { SignIns = count.SignIns + 1 };
                break;
            case "asked":
                counts[application] = count with { Starts = count.Starts + 1 };
                break;
            case "end":
                jobs[entry.Id].End(entry.At, entry.End);
                break;
            case "start":
                counts[application] = count with { Jobs = count.Jobs + 1 };
                jobs[entry.Id] = new Job(entry.Id, entry.At,
                                         Plans.Of(entry.Asked!)!, style.Speed);
                break;
        }
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
