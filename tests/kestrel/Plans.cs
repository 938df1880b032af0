// The jobs of the published logs, and made-up ones as amtsim has them.
using System.Globalization;
using System.Text;

namespace Kestrel;

public static class Plans
{
    private const string Script = "DEMO2 RUN_PARAMETERTEST : ";

    /// <summary>null: no such job. A script that is not there ends in
    /// error.</summary>
    public static Plan? Of(JobAction asked)
    {
        if (asked.ScriptName != null)
            return asked.ScriptName.EndsWith("RUN_FILENAMETEST.ps1")
                ? FileNameTest() : NoFile();
        var words = asked.JobName?.Split('_') ?? [];
        var numbers = words.Skip(1).Select(word =>
            int.TryParse(word, NumberStyles.None, null, out var n) ? n : 0)
            .Append(0).Append(0).Append(0).ToArray();
        return asked.JobName switch
        {
            "REPORTTEST01" => ReportTest(),
            "LONGRUNNINGREPORT" => new Plan([], 86400),
            "RUN_PARAMETERTESTA" => ParameterTest(asked),
            "ECHO" => Echo(asked),
            _ => words.FirstOrDefault() switch
            {
                "CODE" => Code((BatchStatus)numbers[0]),
                "SLOWLOG" => Slow(numbers[0]),
                "LOG" => Long(numbers[0], numbers[2]),
                _ => null
            }
        };
    }

    private static Plan NoFile() =>
        new([new(0, "File not found")], 0, BatchStatus.Error);

    private static Plan FileNameTest() => new(
        [new(0, "Error starting job []"),
         new(0, "[An error occurred trying to start process 'pwsh' with "
                + @"working directory 'F:\AMT\SCRIPTS\DEMO2'. The system "
                + "cannot find the file specified.]")],
        1, BatchStatus.Error);

    private static Plan ReportTest() => new(
        [new(0, "Started Rev: 1.3 AMT: 8.0.24223.0. Params: "
                + "LOADINBATCHCONTROLLER /R:4280 /USEWORKINGDIR"),
         new(0, "Report test 01 is started"),
         new(0, "Report test 01 user BATCH"),
         new(0, "Report test 01 Value param []"),
         new(0, "Report test 01 is running 0 seconds"),
         new(10, "Report test 01 is running 10 seconds"),
         new(20, "Report test 01 is running 20 seconds"),
         new(30, "Report test 01 test is ended"),
         new(30.2, "Report execution time: 00:00:30:229"),
         new(30.2, "Done")],
        30.3);

    private static Plan ParameterTest(JobAction asked)
    {
        var value = asked.Parameters.FirstOrDefault() ?? "";
        List<Line> lines =
        [
            new(0, Script + "Script Started: RUN_PARAMETERTEST"),
            new(0, " Amt PS library version: 0.49"),
            new(0, " date: 2016-10-17"),
            new(0, Script + "Starting parametertest with RepParam set"),
            new(0, Script + "Starting report: PARAMETERTEST"),
            new(1, "Started Rev: 1.1 AMT: 8.0.16351.50. Params: /R:2103 "
                   + "/USEWORKINGDIR"),
            new(1, "Parameter test is started"),
            new(1, $"Value test param [{value}]")
        ];
        for (var s = 0; s <= 60; s += 10)
            lines.Add(new(s + 1, $"Parameter test is running {s} seconds"));
        lines.AddRange(
        [
            new(71, "Parameter test is ended"),
            new(71, "Report execution time: 00:01:10:249"),
            new(71, "Done"),
            new(80, Script + "Opening joblog succeeded"),
            new(80, Script + "0"),
            new(80, Script + "Finished running parametertest"),
            new(80, Script + "Job finished")
        ]);
        return new(lines, 81);
    }

    private static Plan Echo(JobAction asked)
    {
        IEnumerable<string> texts =
        [
            .. asked.Parameters.Select((p, i) => $"Parameter {i + 1} [{p}]"),
            .. asked.TaskValues.Select((v, i) => $"Task value {i + 1} [{v}]"),
            $"User [{asked.User}]", $"Queue [{asked.QueueName}]"
        ];
        return new([.. texts.Select(text => new Line(0, text))], 1);
    }

    /// <summary>Ends so; or is so for a while, and is done then.</summary>
    private static Plan Code(BatchStatus code) =>
        code is BatchStatus.Killed or BatchStatus.Done
            or BatchStatus.SkippedByOps or BatchStatus.DelQueue
            or BatchStatus.Error or BatchStatus.Aborted
            or >= BatchStatus.AbortedWithRecover
            ? new([], 1, code)
        : new([], code == BatchStatus.Undefined ? 86400 : 100, Until: code);

    private static Plan Slow(int n) => new(
        [.. Enumerable.Range(1, n).Select(i =>
            new Line(i, $"Slow log message {i} of {n}"))], n + 0.5);

    /// <summary>n messages of m characters: all that JSON may escape, and
    /// of each length that UTF-8 has.</summary>
    private static Plan Long(int n, int m)
    {
        var signs = "abc \"\\/<>&+'`\t\r\n\b\f\u0001\u007f\u0080\u00e9\u07ff"
                    + "\u20ac\u2028\ufffd\U0001f600\U0010ffff";
        var runes = signs.EnumerateRunes().Select(r => r.ToString()).ToArray();
        return new([.. Enumerable.Range(1, n).Select(i =>
        {
            var text = new StringBuilder();
            for (var c = 0; c < m; c++)
                text.Append(runes[(i + c * (i % 7 + 1)) % runes.Length]);
            return new Line(0, text.ToString());
        })], 1);
    }
}

/* SPDX-License-Identifier: MIT OR Unlicense */
