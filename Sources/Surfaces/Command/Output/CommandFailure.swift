/// Why a command ends with exit status 1: what happened, and what to do next.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
