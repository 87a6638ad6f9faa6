#include "tensor/memory.h"

#include <c10/util/Exception.h>
#include <sys/resource.h>

#include <dnnl.hpp>
#include <new>
#include <string>

namespace clner {

bool IsOutOfMemory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return true;
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  // oneDNN keeps its own kind of error; code that it cannot place in memory is a runtime error there.
  if (const auto* onednn = dynamic_cast<const dnnl::error*>(&error); onednn != nullptr)
    return onednn->status == dnnl_out_of_memory || onednn->status == dnnl_runtime_error;
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  if (torch_error == nullptr) return false;
  // The CPU allocator reports exhausted memory as an ordinary error.
  const std::string what = torch_error->what_without_backtrace();
  return what.find("not enough memory") != std::string::npos || what.find("can't allocate memory") != std::string::npos;
}

double PeakMegabytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace clner
