/// What may go wrong in a world.
public enum Fault: String, Hashable, Sendable, CaseIterable {
  // Processes and machines.
  case kill
  case powerLoss = "power-loss"
  case tornWrite = "torn-write"
  case blackout
  case leaderCrash = "leader-crash"
  case pause
  case stall
  // The network.
  case partition
  case isolation
  case oneWay = "one-way"
  case leaderMuted = "leader-muted"
  case resets
  case slowNetwork = "slow-network"
  case duplicates
  case reordering
  // Disks that still keep what they said they keep.
  case slowDisk = "slow-disk"
  case hungDisk = "hung-disk"
  case failedSync = "failed-sync"
  case fullDisk = "full-disk"
  // Clocks.
  case clockDrift = "clock-drift"
  case wallJump = "wall-jump"
  case monotonicJump = "monotonic-jump"
  // Disks that lie. They hit one machine of a run, so that no record is damaged on every replica.
  case flippedBit = "flipped-bit"
  case misdirectedWrite = "misdirected-write"
  case wipe
  case rollback

  /// Whether a machine loses or changes what it had made durable.
  public var isCorruption: Bool {
    switch self {
    case .flippedBit, .misdirectedWrite, .wipe, .rollback: true
    default: false
    }
  }

  /// Whether a machine's process ends and is started again.
  var isCrash: Bool {
    switch self {
    case .kill, .powerLoss, .tornWrite, .leaderCrash: true
    default: false
    }
  }

  /// Whether it is about who leads, and so is only played where someone can tell.
  var concernsLeader: Bool { self == .leaderCrash || self == .leaderMuted }

  /// One line for people.
  public var summary: String {
    switch self {
    case .kill: "a process is killed; its disk keeps everything written"
    case .powerLoss: "a machine loses power, and with it some of what was not synced"
    case .tornWrite: "a machine loses power in the middle of its disk operations"
    case .blackout: "every machine loses power at once"
    case .leaderCrash: "the process or the machine of the leader ends"
    case .pause: "a process stands still for a while and goes on as if nothing had been"
    case .stall: "all processes stand still together and go on at once, as on a machine that hosts them and stalls"
    case .partition: "the cluster falls into two sides"
    case .isolation: "one machine is cut off from the others"
    case .oneWay: "one direction between two machines is cut"
    case .leaderMuted: "the leader is heard no more, but hears"
    case .resets: "connections are reset again and again, payloads are lost"
    case .slowNetwork: "half of all payloads are late by up to 150 ms"
    case .duplicates: "payloads arrive twice, the second time much later"
    case .reordering: "payloads overtake each other"
    case .slowDisk: "blocking work takes up to forty times as long"
    case .hungDisk: "no sync and no write returns for a while"
    case .failedSync: "a sync fails, and what it should have made durable never will be"
    case .fullDisk: "a disk has room for next to nothing more"
    case .clockDrift: "a clock runs up to 1 % fast or slow"
    case .wallJump: "wall time is off by up to a minute from here on"
    case .monotonicJump: "a monotonic clock leaps up to 3 s ahead, as on a frozen virtual machine"
    case .flippedBit: "a bit of a file is flipped for good"
    case .misdirectedWrite: "a write lands in another place, over what was there"
    case .wipe: "a machine loses its disk and is replaced by an empty one under another identity"
    case .rollback: "a machine comes back with an old copy of its disk"
    }
  }
}
