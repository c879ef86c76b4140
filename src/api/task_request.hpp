#pragma once
// The body of POST /tasks and PUT /tasks/{id}: bytes in, engine::TaskRequest or every fault out.
// One pass, no document tree: this runs on each accept (docs/benchmarks.md).

#include "api/problem.hpp"
#include "taskgate/api/routes.hpp"
#include "taskgate/core/clock.hpp"
#include "taskgate/engine/task_request.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace taskgate::api {

/// What came of a body. Usable when `faults` is empty.
struct ParsedTaskRequest {
  engine::TaskRequest request;
  std::vector<Fault> faults;  ///< every one, up to kMaxFaults
  bool malformed = false;     ///< not JSON at all (400), else the faults are of meaning (422)
  /// The one fault is that the deadline has passed: right when first sent, so a repeat is in order.
  bool too_late = false;
};

inline constexpr std::size_t kMaxFaults = 100;  ///< past it, one line says that there are more

/// Reads bodies. Stateless between calls; thread-safe when `check_url` is.
class TaskRequestReader {
 public:
  TaskRequestReader(const Clock& clock, UrlCheck check_url);
  ParsedTaskRequest read(std::string body) const;

 private:
  const Clock& clock_;
  UrlCheck check_url_;
};

}  // namespace taskgate::api
