import ArgumentParser
import RoostClusterSimulation
import RoostSimulation

/// Faults as people name them on the command line.
enum SimulationFaults {
  /// - Throws: `ValidationError`, with the names there are.
  static func parse(_ text: String) throws -> [Fault] {
    var faults: [Fault] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let name = word.drop { $0 == "-" }
      let chosen: [Fault]
      switch name {
      case "default": chosen = ClusterPlan.defaultFaults
      case "all": chosen = Fault.allCases
      default:
        guard let fault = Fault(rawValue: String(name)) else {
          throw ValidationError(
            "--faults: there is no fault \"\(name)\"; there are default, all, "
              + Fault.allCases.map(\.rawValue).joined(separator: ", "))
        }
        chosen = [fault]
      }
      if word.hasPrefix("-") {
        faults.removeAll { chosen.contains($0) }
      } else {
        faults += chosen.filter { !faults.contains($0) }
      }
    }
    guard !faults.isEmpty else { throw ValidationError("--faults: nothing is left that could go wrong") }
    return faults
  }

  /// A line for each fault.
  static var help: String {
    let width = Fault.allCases.map(\.rawValue.count).max() ?? 0
    return Fault.allCases.map { fault in
      let padding = String(repeating: " ", count: width - fault.rawValue.count + 2)
      let mark = ClusterPlan.defaultFaults.contains(fault) ? "" : " (only where asked for)"
      return "  " + fault.rawValue + padding + fault.summary + mark
    }.joined(separator: "\n")
  }
}
