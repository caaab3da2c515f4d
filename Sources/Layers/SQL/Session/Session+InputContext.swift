public import RoostRelational

/// What a surface needs to know of a session to read parameters and to show times.
extension Session {
  /// The zone of SET TIME ZONE: in it `timestamptz` values are shown.
  public var timeZone: TimeZoneOffset { settings.timeZone }

  /// What reading a parameter's text may depend on.
  public var inputContext: InputContext {
    InputContext(timeZone: settings.timeZone, now: transaction?.startTime ?? database.options.wallClock())
  }
}
