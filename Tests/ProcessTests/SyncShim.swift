import Foundation

/// A library that stands before a node's `fdatasync` and `fsync`, and lets syncs of the log fail or hang on demand.
struct SyncShim {
  enum Behaviour: String {
    case normal = "n"
    /// The system reports an error of the device.
    case fail = "f"
    /// Nothing is reported, for as long as this lasts.
    case hang = "h"
  }

  private let library: String
  private let control: String

  init(in directory: String) throws {
    library = directory + "/sync.so"
    control = directory + "/sync"
    let source = directory + "/sync.c"
    try Data(SyncShim.source.utf8).write(to: URL(fileURLWithPath: source))
    guard SystemTools.run("cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl") else {
      throw DemoCluster.Failure(description: "cc can't build \(source)")
    }
  }

  func launch(_ node: Int) throws -> NodeCluster.Launch {
    try set(.normal, node)
    return NodeCluster.Launch(environment: ["LD_PRELOAD": library, "ROOST_TEST_SYNC": "\(control)\(node)"])
  }

  func set(_ behaviour: Behaviour, _ node: Int) throws {
    try Data(behaviour.rawValue.utf8).write(to: URL(fileURLWithPath: "\(control)\(node)"))
  }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static char behaviour(void) {
      char wanted = 'n';
      const char *path = getenv("ROOST_TEST_SYNC");
      int file = path ? open(path, O_RDONLY) : -1;
      if (file < 0) return 'n';
      if (read(file, &wanted, 1) != 1) wanted = 'n';
      close(file);
      return wanted;
    }

    static int is_log(int number) {
      char link[64], path[4096];
      snprintf(link, sizeof link, "/proc/self/fd/%d", number);
      ssize_t length = readlink(link, path, sizeof path - 1);
      if (length < 0) return 0;
      path[length] = 0;
      return strstr(path, "/log/segment-") != NULL;
    }

    static int judge(int number) {
      if (!is_log(number)) return 0;
      char wanted = behaviour();
      while (wanted == 'h') {
        usleep(5000);
        wanted = behaviour();
      }
      if (wanted != 'f') return 0;
      errno = EIO;
      return -1;
    }

    int fdatasync(int number) {
      static int (*real)(int);
      if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
      return judge(number) ? -1 : real(number);
    }

    int fsync(int number) {
      static int (*real)(int);
      if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
      return judge(number) ? -1 : real(number);
    }
    """#
}
