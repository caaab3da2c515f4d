import RoostPlatform
import RoostSimulation
import Testing

@Suite("Histories in files")
struct HistoryFormatTests {
  private func read(_ text: String) throws -> RecordedHistory { try HistoryFormat.read(Array(text.utf8)) }

  private func verdict(_ text: String) throws -> Bool {
    let recorded = try read(text)
    return LinearizabilityChecker(recorded.model).check(recorded.history) == .linearizable
  }

  @Test func aJepsenLogIsRead() throws {
    let log = """
      INFO  jepsen.util - 0\t:invoke\t:write\t4
      INFO  jepsen.core - starting
      INFO  jepsen.util - :nemesis\t:info\t:start\tnil

      INFO  jepsen.util - 0\t:ok\t:write\t4
      INFO  jepsen.util - 1 :invoke :cas   [3 5]
      INFO  jepsen.util - 1 :fail   :cas   [3 5]
      INFO  jepsen.util - 1 :invoke :cas   [4 5]
      INFO  jepsen.util - 1 :info   :cas   :timed-out
      INFO  jepsen.util - 1 :invoke :read  nil
      INFO  jepsen.util - 1 :ok     :read  5

      """
    let recorded = try read(log)
    #expect(recorded.format == .jepsenLog && recorded.model.initial == nil)
    #expect(recorded.history.operations.count == 4 && recorded.history.okCount == 3)
    #expect(try verdict(log))
    // A compare-and-set that failed says that the register held something else.
    #expect(try !verdict(log.replacing("[3 5]", with: "[4 5]")))
  }

  @Test func mapsOfStringsAreRead() throws {
    let maps = """
      {:process 9, :type :invoke, :f :append, :key "0", :value "x 9"}
      {:value nil, :key "0", :f :get, :type :invoke, :process 2, :index 7, :extra {:a [1 #{2}]}}
      {:process 9, :type :ok, :f :append, :key "0", :value "x 9"}
      {:process :nemesis, :type :info, :f :kill, :value ["n1"]}
      {:process 2, :type :ok, :f :get, :key "0", :value ""}
      """
    let recorded = try read(maps)
    #expect(recorded.format == .edn && recorded.model.initial == [])
    #expect(try verdict(maps))
    #expect(try !verdict(maps.replacing(":value \"\"", with: ":value \"y\"")))
  }

  @Test func mapsOfOneRegisterAreRead() throws {
    let maps = """
      {:type :invoke, :f :read, :value nil, :process 0, :time 10, :index 0}
      {:type :ok, :f :read, :value nil, :process 0, :time 20, :index 1}
      {:type :invoke, :f :cas, :value [nil 3], :process 0, :time 30, :index 2}
      {:type :ok, :f :cas, :value [nil 3], :process 0, :time 40, :index 3}
      {:type :invoke, :f :read, :value nil, :process 1, :time 50, :index 4}
      {:type :ok, :f :read, :value 3, :process 1, :time 60, :index 5}
      """
    #expect(try verdict(maps))
    #expect(try read(maps).history.operations[2].beginTime == 50)
    #expect(try !verdict(maps.replacing(":value 3", with: ":value 4")))
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var generator = SeededGenerator(seed: 3)
    var history = KeyValueHistory()
    for process in 0..<200 {
      let value: [UInt8] = (0..<generator.below(5)).map { _ in UInt8(generator.below(256)) }
      let key: [UInt8] = [UInt8(generator.below(256)), 0x22]
      let actions: [KeyValueModel.Action] = [
        .get, .put(value), .append(value), .delete,
        .compareAndSet(expected: generator.chance(0.5) ? nil : value, value: []),
      ]
      let action = generator.pick(actions)!
      let id = history.invoke(process: process, .init(key: key, action), at: Int64(process))
      switch (generator.below(5), action) {
      case (0, _): break
      case (1, _): history.fail(id, at: 1)
      case (2, _): history.info(id, at: 2)
      case (_, .get): history.ok(id, .value(generator.chance(0.5) ? nil : value), at: 3)
      case (_, .compareAndSet): history.ok(id, .swapped(generator.chance(0.5)), at: 4)
      default: history.ok(id, .done, at: 5)
      }
    }
    let again = try HistoryFormat.read(RoostHistoryWriter(history).bytes)
    #expect(again.format == .roost && again.model.initial == nil)
    #expect("\(again.history)" == "\(history)")
  }

  @Test(arguments: [
    ("", 1), ("hello", 1), ("{:process 1, :type :invoke, :f :get, :key \"0\"", 1),
    ("{:process 1, :type :invoke, :f :get, :key \"0\"}\n{:process 1, :type :invoke, :f :get, :key \"0\"}", 2),
    ("\n\n{:process 1, :type :ok, :f :get, :key \"0\", :value nil}", 3),
    ("{:process 1, :type :invoke, :f :get, :key \"0\"}\n{:process 1, :type :ok, :f :put, :key \"0\"}", 2),
    ("{:process 1, :type :invoke, :f :jump, :key \"0\"}", 1), ("{:process 1, :type :sings, :f :get}", 1),
    ("{:process 1, :type :invoke, :f :cas, :value 3}", 1), ("{:process 1, :type :invoke, :f :put, :value \"\\q\"}", 1),
    ("INFO  jepsen.util - 0 :invoke :read nil\nnoise", 2), ("INFO  jepsen.util - 0 :invoke :cas [1]", 1),
    ("INFO  jepsen.util - 0 :ok :read 1", 1), ("INFO  jepsen.util - 0 :invoke :write", 1),
    (";; roost history 1\n{:process 1, :type :invoke, :f :put, :value \"\\u0400\"}", 2),
  ])
  func aLineThatMakesNoSenseIsNamed(_ text: String, line: Int) {
    let error = #expect(throws: HistoryFormatError.self) { try HistoryFormat.read(Array(text.utf8)) }
    #expect(error?.line == line, "\(String(describing: error))")
  }

  /// Bytes changed, cut and repeated at random: an error or a history, never a crash.
  @Test func noFileCrashesTheReader() {
    let texts = [
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[0 4]\nINFO  jepsen.util - 0\t:fail\t:cas\t[0 4]\n",
      "{:process 9, :type :invoke, :f :append, :key \"0\\n\", :value \"x\"}\n{:process 9, :type :ok, :f :append}\n",
      ";; roost history 1\n{:process 1, :type :invoke, :f :cas, :key \"k\", :value [\"\\u00ff\" \"2\"], :time 1}\n",
      String(repeating: "{:a [", count: 40),
    ].map { Array($0.utf8) }
    var generator = SeededGenerator(seed: 11)
    var readable = 0
    for round in 0..<4000 {
      var bytes = texts[round % texts.count]
      for _ in 0..<generator.below(4) {
        let place = generator.below(bytes.count)
        switch generator.below(3) {
        case 0: bytes[place] = UInt8(generator.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(generator.below(20)), at: place)
        }
      }
      if (try? HistoryFormat.read(bytes)) != nil { readable += 1 }
    }
    #expect(readable > 400 && readable < 3600)
  }
}
