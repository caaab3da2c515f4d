import Foundation

/// A child process: this same program, started with other arguments.
///
/// It is in a process group of its own, so that Ctrl-C at the terminal reaches the parent alone and the parent decides
/// in what order things end. A socket joins the two (`supervisor` here, descriptor 3 there): the child says on it when
/// it is ready, each sees the other's death as its end, and so no child outlives a killed parent.
final class ChildProcess {
  /// The descriptor under which the child finds its end of the socket.
  static let supervisorDescriptor: Int32 = 3

  let id: pid_t
  let supervisor: FileDescriptor

  private init(id: pid_t, supervisor: consuming FileDescriptor) {
    self.id = id
    self.supervisor = supervisor
  }

  /// - Parameter log: a file that takes what the child writes to its standard streams; it is appended to.
  static func start(executable: String, arguments: [String], log: String) throws(CommandFailure) -> ChildProcess {
    let pair = try SocketPair()

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    posix_spawn_file_actions_adddup2(&actions, pair.theirs.number, supervisorDescriptor)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The child begins with the signals as a shell would give them, not as the supervisor has them.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var standard = sigset_t()
    sigemptyset(&standard)
    for number in SignalWatch.signals + SignalWatch.ignored { sigaddset(&standard, number) }
    posix_spawnattr_setsigdefault(&attributes, &standard)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var words = ([executable] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var id: pid_t = 0
    let code = posix_spawn(&id, executable, &actions, &attributes, words, environ)
    guard code == 0 else { throw CommandFailure("cannot start \(executable): \(SystemError.text(code))") }
    return ChildProcess(id: id, supervisor: pair.keepOurs())
  }

  func signal(_ number: Int32) { kill(id, number) }

  /// Takes the exit of a process that has ended or is about to, and says how it ended.
  func collect() -> Exit {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 {
      guard errno == EINTR else { return .unknown }
    }
    let number = status & 0x7f
    return number == 0 ? .status((status >> 8) & 0xff) : .signal(number)
  }

  enum Exit: Equatable, CustomStringConvertible {
    case status(Int32)
    case signal(Int32)
    case unknown

    var description: String {
      switch self {
      case .status(0): "it stopped"
      case .status(let code): "it ended with exit status \(code)"
      case .signal(SIGKILL): "it was killed (SIGKILL)"
      case .signal(let number): "it was ended by signal \(number)"
      case .unknown: "it ended"
      }
    }
  }

  /// The file of the program that runs.
  static func ownExecutable() throws(CommandFailure) -> String {
    guard let path = Bundle.main.executablePath else { throw CommandFailure("cannot find the program's own file") }
    return path
  }
}
