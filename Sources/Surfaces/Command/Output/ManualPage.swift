import ArgumentParser

/// The manual page of the program in troff's man macros: `make install` puts it where `man roost` finds it.
enum ManualPage {
  static var text: String {
    var page = [
      ".TH ROOST 1 \"\" \"roost \(Version.number)\" \"Roost\"",
      ".SH NAME",
      "roost \\- a distributed SQL database",
      ".SH SYNOPSIS",
      ".B roost", ".I command", "[options]",
      ".SH DESCRIPTION",
      "One program is the server, its tools and a small shell.",
      "Every node of a cluster is a",
      ".B roost start",
      "that speaks PostgreSQL's protocol; the other commands take the SQL port of any node.",
      ".SH COMMANDS",
    ]
    for command in Roost.configuration.subcommands where command.configuration.shouldDisplay {
      page += [".SS roost \(command.configuration.commandName ?? "")", ".nf"]
      page += Roost.helpMessage(for: command, columns: 78).split(separator: "\n", omittingEmptySubsequences: false)
        .map { escaped(String($0)) }
      page += [".fi"]
    }
    page += [
      ".SH ENVIRONMENT",
      ".TP", ".BR ROOST_HOST \", \" ROOST_PORT",
      "Stand in for \\-\\-host and \\-\\-port of every command.",
      ".TP", ".B ROOST_CONFIG",
      "Stands in for \\-\\-config of",
      ".BR \"roost start\" .",
      "Every other setting has a variable too; docs/configuration.md lists them.",
      ".SH EXIT STATUS",
      "0 done, 1 failed, 2 wrong use.",
      ".B roost status",
      "ends with 1 when the cluster is unwell.",
    ]
    return page.joined(separator: "\n") + "\n"
  }

  /// A line as it is: no character begins a request or an escape.
  private static func escaped(_ line: String) -> String {
    let text = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
